"""Traces of calls by OpenTelemetry: the call, its stages, and each read of a FHIR server.

A trace is made once the call is over, from times that are taken anyway, so that a call
without traces does nothing for them. Attributes have closed lists of values, except the
request id, which is in the log too; nothing of a patient, a token or an address.
"""

from collections.abc import Callable
from functools import cache
from time import perf_counter, time_ns
from typing import TYPE_CHECKING

import structlog
from flask import Flask, Response, request

from cdshooks import __version__
from cdshooks.errors import SettingsInvalid
from cdshooks.http.exchange import Exchange, exchange
from cdshooks.http.metrics import CALL, outcome_of

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

_PARENT = "traceparent"
_NEEDED = (
    "CDSHOOKS_TRACING: expected false, or the extra to be installed: "
    "pip install 'cdshooks[tracing]'"
)


def install(app: Flask, tracer: "Callable[[], Tracer] | None" = None) -> None:
    """Has every call traced once it is answered.

    tracer: by default one that sends to where the variables of OpenTelemetry say. Raises
    SettingsInvalid where the extra is missing.
    """
    try:
        import opentelemetry.exporter.otlp.proto.http.trace_exporter
        import opentelemetry.sdk.trace.export  # noqa: F401 - before processes are forked
    except ImportError:
        raise SettingsInvalid(_NEEDED) from None
    tracer = tracer or _exporting

    @app.after_request
    def trace(response: Response) -> Response:
        try:
            if request.method == "POST" and request.url_rule and request.url_rule.rule == CALL:
                _trace(tracer(), exchange(), response.status_code)
        except Exception as mistake:  # no answer goes missing for a mistake in tracing it
            structlog.get_logger().error("tracing failed", error=type(mistake).__name__)
        return response


@cache
def _exporting() -> "Tracer":
    """Made by the process that answers: its thread would not come along when it is forked."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = Resource.create({"service.name": "cdshooks", "service.version": __version__})
    provider = TracerProvider(resource=named)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider.get_tracer("cdshooks", __version__)


def _trace(tracer: "Tracer", current: Exchange, status: int) -> None:
    from opentelemetry.trace import SpanKind, StatusCode, set_span_in_context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    # Its tracestate is left out: free text of the client would come along.
    sent = {_PARENT: request.headers.get(_PARENT, "")}
    now = _Clock()
    root = tracer.start_span(
        f"POST {CALL}",
        context=TraceContextTextMapPropagator().extract(sent),
        kind=SpanKind.SERVER,
        start_time=now.at(current.started),
    )
    root.set_attributes({k: v for k, v in _told(current, status).items() if v is not None})
    if status >= 500:
        root.set_status(StatusCode.ERROR)
    if root.is_recording():
        within = set_span_in_context(root)
        for name, begun, seconds in current.course.stages:
            stage = tracer.start_span(name, within, start_time=now.at(begun))
            if name == "fetch":
                _trace_reads(tracer, current, stage, now)
            stage.end(now.at(begun + seconds))
    root.end(now.at(current.started + current.timings["total"] / 1000))


def _trace_reads(tracer: "Tracer", current: Exchange, stage: "Span", now: "_Clock") -> None:
    from opentelemetry.trace import SpanKind, set_span_in_context

    for read in current.course.reads:
        # What was never on its way has no begin.
        if read.started:
            span = tracer.start_span(
                f"GET {read.type}",
                set_span_in_context(stage),
                kind=SpanKind.CLIENT,
                attributes={"cdshooks.fhir.type": read.type, "cdshooks.outcome": read.kind},
                start_time=now.at(read.started),
            )
            span.end(now.at(read.started + read.seconds))


def _told(current: Exchange, status: int) -> dict[str, str | int | None]:
    return {
        "http.request.method": "POST",
        "http.route": CALL,
        "http.response.status_code": status,
        # Of a service that a client made up, nothing is told.
        "cdshooks.service": current.service,
        "cdshooks.hook": current.hook,
        "cdshooks.outcome": outcome_of(status, current),
        "cdshooks.knowledge": current.knowledge,
        "cdshooks.request_id": current.id,
    }


class _Clock:
    """Tells the time of day, in nanoseconds, of a moment of ``time.perf_counter``."""

    def __init__(self) -> None:
        self._offset = time_ns() - int(perf_counter() * 1e9)

    def at(self, moment: float) -> int:
        return self._offset + int(moment * 1e9)
