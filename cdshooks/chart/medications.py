"""The medication that a patient already has: what is taken, was taken, or is planned."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from cdshooks.chart.drafted import drafted
from cdshooks.chart.drugs import Identity, directions, identify
from cdshooks.chart.entries import reasons_of
from cdshooks.chart.index import Record
from cdshooks.chart.ingredients import recognised_as
from cdshooks.chart.naming import naming
from cdshooks.chart.searches import ADMINISTRATION, MEDICATIONS
from cdshooks.chart.sources import Coverage
from cdshooks.chart.unread import unread
from cdshooks.chart.view import View
from cdshooks.fhir.amount import days
from cdshooks.fhir.dates import When, choice, period, when
from cdshooks.fhir.elements import Json, boolean, fhir_code, number, obj, objects, plain, string
from cdshooks.fhir.manner import as_needed, via_tube
from cdshooks.rules.authoring import (
    Entries,
    Entry,
    Medication,
    Origin,
)

TYPES = (*MEDICATIONS, ADMINISTRATION)
LONGEST_SUPPLY = 3650
"""Days; a larger supply is a typing error, and would not fit a date."""
NOT_TAKEN = ("n", "unk", "na")
"""What STU3 calls a drug in a statement that it is not, or perhaps not, taken."""
GIVEN = ("order", "plan", "original-order", "reflex-order", "filler-order", "instance-order")
NEVER = ("entered-in-error", "cancelled", "draft", "not-taken", "intended", "unknown", "declined")
"""Statuses of what was never taken, or of which nobody knows."""


def medication(view: View, wanted: Medication) -> Entries:
    """What the patient has of a drug: requests, statements and dispenses of the chart.

    The draft itself, if the chart already holds it, is no history, unless it was
    written on an earlier day and is now signed again. Absence is claimed only if every
    search for medication that was planned was read whole.
    """
    found: list[Entry] = []
    given = date.min
    for record, identity in _by_drug(view).get(wanted.drug, ()):
        if is_draft(record, view) and not (wanted.ended and _signed_before(record, view)):
            continue
        entry = _taken(record.resource, record.reference, identity, view)
        if entry is not None and entry.given and entry.start:
            given = max(given, entry.start)
        if wanted.planned and fhir_code(record.resource.get("status")) == "draft":
            entry = _planned(record, identity)
        if entry is not None and (wanted.ended or entry.end is None):
            found.append(_dosed(entry, record, identity, view) if wanted.dosed else entry)
    found = [replace(e, sure=False) if _forgotten(e, given, view) else e for e in found]
    found.sort(key=_newest_first)
    if wanted.drafted:
        found += drafted(view, wanted.drug)
    cover = view.remembered("medication cover", _cover)
    label = view.knowledge.base.drugs[wanted.drug]
    return Entries(tuple(found), cover.whole, cover.failed, label)


def _newest_first(entry: Entry) -> tuple[int, int, str]:
    """Requests first, then the newest first, whatever the order in which the chart was sent."""
    return TYPES.index(entry.type), -(entry.start or date.min).toordinal(), entry.id


def _forgotten(entry: Entry, given: date, view: View) -> bool:
    """Whether an open prescription is old, and nothing was dispensed since; given: the last."""
    if entry.type != "MedicationRequest" or entry.start is None or entry.end is not None:
        return False
    old = view.today - timedelta(days=view.knowledge.days("forgotten_order_days"))
    return entry.start < old and given < entry.start


def drugs_of(view: View) -> frozenset[str] | None:
    """Of which drugs and drug sets the chart has medication; None where it may be any."""
    return None if _unnamed(view) else frozenset(_by_drug(view))


ByDrug = dict[str, list[tuple[Record, Identity]]]


def _by_drug(view: View) -> ByDrug:
    """The medication of the chart, what the call drafts included, by drug and drug set."""
    return view.remembered("medication", _sorted)


def _sorted(view: View) -> ByDrug:
    found: ByDrug = {}
    for type in TYPES:
        for record in view.index.of(type):
            for identity in recognised_as(view, record.resource):
                found.setdefault(identity.drug, []).append((record, identity))
    return found


def _cover(view: View) -> Coverage:
    """Whether every search for medication that was planned was read whole, names included."""
    covers = [view.coverage(type) for type in MEDICATIONS]
    asked = [cover for cover in covers if cover.asked]
    unnamed = _unnamed(view)
    failed = tuple(dict.fromkeys([*(key for cover in asked for key in cover.failed), *unnamed]))
    whole = covers[0].asked and all(cover.whole for cover in asked) and not unnamed
    return Coverage(whole, failed)


def _unnamed(view: View) -> tuple[str, ...]:
    """Keys of searches that answered with a drug which only an unread Medication names."""
    if "unnamed" not in view.memory:
        view.memory["unnamed"] = tuple(
            result.search.key
            for result in view.results
            if result.search.type in MEDICATIONS
            and any(_is_unnamed(record, view) for record in view.index.of(result.search.type))
        )
    keys: tuple[str, ...] = view.memory["unnamed"]
    return keys


def _is_unnamed(record: Record, view: View) -> bool:
    status = fhir_code(record.resource.get("status")) or ""
    return (
        unread(view, record.resource) is not None
        and _was_taken(record.resource, record.type, status, view)
        and not is_draft(record, view)
        and identify(view, record.resource) is None
    )


def is_draft(record: Record, view: View) -> bool:
    """Whether the chart already holds what the call drafts."""
    if "drafted" not in view.memory:
        drafts = [draft for _, draft in view.context.draft_orders]
        named = ((string(d.get("resourceType")), string(d.get("id"))) for d in drafts)
        view.memory["drafted"] = frozenset(named)
    return bool(record.id) and (record.type, record.id) in view.memory["drafted"]


def _signed_before(record: Record, view: View) -> bool:
    """Whether an order was written on an earlier day than that of the call."""
    authored = when(record.resource.get("authoredOn"), view.zone)
    return authored is not None and authored.day < view.today


def _planned(record: Record, identity: Identity) -> Entry:
    """A draft, of the chart or of this call."""
    origin = Origin(record.reference, identity.label, "draft", "", None)
    return Entry(record.type, record.id, identity.label, "draft", origins=(origin,))


def goes_on(record: Record, view: View) -> bool:
    """Whether a request, statement or dispense, of whatever drug, is what the patient takes."""
    times = _times(record.resource, view)
    return times is not None and times.end is None


class _Times(NamedTuple):
    """The first and the last day of what is or was taken, and whether the chart says the last."""

    start: date | None
    end: date | None
    told: bool = True


def _times(resource: Json, view: View) -> _Times | None:
    """Start and end of what is or was taken; None for what was never taken.

    Also None for what is over at an unknown time: it says nothing about any day. A dose
    counts as taken until the day after it was given. What was stopped today has ended today.
    """
    type, status = str(resource.get("resourceType")), fhir_code(resource.get("status")) or ""
    if not _was_taken(resource, type, status, view):
        return None
    start, over = _span(resource, type, view)
    if start is not None and start > view.today:
        return None
    end = _last(over, view)
    running = status in ("active", "recorded") or type in ("MedicationDispense", ADMINISTRATION)
    lasts = timedelta(days=type == ADMINISTRATION)
    if end is not None and (end + lasts >= view.today if running else end > view.today):
        end = None
    if running or end is not None:
        return _Times(start, end, told=over is None or over.until == over.day)
    end = _changed(resource, view) or start
    return None if end is None else _Times(start, end, told=False)


def _taken(resource: Json, reference: str, identity: Identity, view: View) -> Entry | None:
    """A medication entry with its start and end; None for what says nothing about any day."""
    times = _times(resource, view)
    if times is None:
        return None
    status = fhir_code(resource.get("status")) or ""
    reasons, by_tube = view.once("manner", resource, lambda: _manner(resource, view))
    return Entry(
        type=str(resource.get("resourceType")),
        id=reference.partition("/")[2],
        label=identity.label,
        status=status,
        start=times.start,
        end=times.end,
        end_told=times.told,
        reasons=reasons,
        certain=not identity.by_name,
        exact=identity.exact,
        sets=identity.sets,
        form=identity.product.form if identity.product else None,
        via_tube=by_tube,
        origins=(
            Origin(reference, _named(resource, view) or identity.label, status, "", times.start),
        ),
    )


def _named(resource: Json, view: View) -> str:
    """What the chart itself calls it: a card shows its words and not the name of a class."""
    return plain(next(iter(naming(view, resource).texts), ""))


def _manner(resource: Json, view: View) -> tuple[frozenset[str], bool]:
    """Reasons that are stated, as-needed among them, and whether it is given by tube."""
    as_needed = AS_NEEDED if _when_needed(resource) else frozenset[str]()
    by_tube = any(map(via_tube, objects(resource.get("dosageInstruction"))))
    return reasons_of(resource, view) | as_needed, by_tube


def _dosed(entry: Entry, record: Record, identity: Identity, view: View) -> Entry:
    steps = directions(record.resource, identity.strength, view).steps
    return replace(entry, mg_a_day=steps[0].a_day if len(steps) == 1 else None)


AS_NEEDED = frozenset({"as-needed"})
"""The reason of an entry that is there for when it is needed."""


def _when_needed(resource: Json) -> bool:
    dosages = (*objects(resource.get("dosageInstruction")), *objects(resource.get("dosage")))
    return any(map(as_needed, dosages))


def _was_taken(resource: Json, type: str, status: str, view: View) -> bool:
    """Whether an entry is about a drug that is or was really taken."""
    if status in NEVER or boolean(resource.get("doNotPerform")):
        return False
    if type == "MedicationDispense":
        return status == "completed" and _handed_over(resource, view) is not None
    if type == ADMINISTRATION:
        given = status in ("completed", "in-progress", "stopped")
        return given and any(choice(resource, "effective", view.zone))
    if type == "MedicationStatement":
        return fhir_code(resource.get("taken")) not in NOT_TAKEN and _adheres(resource)
    return fhir_code(resource.get("intent")) in (None, *GIVEN)


def _adheres(resource: Json) -> bool:
    """Whether a statement of R5, whose status says only that it was recorded, tells of taking."""
    stated = objects(obj(resource.get("adherence")).get("code"))
    codes = [fhir_code(coding.get("code")) for c in stated for coding in objects(c.get("coding"))]
    return all(code is not None and code.startswith("taking") for code in codes)


def _handed_over(resource: Json, view: View) -> date | None:
    moment = when(resource.get("whenHandedOver") or resource.get("whenPrepared"), view.zone)
    return moment.day if moment else None


def _span(resource: Json, type: str, view: View) -> tuple[date | None, When | None]:
    """First day and end of a request, statement or dispense, as far as recorded."""
    if type == "MedicationStatement":
        start, end = choice(resource, "effective", view.zone)
        return start.day if start else None, end
    if type == ADMINISTRATION:
        return _given(resource, view)
    if type == "MedicationDispense":
        return _supplied(resource, view)
    authored = when(resource.get("authoredOn"), view.zone)
    _, end = period(obj(resource.get("dispenseRequest")).get("validityPeriod"), view.zone)
    over = fhir_code(resource.get("status")) not in ("active", "on-hold")
    return authored.day if authored else None, end if over else None


def _last(end: When | None, view: View) -> date | None:
    """The last day that an end can mean; today, if that is one of them.

    A month may not be over yet, and the end of today elsewhere is tomorrow here.
    """
    if end is not None and end.day <= view.horizon:
        return min(end.until, view.today)
    return end.day if end else None


def _given(resource: Json, view: View) -> tuple[date | None, When | None]:
    """The days of an administration; one that goes on has no last one."""
    start, end = choice(resource, "effective", view.zone)
    last = end or (None if fhir_code(resource.get("status")) == "in-progress" else start)
    first = start or end
    return first.day if first else None, last


def _supplied(resource: Json, view: View) -> tuple[date | None, When | None]:
    """The day of a dispense and the last day of its supply; of one day if that is unknown."""
    given = _handed_over(resource, view)
    if given is None:
        return None, None
    supply = _days(obj(resource.get("daysSupply")))
    last = given.toordinal() + max(0, min(int(supply), LONGEST_SUPPLY))
    return given, When(date.fromordinal(min(last, date.max.toordinal())))


def _days(supply: Json) -> Fraction | Decimal:
    """A supply in days, which is what the element counts unless it says weeks or hours."""
    return days(supply) or number(supply.get("value")) or Decimal(0)


def _changed(resource: Json, view: View) -> date | None:
    """Without a recorded end, a stopped order counts as ended when it was last changed."""
    stamps = (resource.get("statusChanged"), obj(resource.get("meta")).get("lastUpdated"))
    moments = (when(stamp, view.zone) for stamp in stamps)
    return next((moment.day for moment in moments if moment is not None), None)
