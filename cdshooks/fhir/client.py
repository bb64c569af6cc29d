"""Reading one FHIR server for one call: in parallel, before one moment, nowhere else.

Whatever goes wrong is "not available" with a reason for the log, never an error.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urljoin

from cdshooks.errors import CdsHooksError
from cdshooks.fhir.access import Access
from cdshooks.fhir.elements import Json, objects, values
from cdshooks.fhir.parse import parse
from cdshooks.security.addresses import Refused, origin
from cdshooks.security.outbound import Outbound, Unreachable

PARALLEL = 8
"""Searches on their way at one time."""
MAX_PAGES = 6
"""Pages of one search, the first included."""
MAX_BYTES = 5 * 1024 * 1024
"""Of one page."""
ACCEPT = "application/fhir+json, application/json;q=0.9"
_STATUSES = {4: "client_error", 5: "server_error"}
_MEDIA = ("application/fhir+json", "application/json", "application/json+fhir")


@dataclass(frozen=True, slots=True)
class Query:
    """A read (``Type/id``) or search (``Type?…``) relative to the server's base.

    page: a first page that is here already; what follows it is read if it says where
    on the same server, and else the whole.
    """

    type: str
    path: str = field(repr=False)
    page: Json | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A resource or searchset, or None and why there is none, without a word of the answer.

    tried: False when the token is not meant for it, so that nobody was asked.
    kind: one of KINDS. started: on the clock of ``time.perf_counter``.
    """

    value: Json | None = field(repr=False)
    why: str = ""
    tried: bool = True
    kind: str = "read"
    started: float = 0.0
    seconds: float = 0.0


KINDS = (
    "read",
    "client_error",
    "server_error",
    "unusable",
    "unreachable",
    "late",
    "busy",
    "out_of_scope",
    "failed",
)
"""What can come of a read, in the words by which it is counted."""
LATE = Fetched(None, "no answer in time", kind="late")
BUSY = Fetched(None, "too many calls wait for a FHIR server", kind="busy")


@dataclass(frozen=True, slots=True)
class Read:
    """That something was read, and nothing of what: the type, what came of it, how long it took."""

    type: str
    kind: str
    started: float
    seconds: float


Away = Callable[[], AbstractContextManager[bool]]
"""A block in which a call only waits; False inside it where it must not."""


def anywhere() -> AbstractContextManager[bool]:
    """Waits where it stands, keeping whatever it has."""
    return nullcontext(True)


class Client:
    """One call's way to one server, to be used in a ``with``; it keeps nothing afterwards."""

    def __init__(
        self, outbound: Outbound, access: Access, seconds: float, away: Away = anywhere
    ) -> None:
        """``seconds``: after this nothing is waited for any more; ``away``: where it waits."""
        self.base = access.base
        self._outbound = outbound
        self._access = access
        self._away = away
        most = seconds if access.expires_in is None else min(seconds, access.expires_in)
        self._end = time.monotonic() + most
        self._pool = ThreadPoolExecutor(PARALLEL, thread_name_prefix="fhir")
        self.notes = list(access.notes)
        self.reads: list[Read] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # What still runs ends by itself: every read has the same end.
        self._pool.shutdown(wait=False, cancel_futures=True)

    def read(self, queries: Sequence[Query]) -> tuple[Fetched, ...]:
        """The answer to each query, in their order; never raises."""
        if not queries:
            return ()
        with self._away() as may:
            found = self._read(queries) if may else (BUSY,) * len(queries)
        pairs = tuple(zip(queries, found, strict=True))
        self.notes += [f"{q.type}: {f.why}" for q, f in pairs if f.why]
        self.reads += [Read(q.type, f.kind, f.started, f.seconds) for q, f in pairs]
        return found

    def _read(self, queries: Sequence[Query]) -> tuple[Fetched, ...]:
        started = time.perf_counter()
        futures = [self._pool.submit(self._timed, query) for query in queries]
        wait(futures, timeout=max(0.0, self._left()))
        return tuple(_result(future, started) for future in futures)

    def _left(self) -> float:
        return self._end - time.monotonic()

    def _timed(self, query: Query) -> Fetched:
        started = time.perf_counter()
        found = self._fetched(query)
        return replace(found, started=started, seconds=time.perf_counter() - started)

    def _fetched(self, query: Query) -> Fetched:
        if not self._access.allows(query.type, query.path):
            why = "outside the scope of the token"
            return Fetched(None, why, tried=False, kind="out_of_scope")
        try:
            if query.page is not None and self._next(query.page):
                return Fetched(self._followed(query.page))
            body = self._get(f"{self.base}/{query.path}")
            if "?" not in query.path:
                return Fetched(_resource(body, query))
            return Fetched(self._followed(_searchset(body)))
        except CdsHooksError as problem:
            # What is cut short by the deadline looks like any broken connection.
            late = self._left() <= 0
            return Fetched(None, str(problem), kind="late" if late else _kind(problem))

    def _followed(self, first: Json) -> Json:
        """A search with its further pages, as far as they can be read; if not, it says so."""
        pages, seen = [first], set[str]()
        while (url := self._next(pages[-1])) and url not in seen and len(pages) < MAX_PAGES:
            seen.add(url)
            try:
                pages.append(_searchset(self._get(url)))
            except CdsHooksError:
                break
        return _merged(pages)

    def _next(self, page: Json) -> str | None:
        """The following page, if it is on the same server: the token goes nowhere else."""
        links = (link.get("url") for link in objects(page.get("link")) if _leads_on(link))
        url = next(links, None)
        if not isinstance(url, str):
            return None
        try:
            url = urljoin(f"{self.base}/", url)
            return url if origin(url) == origin(self.base) else None
        except (Refused, ValueError):
            return None

    def _get(self, url: str) -> Json:
        """The JSON object at ``url``; raises Unreachable or Refused for everything else."""
        if self._left() <= 0:
            raise Unreachable(LATE.why)
        headers = {"Accept": ACCEPT}
        if self._access.token is not None:
            headers["Authorization"] = f"Bearer {self._access.token}"
        reply = self._outbound.get(
            url, headers=headers, timeout_s=self._left(), max_bytes=MAX_BYTES
        )
        if reply.status != 200:
            raise Unreachable(
                f"status {reply.status}", _STATUSES.get(reply.status // 100, "unusable")
            )
        if reply.content_type not in _MEDIA:
            raise Unreachable("the answer is not FHIR in JSON")
        return _object(reply.body)


def _kind(problem: CdsHooksError) -> str:
    """How a read is counted that ended so; an address that may not be called is not reached."""
    return problem.kind if isinstance(problem, Unreachable) else "unreachable"


def _result(future: "Future[Fetched]", started: float) -> Fetched:
    """What came of a query; a server's answer that our own code chokes on is no answer."""
    if not future.done():
        return replace(LATE, started=started, seconds=time.perf_counter() - started)
    problem = future.exception()
    if problem:
        return Fetched(None, type(problem).__name__, kind="failed", started=started)
    return future.result()


def _object(text: bytes) -> Json:
    try:
        body = parse(text)
    except ValueError:
        raise Unreachable("the answer is not JSON") from None
    if not isinstance(body, dict):
        raise Unreachable("the answer is no resource")
    return body


def _resource(body: Json, query: Query) -> Json:
    """The very resource that was asked for."""
    id = unquote(query.path.partition("/")[2])
    if body.get("resourceType") != query.type or body.get("id") != id:
        raise Unreachable("the answer is another resource")
    return body


def _searchset(body: Json) -> Json:
    if body.get("resourceType") != "Bundle" or body.get("type") != "searchset":
        raise Unreachable("the answer is no searchset")
    return body


def _leads_on(link: Json) -> bool:
    return link.get("relation") == "next"


def _merged(pages: Sequence[Json]) -> Json:
    """One Bundle of all pages; a link to a further page stays if that was not read."""
    if len(pages) == 1:
        return pages[0]
    entries: list[Any] = [entry for page in pages for entry in values(page.get("entry"))]
    links = list(objects(pages[-1].get("link")))
    return {**pages[0], "entry": entries, "link": links}
