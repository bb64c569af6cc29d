"""What came back for each search: all of it, a part, nothing, a failure, or silence.

These differ for a patient: an empty answer proves absence, a failed one proves
nothing. An absence is claimed only where the search was read to its end.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, tzinfo
from enum import Enum
from typing import Any

from cdshooks.chart.searches import Search
from cdshooks.fhir.dates import choice, when
from cdshooks.fhir.elements import Json, obj, objects
from cdshooks.knowledge import Code


class Answered(Enum):
    """How a search was answered."""

    WHOLE = "read to its end"
    PART = "more pages exist that were not read"
    FAILED = "an error instead of an answer"
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


def read_result(search: Search, prefetch: Mapping[str, Any], zone: tzinfo) -> Result:
    """The answer to one search, whatever a client made of it."""
    if search.key not in prefetch:
        return Result(search, Answered.SILENT)
    value = prefetch[search.key]
    if value is None:
        answered = Answered.FAILED if search.type == "Patient" else Answered.WHOLE
        return Result(search, answered)
    body = obj(value)
    if body.get("resourceType") == "Bundle":
        return _bundle(search, body, zone)
    if body.get("resourceType") == search.type:
        return Result(search, Answered.WHOLE, (body,))
    return Result(search, Answered.FAILED)


def _bundle(search: Search, bundle: Json, zone: tzinfo) -> Result:
    resources = tuple(_resources(bundle))
    if any(_is_error(resource) for resource in resources):
        usable = tuple(r for r in resources if r.get("resourceType") != "OperationOutcome")
        return Result(search, Answered.FAILED, usable)
    matches = [r for r in resources if r.get("resourceType") == search.type]
    total = bundle.get("total")
    more = any(link.get("relation") == "next" for link in objects(bundle.get("link")))
    if not more and isinstance(total, int) and not isinstance(total, bool):
        more = total > len(matches)
    if search.type == "Patient" and not matches:
        return Result(search, Answered.FAILED)
    if not more:
        return Result(search, Answered.WHOLE, resources)
    oldest = _day(matches[-1], zone) if matches else None
    return Result(search, Answered.PART, resources, oldest)


def _resources(bundle: Json) -> Iterator[Json]:
    for entry in objects(bundle.get("entry")):
        resource = entry.get("resource")
        if isinstance(resource, dict):
            yield resource


def _is_error(resource: Json) -> bool:
    """An OperationOutcome that reports an error; warnings and hints are no failure."""
    return resource.get("resourceType") == "OperationOutcome" and any(
        issue.get("severity") in ("error", "fatal") for issue in objects(resource.get("issue"))
    )


def _day(resource: Json, zone: tzinfo) -> date | None:
    for stem in ("effective", "performed"):
        start, end = choice(resource, stem, zone)
        moment = end or start
        if moment:
            return moment.day
    start, _ = choice({"xPeriod": resource.get("period")}, "x", zone)
    moment = start or when(resource.get("issued"), zone)
    return moment.day if moment else None


def coverage(
    results: Iterable[Result], type: str, codes: Iterable[Code], since: date | None
) -> Coverage:
    """Whether everything of this type and these codes since a day was read."""
    wanted = tuple(codes)
    serving = [
        r
        for r in results
        if r.search.type == type
        and (r.search.codes is None or all(code in r.search.codes for code in wanted))
    ]
    if not serving:
        return Coverage(whole=False, asked=False)
    if any(r.complete(since) for r in serving):
        return Coverage(whole=True)
    failed = tuple(r.search.key for r in serving if r.answered is not Answered.PART)
    return Coverage(whole=False, failed=failed or tuple(r.search.key for r in serving))
