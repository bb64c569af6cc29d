"""All observations of a measure: what can be used, and what cannot and why.

What fails a step never reaches a rule; it is kept as rejected, so that a card
can say what was there and why it was not used.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from operator import itemgetter

from cdshooks.chart.amounts import Unusable
from cdshooks.chart.circumstances import position_of
from cdshooks.chart.index import Record
from cdshooks.chart.observed import Rejected, moment_of, read_one, rejection
from cdshooks.chart.outliers import set_aside
from cdshooks.chart.view import View
from cdshooks.fhir.dates import When, when
from cdshooks.fhir.elements import Json, obj, objects, string
from cdshooks.knowledge import Measure
from cdshooks.rules.authoring import Reading
from cdshooks.rules.authoring.values import Position


@dataclass(frozen=True, slots=True)
class Candidates:
    """All observations and answers of one measure, read: usable ones and rejected ones."""

    usable: tuple[Reading, ...]
    rejected: tuple[Rejected, ...]


def candidates(view: View, measure: Measure) -> Candidates:
    """Every observation of ``measure`` up to the day of the view, read once a view."""
    key = ("readings", measure.id)
    if key not in view.memory:
        found = _reader(view, measure).back_to(date.min, view)
        computed = (*_computed(view, measure, found.usable), *_shares(view, measure, found.usable))
        usable = [*found.usable, *computed]
        kept, odd = set_aside(sorted(usable, key=_order), measure)
        rejected = tuple(sorted((*found.rejected, *odd), key=_newest_last))
        view.memory[key] = Candidates(kept, rejected)
    read: Candidates = view.memory[key]
    return read


Fits = Callable[[Position | None], bool]
"""Whether a reading made in this position is one that is asked for."""


def newest(view: View, measure: Measure, fits: Fits, since: date | None) -> Candidates:
    """The observations down to the day before the newest that fits; of a lookback if none does.

    A chart holds years of results, of which a rule mostly needs the last. Where one
    is judged by the others, all are read. The last one that fits is found also if it
    is older than the lookback, which begins at ``since``.
    """
    if _judged_by_others(view, measure):
        return candidates(view, measure)
    return _reader(view, measure).down_to(fits, since, view)


def back_to(view: View, measure: Measure, since: date | None) -> Candidates:
    """The observations of a lookback, and whatever else was read by now; None is any age."""
    if since is None or _judged_by_others(view, measure):
        return candidates(view, measure)
    return _reader(view, measure).back_to(since, view)


def _judged_by_others(view: View, measure: Measure) -> bool:
    """Whether what a reading is depends on other readings, however old."""
    if measure.file.outliers:
        return True
    second = measure.file.computed_from[1:]
    return any(view.index.coded("Observation", view.measure(one).value_sets) for one in second)


def read_so_far(view: View) -> Iterator[tuple[Measure, Candidates]]:
    """Every measure that was asked for, with as much of it as was read for that."""
    for reader in tuple(_readers(view).values()):
        whole = view.memory.get(("readings", reader.measure.id))
        yield reader.measure, whole or reader.so_far()


def _reader(view: View, measure: Measure) -> "_Reader":
    readers = _readers(view)
    if measure.id not in readers:
        readers[measure.id] = _Reader(view, measure)
    return readers[measure.id]


def _readers(view: View) -> "dict[str, _Reader]":
    """The readers of a view, by measure."""
    return view.remembered("readers", lambda _: {})


class _Reader:
    """Reads the observations of a measure from the newest on, each once, as far as needed.

    It keeps no view: a view keeps it, and a circle would outlive the call.
    """

    def __init__(self, view: View, measure: Measure) -> None:
        self.measure = measure
        self._usable: list[Reading] = []
        self._rejected: list[Rejected] = []
        self._arranged: Candidates | None = None
        self._positions: set[Position | None] | None = None
        records = [r for type in measure.types for r in view.index.coded(type, measure.value_sets)]
        dated = [(record, *moment_of(record.resource, view)) for record in records]
        self._waiting = [
            (record, moment, late)
            for record, moment, late in dated
            if not view.past or _was_known(record.resource, moment, view)
        ]
        self._waiting.sort(key=lambda item: item[1].day if item[1] else date.max)

    def down_to(self, fits: Fits, since: date | None, view: View) -> Candidates:
        """What is usable and what is not, down to the day before the newest that fits."""
        found = [reading.day for reading in self._usable if fits(reading.position)]
        last = max(found, default=None)
        while self._waiting:
            record, moment, late = self._waiting[-1]
            if last and moment and moment.day < last - timedelta(days=1):
                break
            if since and moment and moment.day < since and not (last or self._may_fit(fits, view)):
                break
            self._waiting.pop()
            reading = self._read(record, moment, late, view)
            if reading is not None and fits(reading.position):
                last = last or reading.day
        return self.so_far()

    def _may_fit(self, fits: Fits, view: View) -> bool:
        """Whether anything that waits was made in a position that fits."""
        if self._positions is None:
            waiting = (record for record, _, _ in self._waiting)
            self._positions = {position_of(r, self.measure, view) for r in waiting}
        return any(fits(position) for position in self._positions)

    def back_to(self, since: date, view: View) -> Candidates:
        """What is usable and what is not of that day and later; without a date, it may be."""
        while self._waiting:
            record, moment, late = self._waiting[-1]
            if moment and moment.day < since:
                break
            self._waiting.pop()
            self._read(record, moment, late, view)
        return self.so_far()

    def so_far(self) -> Candidates:
        """What was read until now, the newest last."""
        if self._arranged is None:
            self._arranged = Candidates(
                tuple(sorted(self._usable, key=_order)),
                tuple(sorted(self._rejected, key=_newest_last)),
            )
        return self._arranged

    def _read(self, record: Record, moment: When | None, late: bool, view: View) -> Reading | None:
        self._arranged = None
        try:
            reading = read_one(record, self.measure, moment, late, view)
        except Unusable as problem:
            self._rejected.append(rejection(record, self.measure, moment, problem))
            return None
        if reading is not None:
            self._usable.append(reading)
        return reading


def _was_known(resource: Json, moment: When | None, view: View) -> bool:
    """Whether a result was there on the earlier day of a view: measured and reported by then."""
    reported = when(resource.get("issued"), view.zone)
    return all(m.day <= view.today for m in (moment, reported) if m) and moment is not None


def _order(reading: Reading) -> tuple[date, datetime, Decimal, str, str]:
    """By day and time. A reading without a time stands before those with one."""
    at = reading.instant or datetime.min.replace(tzinfo=UTC)
    where = f"{reading.label} {reading.position} {reading.origins[0].resource}"
    return (reading.day, at, reading.value, reading.bound or "", where)


def _newest_last(rejected: Rejected) -> tuple[date, str, str]:
    return (rejected.day or date.min, rejected.because, rejected.origin.resource)


def _computed(view: View, measure: Measure, direct: Iterable[Reading]) -> Iterator[Reading]:
    """Percentages computed from litres and the predicted litres of the same time or report."""
    wanted = measure.file.computed
    if wanted is None:
        return
    taken = {(r.label, r.day, r.position) for r in direct}
    predictions = candidates(view, view.measure(wanted.predicted)).usable
    predicted = {_report(r): r for r in predictions if r.bound is None}
    beside = _First((_places(r, view), r) for r in predicted.values())
    for volume in candidates(view, view.measure(wanted.measured)).usable:
        expected = predicted.get(_report(volume)) or beside.of(_places(volume, view))
        if expected is None or (volume.label, volume.day, volume.position) in taken:
            continue
        value = volume.value * 100 / expected.value
        if measure.plausible(value):
            yield _percent(measure, volume, expected, value)


class _First:
    """Readings by what they share with others, of several the first.

    For pairing thousands of results with thousands: each with each would take minutes.
    """

    def __init__(self, readings: Iterable[tuple[Iterable[Hashable], Reading]]) -> None:
        self._found: dict[Hashable, tuple[int, Reading]] = {}
        for number, (keys, reading) in enumerate(readings):
            for key in keys:
                self._found.setdefault(key, (number, reading))

    def of(self, keys: Iterable[Hashable]) -> Reading | None:
        """The first that shares any of the keys."""
        found = [self._found[key] for key in keys if key in self._found]
        return min(found, key=itemgetter(0))[1] if found else None


def _places(reading: Reading, view: View) -> Iterator[Hashable]:
    """The resource and the reports in which a value of a kind and a day stands."""
    for place in _standing_in(reading.origins[0].resource, view):
        yield (reading.label, reading.day, place)


def _standing_in(reference: str, view: View) -> tuple[Hashable, ...]:
    """A resource and the reports that list it; nothing for one without an id."""
    if "/" not in reference:
        return ()
    record = view.index.get(reference)
    reports = view.remembered("reported", _reported).get(record.reference, ()) if record else ()
    return (reference, *reports)


def _reported(view: View) -> dict[str, list[int]]:
    """The numbers of the reports that list a result, by its reference."""
    found: dict[str, list[int]] = {}
    for number, report in enumerate(view.index.of("DiagnosticReport")):
        listed = (
            string(result.get("reference")) for result in objects(report.resource.get("result"))
        )
        for reference in dict.fromkeys(r for one in listed if (r := _known(one, view))):
            found.setdefault(reference, []).append(number)
    return found


def _known(reference: str | None, view: View) -> str | None:
    record = view.index.get(reference or "")
    return record.reference if record else None


def _report(reading: Reading) -> tuple[str, datetime | date]:
    """What two values of one report have in common: the kind, and the exact time or day."""
    return (reading.label, reading.instant or reading.day)


def _percent(measure: Measure, volume: Reading, expected: Reading, value: Decimal) -> Reading:
    return replace(
        volume,
        measure=measure.id,
        value=value,
        unit=measure.unit,
        decimals=measure.file.decimals,
        notes=(*volume.notes, f"computed from {volume.amount} of {expected.amount} predicted"),
        origins=volume.origins + expected.origins,
    )


def _shares(view: View, measure: Measure, direct: Iterable[Reading]) -> Iterator[Reading]:
    """Parts computed from the whole and its percentage, where nothing counted them at the time."""
    wanted = measure.file.share
    if wanted is None:
        return
    taken = {moment for reading in direct for moment in (reading.instant, reading.day)}
    wholes = candidates(view, view.measure(wanted.whole)).usable
    percents = candidates(view, view.measure(wanted.percent)).usable
    samples = _Samples(wholes, _lone_days(wholes) & _lone_days(percents), view)
    for percent in percents:
        whole = samples.of(percent)
        if whole is None or (percent.instant or percent.day) in taken:
            continue
        value = whole.value * percent.value / 100
        bounds = {one.bound for one in (whole, percent)} - {None}
        if len(bounds) < 2 and measure.plausible(value):
            yield _part(measure, whole, percent, value)


def _lone_days(readings: Iterable[Reading]) -> set[date]:
    """The days with one reading."""
    return {
        day for day, times in Counter(reading.day for reading in readings).items() if times == 1
    }


class _Samples:
    """Finds the result that was measured in one sample with another.

    They name one specimen. Where not both name one, they are of one time, resource or report;
    and where the hour of one is not known, and each is the only one of its day, nobody drew
    a second.
    """

    def __init__(self, readings: Iterable[Reading], lone: set[date], view: View) -> None:
        self._lone, self._view = lone, view
        known = [(r, self._specimen(r)) for r in readings]
        self._named = _First(((s,), r) for r, s in known if s)
        self._all = _First((self._keys(r, r.instant is None), r) for r, _ in known)
        self._unnamed = _First((self._keys(r, r.instant is None), r) for r, s in known if not s)

    def of(self, reading: Reading) -> Reading | None:
        """The first of the readings that is of the sample of another."""
        specimen = self._specimen(reading)
        untimed = (True, False) if reading.instant is None else (True,)
        keys = tuple(self._keys(reading, *untimed))
        if specimen is None:
            return self._all.of(keys)
        return self._named.of((specimen,)) or self._unnamed.of(keys)

    def _specimen(self, reading: Reading) -> str | None:
        reference = reading.origins[0].resource
        record = self._view.index.get(reference) if "/" in reference else None
        return string(obj(record.resource.get("specimen")).get("reference")) if record else None

    def _keys(self, reading: Reading, *untimed: bool) -> Iterator[Hashable]:
        """What two readings of one sample share, but for the specimen.

        untimed: whether the hour of the one of a lone day is unknown, or may be.
        """
        for place in _standing_in(reading.origins[0].resource, self._view):
            yield (reading.day, place)
        if reading.instant is not None:
            yield reading.instant
        if reading.day in self._lone:
            yield from (("alone", reading.day, unknown) for unknown in untimed)


def _part(measure: Measure, whole: Reading, percent: Reading, value: Decimal) -> Reading:
    return replace(
        whole,
        measure=measure.id,
        label=measure.file.label,
        value=value,
        unit=measure.unit,
        decimals=measure.file.decimals,
        bound=whole.bound or percent.bound,
        notes=(*whole.notes, f"computed from {percent.amount} of {whole.amount}"),
        origins=whole.origins + percent.origins,
    )
