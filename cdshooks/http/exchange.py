"""One HTTP exchange: its id, its stopwatch, the headers of every answer, its log line."""

import re
from dataclasses import dataclass, field
from time import perf_counter
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request

from cdshooks.feedback.model import Report
from cdshooks.services.answer import Answer, Course

_CLIENT_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_STAGES = ("parse", "index", "fetch", "rules", "cards", "total")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
_EXAMPLES = "/fhir/"
"""The example EHR of the demo, which one call asks for twenty things."""


@dataclass(slots=True)
class Exchange:
    """What becomes known while a call is answered; it changes, unlike other values here.

    timings: milliseconds by stage. service, hook: set once they are known to be ours.
    knowledge: the version of the knowledge that answers, of the installation or the caller.
    failure: class and place of an unexpected exception, never its message.
    refusal: why it was refused, where its status alone does not tell.
    course, answered, reports: what a call or feedback came to, to be counted.
    """

    id: str
    knowledge: str
    started: float = field(default_factory=perf_counter)
    timings: dict[str, float] = field(default_factory=dict)
    service: str | None = None
    hook: str | None = None
    failure: tuple[str, str] | None = None
    refusal: str | None = None
    course: Course = field(default_factory=Course)
    answered: Answer | None = None
    reports: tuple[Report, ...] = ()

    def elapsed(self) -> float:
        """Milliseconds since the request arrived."""
        return (perf_counter() - self.started) * 1000


def exchange() -> Exchange:
    """The exchange of the current request."""
    found = g.exchange
    assert isinstance(found, Exchange)
    return found


def install(app: Flask, knowledge_version: str) -> None:
    """Gives every request its exchange, every answer its headers, every call its line."""

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-Id", "")
        id = given if _CLIENT_ID.fullmatch(given) else uuid4().hex
        g.exchange = Exchange(id, knowledge_version)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.exchange.id)

    @app.after_request
    def finish(response: Response) -> Response:
        current = exchange()
        current.timings["total"] = current.elapsed()
        _add_headers(response, current)
        _log(response.status_code, current)
        return response


def _add_headers(response: Response, current: Exchange) -> None:
    response.headers["X-Knowledge-Version"] = current.knowledge
    response.headers["X-Request-Id"] = current.id
    response.headers["Server-Timing"] = ", ".join(
        f"{stage};dur={current.timings[stage]:.2f}" for stage in _STAGES if stage in current.timings
    )


def _log(status: int, current: Exchange) -> None:
    rule = request.url_rule
    line = {
        "method": request.method if request.method in _METHODS else "other",
        "route": rule.rule if rule else "none",
        "status": status,
        "service": current.service,
        "hook": current.hook,
        "ms": round(current.timings["total"], 2),
        "knowledge": current.knowledge,
    }
    if current.failure:
        line["error"], line["where"] = current.failure
    known = {key: value for key, value in line.items() if value is not None}
    logger = structlog.get_logger()
    if status >= 500:
        logger.error("call", **known)
    elif line["route"] in _PROBES or (status < 400 and str(line["route"]).startswith(_EXAMPLES)):
        logger.debug("call", **known)
    else:
        logger.info("call", **known)
