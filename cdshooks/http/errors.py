"""Every error as an OperationOutcome: what was expected and where, never a value."""

import traceback
from pathlib import Path
from typing import Any

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from cdshooks.errors import (
    Overloaded,
    PrefetchUnavailable,
    RequestInvalid,
    RequestTooLarge,
    ServiceUnknown,
    StoreUnavailable,
)
from cdshooks.http.exchange import exchange
from cdshooks.http.reply import json_reply

# FHIR's issue type and our own words by status: the words of frameworks may quote a request.
_SAYS = {
    400: ("structure", "the request cannot be read"),
    404: ("not-found", "nothing is offered here; GET /cds-services lists the services"),
    405: (
        "not-supported",
        "this address does not take this method; see the Allow header",
    ),
    411: ("required", "expected a Content-Length header or a chunked body"),
    413: ("too-long", "the body is larger than this service accepts"),
    415: (
        "not-supported",
        "expected application/json in UTF-8 without content encoding",
    ),
    503: ("throttled", "too many calls at once; try again"),
}
RETRY_AFTER_S = 5
_OTHER = ("processing", "the request cannot be served")


def operation_outcome(
    code: str, diagnostics: str, *, expression: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A FHIR OperationOutcome of one error; ``expression`` are the paths it is about."""
    issue: dict[str, Any] = {
        "severity": "error",
        "code": code,
        "diagnostics": diagnostics,
    }
    if expression:
        issue["expression"] = list(expression)
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def install(app: Flask) -> None:
    """Answers this project's errors, the framework's and the unexpected in one form."""
    app.register_error_handler(RequestInvalid, _invalid)
    app.register_error_handler(RequestTooLarge, _too_large)
    app.register_error_handler(Overloaded, _overloaded)
    app.register_error_handler(ServiceUnknown, _unknown)
    app.register_error_handler(PrefetchUnavailable, _unavailable)
    app.register_error_handler(StoreUnavailable, _store_down)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _invalid(error: RequestInvalid) -> Response:
    paths = () if error.where == "body" else (error.where,)
    return json_reply(operation_outcome(error.code, str(error), expression=paths), 400)


def _too_large(error: RequestTooLarge) -> Response:
    paths = () if error.where == "body" else (error.where,)
    return json_reply(operation_outcome("too-long", str(error), expression=paths), 413)


def _overloaded(_error: Overloaded) -> Response:
    exchange().refusal = "overload"
    reply = json_reply(operation_outcome(*_SAYS[503]), 503)
    reply.headers["Retry-After"] = str(RETRY_AFTER_S)
    return reply


def _unknown(_error: ServiceUnknown) -> Response:
    return json_reply(operation_outcome(*_SAYS[404]), 404)


def _unavailable(error: PrefetchUnavailable) -> Response:
    paths = tuple(f"prefetch.{key}" for key in error.keys)
    return json_reply(operation_outcome("required", str(error), expression=paths), 412)


def _store_down(_error: StoreUnavailable) -> Response:
    exchange().refusal = "store_down"
    reply = json_reply(operation_outcome("transient", "unavailable for now; try again"), 503)
    reply.headers["Retry-After"] = str(RETRY_AFTER_S)
    return reply


def _http(error: HTTPException) -> Response | HTTPException:
    status = error.code or 500
    if status < 400:
        return error
    reply = json_reply(operation_outcome(*_SAYS.get(status, _OTHER)), status)
    for name, value in error.get_headers():
        # Allow, Retry-After and their like belong to the status; the HTML body does not.
        if name.lower() != "content-type":
            reply.headers[name] = value
    return reply


def _unexpected(error: Exception) -> Response:
    current = exchange()
    current.failure = (type(error).__name__, _place(error))
    said = f"unexpected error; the operator finds it in the log by request id {current.id}"
    return json_reply(operation_outcome("exception", said), 500)


def _place(error: Exception) -> str:
    """File and line of the innermost frame; the message is left out, it may hold data."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown"
