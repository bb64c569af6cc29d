"""Requests of the workbench to the service's own endpoints: the same way in as an EHR's."""

import contextvars
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from flask import current_app
from werkzeug.test import Client

from cdshooks.fhir.elements import Json, obj

ORJSON = orjson.OPT_INDENT_2


@dataclass(frozen=True, slots=True)
class Sent:
    """A request and its answer. milliseconds: of the service, by its own Server-Timing."""

    what: str
    url: str
    request: Json
    status: int
    answer: Json | None
    milliseconds: str = ""

    @property
    def ok(self) -> bool:
        """Whether the service did what was asked."""
        return self.status == 200

    @property
    def request_text(self) -> str:
        """The request's body, indented."""
        return orjson.dumps(self.request, option=ORJSON).decode()

    @property
    def answer_text(self) -> str:
        """The response's body, indented; it can be empty."""
        return orjson.dumps(self.answer, option=ORJSON).decode() if self.answer else "(empty)"

    @property
    def curl(self) -> str:
        """The command that sends the same; the body comes between this and ``END``."""
        return f"curl -s -H 'Content-Type: application/json' --data-binary @- '{self.url}'"


def send(what: str, path: str, body: Json, public_url: str) -> Sent:
    """POSTs to an endpoint of this very application and waits for the answer."""
    client = Client(current_app.wsgi_app)
    # In a context of its own: the inner request must not end what the outer one logs under.
    context = contextvars.copy_context()
    answered = context.run(
        client.post, path, data=orjson.dumps(body), content_type="application/json"
    )
    timing = answered.headers.get("Server-Timing", "").rpartition("total;dur=")[2]
    return Sent(what, public_url + path, body, answered.status_code, _body(answered), timing)


def _body(answered: Any) -> Json | None:
    text = answered.get_data()
    return obj(orjson.loads(text)) if text else None


def feedback(card: str, outcome: str, at: datetime, **members: Any) -> Json:
    """The body of feedback on one card; members: what its outcome asks for beside it."""
    one = {"card": card, "outcome": outcome, **members, "outcomeTimestamp": at.isoformat()}
    return {"feedback": [one]}
