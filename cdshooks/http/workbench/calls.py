"""Requests of the workbench to the service's own endpoints: the same way in as an EHR's."""

import contextvars
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any
from uuid import uuid4

import orjson
from flask import current_app
from werkzeug.test import Client

from cdshooks.fhir.elements import Json, obj

AT_MOST = 100
"""Requests that are kept."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request and its answer. milliseconds: of the service, by its own Server-Timing."""

    what: str
    url: str
    request: Json
    status: int
    answer: Json | None
    milliseconds: str = ""
    id: str = field(default_factory=lambda: uuid4().hex)

    @property
    def ok(self) -> bool:
        """Whether the service did what was asked."""
        return self.status == 200


class Kept:
    """The last requests of the workbench, to be looked at; gone with the process."""

    def __init__(self) -> None:
        self._sent: OrderedDict[str, Sent] = OrderedDict()
        self._lock = Lock()

    def keep(self, sent: Sent) -> Sent:
        """The same, findable by its id until enough others came."""
        with self._lock:
            self._sent[sent.id] = sent
            while len(self._sent) > AT_MOST:
                self._sent.popitem(last=False)
        return sent

    def find(self, id: str) -> Sent | None:
        """A request that was kept."""
        with self._lock:
            return self._sent.get(id)


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
