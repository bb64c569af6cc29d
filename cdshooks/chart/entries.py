"""Building an entry: one coded fact of the chart, with its dates and its reasons."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import partial

from cdshooks.chart.coded import code_elements
from cdshooks.chart.index import PARTED, Record
from cdshooks.chart.sources import Coverage
from cdshooks.chart.view import View
from cdshooks.fhir.dates import When
from cdshooks.fhir.elements import Json, fhir_code, objects, plain, texts, values
from cdshooks.rules.authoring import Entries, Entry, Origin

STATED = ("statusReason", "reasonCode", "reasonNotPerformed")
"""Elements that say why something is as it is."""
REASONS = {
    "refusal": STATED,
    "niv-intolerance": STATED,
    "contraindication": STATED,
    "comfort-indication": STATED,
    "surgical-airway": STATED,
    "drug-failed": STATED,
    "unsuccessful": ("outcome", *STATED),
}
"""Value sets that a reason or outcome is compared with, and the elements that state it."""
REASON_STATED = frozenset({"reason-stated"})
STATING = frozenset(element for elements in REASONS.values() for element in elements)
"""Every element that may state a reason."""
REVOKED_FOR = "http://hl7.org/fhir/StructureDefinition/request-statusReason"
"""The extension by which requests of R4, which have no such element, state the reason."""
RUNNING = ("in-progress", "arrived", "triaged", "onleave")
"""Statuses of an encounter that is going on."""
ENDED = ("completed", "stopped", "finished")
"""Statuses that something takes when it ends."""


ASKED = "codeCodeableConcept"
"""What a device request calls its code."""


def coded(view: View, types: Iterable[str], value_set: str) -> Iterator[Record]:
    """The records of these types with a code of the value set."""
    for type in types:
        yield from view.index.coded(type, [view.value_set(value_set)])


def worded(view: View, types: Iterable[str], value_set: str) -> list[Record]:
    """The records of these types with a code of the value set, or with its wording."""
    found = {record.place: record for record in coded(view, types, value_set)}
    named_in = view.value_set(value_set).named_in
    for type in types:
        for record, wordings in view.remembered(f"wordings {type}", partial(_wordings, type)):
            if any(map(named_in, wordings)):
                found[record.place] = record
    return [found[place] for place in sorted(found)]


def _wordings(type: str, view: View) -> list[tuple[Record, tuple[str, ...]]]:
    """Every record of a type with all that its code says in words."""
    return [
        (record, tuple(texts(record.resource.get("code") or record.resource.get(ASKED))))
        for record in view.index.of(type)
    ]


def status_of(record: Record) -> str | None:
    """The status of a resource, as FHIR writes it."""
    return fhir_code(record.resource.get("status"))


def status_then(status: str | None, end: When | None, running: str, view: View) -> str | None:
    """The status on the day of the view: what ended after an earlier day was running then."""
    ended_since = view.past and end is not None and end.day > view.today
    return running if ended_since and status in ENDED else status


def entry(
    record: Record,
    view: View,
    value_set: str,
    *,
    status: str,
    start: When | None = None,
    end: When | None = None,
    recorded: When | None = None,
    in_hospital: bool = False,
    certain: bool = True,
) -> Entry | None:
    """The fact as of the day of the view; None when it had not begun or was not known then.

    A fact of the call's own day stands even if the date of its recording cannot
    be. In the chart of an earlier day it needs a date, since without one nobody
    can tell that it was known. An end still to come is none yet.
    """
    if not _is_known(start, recorded, view):
        return None
    label = view.value_set(value_set).meaning
    begun, ended, written = _day(start, view), _day(end, view), _day(recorded, view)
    shown = max((day for day in (begun, ended, written) if day), default=None)
    return Entry(
        type=record.type,
        id=record.id,
        label=label,
        status=status,
        start=begun,
        end=ended,
        recorded=written,
        instant=_instant((start, end, recorded), shown),
        reasons=reasons_of(record.resource, view) | _stated(record),
        in_hospital=in_hospital,
        certain=certain,
        origins=(Origin(record.reference, _named(record) or label, status, "", shown),),
    )


def _named(record: Record) -> str:
    """What the chart itself calls it: a card shows its words and not those of a value set."""
    body = record.part if record.type in PARTED else record.resource
    elements = (body.get(path) for path in code_elements(record.type))
    said = (text for element in elements for concept in objects(element) for text in texts(concept))
    return plain(_TAG.sub("", next(said, "")))


_TAG = re.compile(
    r" \((?:finding|disorder|situation|event|procedure|regime/therapy|physical object"
    r"|observable entity|environment|qualifier value)\)$"
)
"""What SNOMED CT's full names say of the kind of a concept."""


def _instant(moments: Iterable[When | None], shown: date | None) -> datetime | None:
    """The latest time on record of the last day of an entry."""
    told = (m.instant for m in moments if m and m.instant and m.day == shown)
    return max(told, default=None)


def _is_known(start: When | None, recorded: When | None, view: View) -> bool:
    if view.past:
        written = recorded or start
        return written is not None and written.day <= view.today
    return start is None or start.day <= view.horizon


def _day(moment: When | None, view: View) -> date | None:
    return moment.day if moment and moment.day <= view.horizon else None


def within(found: Entry, since: date | None) -> bool:
    """Whether an entry is known to hold on or after ``since``; None is any age."""
    return since is None or (found.day is not None and found.day >= since)


def reasons_of(resource: Json, view: View) -> frozenset[str]:
    """Which of the known reasons a status reason, reason or stop reason states."""
    extended = [
        extension.get("valueCodeableConcept")
        for extension in objects(resource.get("extension"))
        if extension.get("url") == REVOKED_FOR
    ]
    if not extended and resource.keys().isdisjoint(STATING):
        return frozenset()
    return frozenset(
        name
        for name, elements in REASONS.items()
        if any(states(concept, name, view) for concept in extended)
        or any(
            states(concept, name, view)
            for element in elements
            for concept in values(resource.get(element))
        )
    )


def _stated(record: Record) -> frozenset[str]:
    """That a procedure says why it is as it is, also in words that are not understood."""
    says = record.type == "Procedure" and any(map(record.resource.get, STATED))
    return REASON_STATED if says else frozenset()


def states(concept: object, name: str, view: View) -> bool:
    """Whether a concept is of the value set: by a code, or by wording where that has any."""
    value_set = view.value_set(name)
    said = [plain(concept, 300)] if isinstance(concept, str) else texts(concept)
    return value_set.holds_any(view.index.concept(concept)) or any(map(value_set.named_in, said))


def entries(
    view: View, value_set: str, found: Iterable[Entry | None], covers: Iterable[Coverage]
) -> Entries:
    """What was found, the newest last, and whether more could exist."""
    asked = tuple(covers)
    items = [item for item in found if item is not None]
    items.sort(key=lambda item: (item.day or date.min, item.type, item.id))
    return Entries(
        items=tuple(items),
        whole=all(cover.whole for cover in asked),
        failed=tuple(dict.fromkeys(key for cover in asked for key in cover.failed)),
        label=view.value_set(value_set).meaning,
    )
