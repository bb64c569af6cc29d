"""An application around a tiny site, without the knowledge files of the package."""

import os
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import UTC, datetime
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from cdshooks.app import build
from cdshooks.knowledge import Base, Knowledge, Systems, base
from cdshooks.services import answer
from cdshooks.services.answer import Answer, Site
from cdshooks.settings import DemoSettings, Settings

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PATIENT_VIEW: dict[str, Any] = {
    "hook": "patient-view",
    "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
    "context": {"userId": "Practitioner/7", "patientId": "amy-17"},
}


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CDSHOOKS_")]:
        monkeypatch.delenv(name)
    # In memory: no test sees what another left behind.
    monkeypatch.setenv("CDSHOOKS_DATABASE_URL", "sqlite://")


@pytest.fixture
def site() -> Site:
    # Every table of the knowledge is empty: what the services say is not tested here.
    empty = Base(Systems({}, {}), *({} for _ in fields(Base)[1:]))
    knowledge = Knowledge(empty, ("default",), base().parameters)
    return Site(knowledge, UTC, "http://cds.example.org")


@pytest.fixture(autouse=True)
def answers(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Every call that got as far as the services, which answer with one bare card."""
    calls: list[tuple[Any, ...]] = []

    def answered(*call: Any, **_terms: Any) -> Answer:
        calls.append(call)
        return Answer({"cards": [{"summary": "one"}]}, {"index": 1.0, "rules": 2.0, "cards": 3.0})

    templates = {"patient": "Patient/{{context.patientId}}", "conditions": "Condition?patient=1"}
    monkeypatch.setattr(answer, "answer", answered)
    monkeypatch.setattr(
        answer,
        "prefetch_templates",
        lambda service, _site: templates if service.hook == "patient-view" else {},
    )
    return calls


@pytest.fixture
def app_with(site: Site) -> Callable[..., Flask]:
    """Builds the application with some settings changed."""

    def made(cls: type[Settings] = Settings, **changed: Any) -> Flask:
        return build(site, cls(**{"auth": "off", **changed}), lambda: NOW)

    return made


@pytest.fixture
def app(app_with: Callable[..., Flask]) -> Flask:
    return app_with()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def demo(app_with: Callable[..., Flask]) -> FlaskClient:
    return app_with(DemoSettings).test_client()


@pytest.fixture
def patient_view() -> dict[str, Any]:
    return {**PATIENT_VIEW, "context": dict(PATIENT_VIEW["context"])}


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    """The application on a real socket."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
