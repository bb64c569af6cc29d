"""Watches the whole suite: what is logged of patients and tokens, and what is empty in answers.

Every log line of this process is read, by structlog or by ``logging``; every JSON
answer of an application is walked. ``tests/conftest.py`` lets a test fail for either.
"""

import json
import logging
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import structlog
from flask import Flask, Response, request, request_finished

from tests.support.card_rules import nothing_empty

FIXTURES = Path(__file__).parents[2] / "fixtures"
PLANTED = ("canary-zq", "amy-17", "Jane", "Practitioner/7", "84.0613")
"""What tests put into requests to find again: text, ids, names and a number."""
TOKEN = re.compile(r"eyJ[\w-]{6,}|bearer\s+\S", re.IGNORECASE)
IDENTIFYING = ("name", "identifier", "telecom", "address", "birthDate")


@cache
def canaries() -> frozenset[str]:
    """Everything that identifies a patient of the fixtures, and what tests plant."""
    found = set(PLANTED)
    for path in FIXTURES.rglob("*.json"):
        for patient in _patients(json.loads(path.read_bytes())):
            found.add(patient["id"])
            found.update(text for key in IDENTIFYING for text in _texts(patient.get(key)))
    return frozenset(text for text in found if len(text) > 3)


def _patients(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if node.get("resourceType") == "Patient":
            yield node
        node = list(node.values())
    if isinstance(node, list):
        for item in node:
            yield from _patients(item)


def _texts(node: Any) -> Iterator[str]:
    """What a person would be known by: no codes, no systems, no uses."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, list):
        for item in node:
            yield from _texts(item)
    elif isinstance(node, dict):
        for key in ("text", "family", "given", "value", "line", "city"):
            yield from _texts(node.get(key))


def leaks(lines: list[str]) -> list[str]:
    """The lines that hold anything of a patient, or a token."""
    known = [text.lower() for text in canaries()]
    return [
        line for line in lines if TOKEN.search(line) or any(text in line.lower() for text in known)
    ]


class Watch(logging.Handler):
    """Collects log lines and empty members of answers, from when it is installed."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.empty: list[str] = []

    def install(self) -> None:
        """Listens in on both kinds of log, and on every application."""
        watch = self
        written = structlog.WriteLogger

        class Watched(written):  # type: ignore[valid-type, misc]
            def __init__(self, file: Any = None) -> None:
                super().__init__(file)
                write = self._write
                self._write = lambda text: (watch.lines.append(text), write(text))[1]

        structlog.WriteLogger = Watched  # type: ignore[misc]
        logging.getLogger().addHandler(self)
        request_finished.connect(self.answered)

    def emit(self, record: logging.LogRecord) -> None:
        """Takes a record of ``logging``; the test server's own request lines are not ours."""
        if record.name != "werkzeug":
            self.lines.append(self.format(record))

    def answered(self, _app: Flask, response: Response, **_more: Any) -> None:
        """Walks an answer; the empty ones that the specification allows are no fault."""
        if response.mimetype == "application/json" and response.get_data():
            place = f"{request.method} {request.path}"
            body = orjson.loads(response.get_data())
            self.empty += [f"{place}: {fault}" for fault in nothing_empty(body, "$")]

    def taken(self) -> tuple[list[str], list[str]]:
        """What was collected since the last time."""
        lines, self.lines = self.lines, []
        empty, self.empty = self.empty, []
        return lines, empty
