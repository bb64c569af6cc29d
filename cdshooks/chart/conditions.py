"""Answers about what the patient has: the problem list, and answers to questions."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from cdshooks.chart.entries import coded, entries, entry, status_of, within, worded
from cdshooks.chart.index import Record
from cdshooks.chart.observed import USABLE, moment_of
from cdshooks.chart.view import View
from cdshooks.fhir.dates import When, choice, when
from cdshooks.fhir.elements import Json, boolean, objects, plain, string, texts, values
from cdshooks.knowledge import Code
from cdshooks.rules.authoring import Entries, Entry, Listed, Reported

OVER = ("inactive", "resolved", "remission")
DENIED = ("refuted", "entered-in-error")
DOUBTFUL = ("provisional", "differential", "unconfirmed")


def listed(view: View, wanted: Listed) -> Entries:
    """Conditions of a value set that hold now and were not refuted."""
    since = view.since(wanted.lookback)
    read = worded if wanted.named else coded
    found = [_condition(r, view, wanted) for r in read(view, ["Condition"], wanted.value_set)]
    inside = [item for item in found if item is not None and within(item, since)]
    return entries(view, wanted.value_set, inside, [view.coverage("Condition")])


def _condition(record: Record, view: View, wanted: Listed) -> Entry | None:
    """A condition of the problem list, if it holds; one that names no status does.

    Its onset may be wrong, which does not unmake it: a day still to come is left out.
    """
    resource = record.resource
    verified = words(resource.get("verificationStatus"))
    start, _ = choice(resource, "onset", view.zone)
    began, ended = choice(resource, "abatement", view.zone)
    over = ended or began
    stated = words(resource.get("clinicalStatus")) or _abated(resource)
    status = _status(stated, over, view)
    if verified & set(DENIED) or (status in OVER and not wanted.history):
        return None
    found = entry(
        record,
        view,
        wanted.value_set,
        status=status,
        start=start if start and start.day <= view.horizon else None,
        end=over,
        recorded=_recorded(resource, view),
        certain=not verified & set(DOUBTFUL),
    )
    return _told_apart(found, record, wanted, view) if found and wanted.parts else found


ASSERTED = "http://hl7.org/fhir/StructureDefinition/condition-assertedDate"
"""The extension by which R4 says when somebody first said so."""


def _recorded(resource: Json, view: View) -> When | None:
    """When a condition was written down, or else asserted."""
    written = when(resource.get("recordedDate"), view.zone)
    if written is not None:
        return written
    extensions = (e for e in objects(resource.get("extension")) if e.get("url") == ASSERTED)
    said = (resource.get("assertedDate"), *(e.get("valueDateTime") for e in extensions))
    return next(filter(None, (when(one, view.zone) for one in said)), None)


ABATED = ("abatementAge", "abatementRange")
"""Elements that say that a condition is over, without a day. In words anything may stand."""


def _abated(resource: Json) -> set[str]:
    """The clinical status of a condition that states none, if it says that it is over."""
    over = boolean(resource.get("abatementBoolean")) or any(map(resource.get, ABATED))
    return {"resolved"} if over else set()


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
    """Every code of a CodeableConcept in lower case, its texts, or a bare string.

    Words are joined by hyphens, as in codes: ``Entered in error`` is ``entered-in-error``.
    """
    found: set[str | None] = set()
    for concept in values(value):
        if isinstance(concept, str):
            found.add(string(concept))
    for concept in objects(value):
        found.update(texts(concept))
        found.update(string(coding.get("code")) for coding in objects(concept.get("coding")))
    return {"-".join(word.lower().split()) for word in found if word}


def reported(view: View, wanted: Reported) -> Entries:
    """Observations whose answer to the question is yes, and no later answer to it is no.

    Of one day, yes stands. Or else, where denials are wanted, those whose answer is no.
    """
    since = view.since(wanted.lookback)
    answers = list(_answers(view, wanted))
    cover = view.coverage("Observation", (view.value_set(wanted.value_set),), since)
    if wanted.denied:
        noes = [(r, m) for r, m, yes in answers if not yes and (since is None or m.day >= since)]
        told = [entry(r, view, wanted.value_set, status="denied", recorded=m) for r, m in noes]
        return entries(view, wanted.value_set, told, [cover])
    denied: dict[Code, date] = {}
    for record, moment, yes in answers:
        if not yes:
            day = moment.day
            denied.update({c: max(day, denied.get(c, day)) for c in record.codes})
    found = [
        entry(record, view, wanted.value_set, status="reported", recorded=moment)
        for record, moment, yes in answers
        if yes and (since is None or moment.day >= since)
        if not any(denied.get(code, moment.day) > moment.day for code in record.codes)
    ]
    return entries(view, wanted.value_set, found, [cover])


def _answers(view: View, wanted: Reported) -> Iterator[tuple[Record, When, bool]]:
    """Every final answer with a date that can be: yes or no; what is neither is left out."""
    for record in coded(view, ["Observation"], wanted.value_set):
        moment, _ = moment_of(record.resource, view)
        said = _yes(record, wanted, view)
        final = status_of(record) in USABLE and not record.part.get("dataAbsentReason")
        if final and said is not None and moment is not None and moment.day <= view.horizon:
            yield record, moment, said


def _yes(record: Record, wanted: Reported, view: View) -> bool | None:
    """What an answer says, by code or in so many words; None if it says neither yes nor no."""
    part = record.part
    stated = boolean(part.get("valueBoolean"))
    if stated is not None:
        return stated
    concept, meaning = part.get("valueCodeableConcept"), view.value_set(wanted.answer)
    answer = view.index.concept(concept)
    said = (*texts(concept), plain(part.get("valueString"), 300))
    if meaning.holds_any(answer) or any(map(meaning.named_in, said)):
        return True
    denial = view.value_set("absent")
    denies = denial.holds_any(answer) or any(map(denial.named_in, said))
    if wanted.answer == "present" and denies:
        return False
    noted = wanted.bare and part is record.resource and not any(k.startswith("value") for k in part)
    return True if noted else None
