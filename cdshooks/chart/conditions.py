"""Answers about what the patient has: the problem list, and answers to questions."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from cdshooks.chart.entries import coded, entries, entry, status_of, within
from cdshooks.chart.index import Record
from cdshooks.chart.observed import USABLE, moment_of
from cdshooks.chart.view import View
from cdshooks.fhir.dates import When, choice, when
from cdshooks.fhir.elements import Json, boolean, objects, string, texts, values
from cdshooks.knowledge import Code
from cdshooks.rules.authoring import Entries, Entry, Listed, Reported

OVER = ("inactive", "resolved", "remission")
DENIED = ("refuted", "entered-in-error")
DOUBTFUL = ("provisional", "differential", "unconfirmed")


def listed(view: View, wanted: Listed) -> Entries:
    """Conditions of a value set that hold now and were not refuted."""
    since = view.since(wanted.lookback)
    found = [_condition(record, view, wanted) for record in _concerned(view, wanted)]
    inside = [item for item in found if item is not None and within(item, since)]
    return entries(view, wanted.value_set, inside, [view.coverage("Condition")])


def _concerned(view: View, wanted: Listed) -> Iterator[Record]:
    """The conditions with a code of the value set, or with its wording where that counts."""
    if not wanted.worded:
        yield from coded(view, ["Condition"], wanted.value_set)
        return
    value_set = view.value_set(wanted.value_set)
    for record in view.index.of("Condition"):
        said = texts(record.resource.get("code"))
        if value_set.holds_any(record.codes) or any(map(value_set.named_in, said)):
            yield record


def _condition(record: Record, view: View, wanted: Listed) -> Entry | None:
    """A condition of the problem list, if it holds; one that names no status does.

    Its onset may be wrong, which does not unmake it: a day still to come is left out.
    """
    resource = record.resource
    verified = words(resource.get("verificationStatus"))
    start, _ = choice(resource, "onset", view.zone)
    began, ended = choice(resource, "abatement", view.zone)
    over = ended or began
    status = _status(words(resource.get("clinicalStatus")), over, view)
    if verified & set(DENIED) or (status in OVER and not wanted.history):
        return None
    found = entry(
        record,
        view,
        wanted.value_set,
        status=status,
        start=start if start and start.day <= view.horizon else None,
        end=over,
        recorded=when(resource.get("recordedDate"), view.zone),
        certain=not verified & set(DOUBTFUL),
    )
    return _told_apart(found, record, wanted, view) if found and wanted.parts else found


def _told_apart(found: Entry, record: Record, wanted: Listed, view: View) -> Entry:
    """The entry with the parts of the value set that it belongs to among its reasons.

    A part may also be known by words: of one leg, of which no code of the finding tells.
    """
    said = [*texts(record.resource.get("code")), *_sites(record.resource)]
    parts = {
        name
        for name in wanted.parts
        if (part := view.value_set(name)).holds_any(record.codes) or any(map(part.named_in, said))
    }
    return replace(found, reasons=found.reasons | parts)


def _sites(resource: Json) -> Iterator[str]:
    for site in objects(resource.get("bodySite")):
        yield from texts(site)


def _status(stated: set[str], over: When | None, view: View) -> str:
    """The clinical status on the day of the view: a stated one before a date of ending."""
    ended = next((word for word in OVER if word in stated), None)
    if ended is not None:
        since_then = view.past and over is not None and over.day > view.today
        return "active" if since_then else ended
    if not stated and over is not None and over.day <= view.today:
        return "resolved"
    return next(iter(sorted(stated & {"recurrence", "relapse"})), "active")


def words(value: object) -> set[str]:
    """Every code of a CodeableConcept in lower case, its text, or a bare string."""
    found: set[str | None] = set()
    for concept in values(value):
        if isinstance(concept, str):
            found.add(string(concept))
    for concept in objects(value):
        found.add(string(concept.get("text")))
        found.update(string(coding.get("code")) for coding in objects(concept.get("coding")))
    return {word.lower() for word in found if word}


def reported(view: View, wanted: Reported) -> Entries:
    """Observations whose answer to the question is yes, and no later answer to it is no.

    Of one day, yes stands.
    """
    since = view.since(wanted.lookback)
    answers = list(_answers(view, wanted))
    denied: dict[Code, date] = {}
    for record, day, yes in answers:
        if not yes:
            denied.update({c: max(day, denied.get(c, day)) for c in record.codes})
    found = [
        entry(record, view, wanted.value_set, status="reported", recorded=When(day))
        for record, day, yes in answers
        if yes and (since is None or day >= since)
        if not any(denied.get(code, day) > day for code in record.codes)
    ]
    cover = view.coverage("Observation", (view.value_set(wanted.value_set),), since)
    return entries(view, wanted.value_set, found, [cover])


def _answers(view: View, wanted: Reported) -> Iterator[tuple[Record, date, bool]]:
    """Every final answer with a date that can be: yes or no; what is neither is left out."""
    for record in coded(view, ["Observation"], wanted.value_set):
        moment, _ = moment_of(record.resource, view)
        said = _yes(record.part, wanted.answer, view)
        final = status_of(record) in USABLE and not record.part.get("dataAbsentReason")
        if final and said is not None and moment is not None and moment.day <= view.horizon:
            yield record, moment.day, said


def _yes(part: Json, meaning: str, view: View) -> bool | None:
    stated = boolean(part.get("valueBoolean"))
    if stated is not None:
        return stated
    answer = view.index.concept(part.get("valueCodeableConcept"))
    return True if view.value_set(meaning).holds_any(answer) else None
