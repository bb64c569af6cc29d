"""What came back for each search: all of it, a part, nothing, a failure, or silence.

These differ for a patient: an empty answer proves absence, a failed one proves
nothing. An absence is claimed only where the search was read to its end.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, tzinfo
from enum import Enum
from itertools import dropwhile
from typing import Any

from cdshooks.chart.searches import Search
from cdshooks.fhir.dates import choice, period, when
from cdshooks.fhir.elements import Json, fhir_code, number, obj, objects, string, values
from cdshooks.knowledge import Code


class Answered(Enum):
    """How a search was answered."""

    WHOLE = "read to its end"
    PART = "more pages exist that were not read"
    FAILED = "an error, or an answer of which something was lost"
    SILENT = "asked for, and not in the request"


@dataclass(frozen=True, slots=True)
class Result:
    """A search with its answer. ``oldest`` is the date of the last entry of a sorted page."""

    search: Search
    answered: Answered
    resources: tuple[Json, ...] = ()
    oldest: date | None = None

    def complete(self, since: date | None) -> bool:
        """Whether everything on or after ``since`` was read; None means since ever."""
        if self.answered is Answered.WHOLE:
            return True
        if self.answered is not Answered.PART or since is None:
            return False
        return self.search.sorted and self.oldest is not None and self.oldest < since


@dataclass(frozen=True, slots=True)
class Coverage:
    """Whether an absence may be claimed, and what failed if not.

    failed: keys that were asked for and not answered; asked: whether any search
    that could have held the data was in the plan at all.
    """

    whole: bool
    failed: tuple[str, ...] = ()
    asked: bool = True


SEARCHES = ("searchset", "collection")
"""Types of a Bundle that can be the answer to a search; hand-made ones say collection."""


def read_result(
    search: Search, prefetch: Mapping[str, Any], patient_id: str, zone: tzinfo
) -> Result:
    """The answer to one search, whatever a client made of it."""
    if search.key not in prefetch:
        return Result(search, Answered.SILENT)
    return read_value(search, prefetch[search.key], patient_id, zone)


def read_value(search: Search, value: object, patient_id: str, zone: tzinfo) -> Result:
    """What a value says that was sent, or fetched, for a search."""
    if search.type == "Patient":
        return _patient(search, value, patient_id)
    if value is None:
        return Result(search, Answered.WHOLE)
    body = obj(value)
    if body.get("resourceType") == "Bundle":
        return _bundle(search, body, zone)
    if body.get("resourceType") == search.type:
        return Result(search, Answered.WHOLE, (body,))
    return Result(search, Answered.FAILED)


def _patient(search: Search, value: object, patient_id: str) -> Result:
    """The patient of the call; null, an error or somebody else is no answer."""
    body = obj(value)
    sent = tuple(_resources(body)) if body.get("resourceType") == "Bundle" else (body,)
    found = tuple(r for r in sent if r.get("resourceType") == "Patient")
    own = any(string(r.get("id")) in (None, patient_id) for r in found)
    return Result(search, Answered.WHOLE if own else Answered.FAILED, found)


def _bundle(search: Search, bundle: Json, zone: tzinfo) -> Result:
    resources = tuple(_resources(bundle))
    usable = tuple(r for r in resources if r.get("resourceType") != "OperationOutcome")
    matches = [r for r in usable if r.get("resourceType") == search.type]
    if _is_broken(bundle, resources) or (usable and not matches):
        return Result(search, Answered.FAILED, usable)
    if not _has_more(bundle, len(matches)):
        return Result(search, Answered.WHOLE, usable)
    return Result(search, Answered.PART, usable, _oldest(matches, zone))


def _is_broken(bundle: Json, resources: tuple[Json, ...]) -> bool:
    """Whether a Bundle is no answer to a search, reports an error, or lost an entry."""
    return (
        (bundle.get("type") is not None and fhir_code(bundle["type"]) not in SEARCHES)
        or any(_is_error(resource) for resource in resources)
        or len(resources) != len(values(bundle.get("entry")))
    )


def _has_more(bundle: Json, read: int) -> bool:
    total = number(bundle.get("total"))
    further = any(link.get("relation") == "next" for link in objects(bundle.get("link")))
    return further or (total is not None and total > read)


def _oldest(matches: list[Json], zone: tzinfo) -> date | None:
    """The day down to which a page holds everything; None when it does not prove any.

    Only if it really runs from the newest to the oldest: a server may ignore
    ``_sort``. Entries without a date come first or last, as a server likes.
    """
    days = [_day(resource, zone) for resource in matches]
    dated = list(dropwhile(lambda day: day is None, days))
    known = [day for day in dated if day is not None]
    if not known or len(known) != len(dated) or known != sorted(known, reverse=True):
        return None
    return known[-1]


def _resources(bundle: Json) -> Iterator[Json]:
    for entry in objects(bundle.get("entry")):
        resource = entry.get("resource")
        if isinstance(resource, dict):
            yield resource


def _is_error(resource: Json) -> bool:
    """An OperationOutcome that reports an error; warnings and hints are no failure."""
    return resource.get("resourceType") == "OperationOutcome" and any(
        fhir_code(issue.get("severity")) in ("error", "fatal")
        for issue in objects(resource.get("issue"))
    )


def _day(resource: Json, zone: tzinfo) -> date | None:
    """The day by which a server sorts; it never takes the date of a report for it."""
    for stem in ("effective", "performed"):
        start, end = choice(resource, stem, zone)
        moment = end or start
        if moment:
            return moment.day
    start, end = period(resource.get("period"), zone)
    written = start or when(resource.get("authored"), zone)
    return written.day if written else None


def coverage(
    results: Iterable[Result], type: str, codes: Iterable[Code], since: date | None
) -> Coverage:
    """Whether everything of this type and these codes since a day was read."""
    wanted = frozenset(codes)
    serving = [
        r
        for r in results
        if r.search.type == type
        and not r.search.by_id
        and (r.search.codes is None or wanted <= r.search.codes)
    ]
    if not serving:
        return Coverage(whole=False, asked=False)
    if any(r.complete(since) for r in serving):
        return Coverage(whole=True)
    failed = tuple(r.search.key for r in serving if r.answered is not Answered.PART)
    return Coverage(whole=False, failed=failed or tuple(r.search.key for r in serving))
