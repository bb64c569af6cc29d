"""The feedback endpoint: what it takes, what it refuses, and a store that is down."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cdshooks.feedback import Store
from cdshooks.feedback.tables import feedback
from cdshooks.settings import Settings
from tests.support.stores import rows

PATH = "/cds-services/als-chart-review/feedback"
DISMISSED = {"card": "c-1", "outcome": "overridden", "outcomeTimestamp": "2026-06-01T09:30:00Z"}
NOBODY = "postgresql://cds@127.0.0.1:1/cds"
KEY = "a secret of thirty-two characters"


def post(client: FlaskClient, *entries: Any, path: str = PATH) -> TestResponse:
    return client.post(path, json={"feedback": list(entries)})


@pytest.fixture
def kept(app: Flask) -> Callable[[], list[dict[str, Any]]]:
    store: Store = app.extensions["memory"].store
    return lambda: rows(store, feedback)


@pytest.mark.req("FB-1", "FB-9")
@pytest.mark.parametrize("path", [PATH, "/cds-services//als-chart-review/feedback", f"{PATH}/"])
def test_feedback_is_written_before_it_is_answered(
    client: FlaskClient, kept: Callable[[], list[dict[str, Any]]], path: str
) -> None:
    reply = post(client, DISMISSED, path=path)
    assert (reply.status_code, reply.data) == (200, b"")
    assert reply.headers["Cache-Control"] == "no-store"
    [row] = kept()
    assert (row["card"], row["service"], row["known"]) == ("c-1", "als-chart-review", False)


@pytest.mark.req("FB-8")
def test_the_same_feedback_twice_is_one(
    client: FlaskClient, kept: Callable[[], list[dict[str, Any]]]
) -> None:
    accepted = DISMISSED | {"outcome": "accepted", "acceptedSuggestions": [{"id": "s"}]}
    assert post(client, DISMISSED, accepted, DISMISSED).status_code == 200
    assert post(client, DISMISSED, accepted).status_code == 200
    assert len(kept()) == 2


@pytest.mark.req("FB-2", "ERR-2")
def test_one_wrong_entry_refuses_the_whole_body(
    client: FlaskClient, kept: Callable[[], list[dict[str, Any]]]
) -> None:
    reply = post(client, DISMISSED, DISMISSED | {"outcome": "ignored"})
    assert reply.status_code == 400
    assert reply.json is not None
    [issue] = reply.json["issue"]
    assert issue["expression"] == ["feedback[1].outcome"]
    assert "accepted or overridden" in issue["diagnostics"]
    assert kept() == []


def test_feedback_to_an_unknown_service_is_not_found(client: FlaskClient) -> None:
    assert post(client, DISMISSED, path="/cds-services/secret/feedback").status_code == 404


def test_other_methods_and_media_types_are_refused(client: FlaskClient) -> None:
    assert client.get(PATH).status_code == 405
    assert client.post(PATH, data="card=c-1").status_code == 415


def test_comments_are_not_kept_unless_there_is_a_key(
    client: FlaskClient, kept: Callable[[], list[dict[str, Any]]]
) -> None:
    said = {"reason": {"code": "c"}, "userComment": "Mrs Doe"}
    post(client, DISMISSED | {"overrideReason": said})
    assert [row["comment"] for row in kept()] == [None]


def test_a_comment_is_kept_under_the_key_of_the_site(app_with: Callable[..., Flask]) -> None:
    from cryptography.fernet import Fernet

    key = Fernet.generate_key()
    app = app_with(comment_key=key.decode())
    post(app.test_client(), DISMISSED | {"overrideReason": {"userComment": "Mrs Doe"}})
    [row] = rows(app.extensions["memory"].store, feedback)
    assert b"Doe" not in row["comment"]
    assert Fernet(key).decrypt(row["comment"]) == b"Mrs Doe"


def test_without_its_store_feedback_is_to_come_again(
    app_with: Callable[..., Flask], patient_view: dict[str, Any]
) -> None:
    client = app_with(database_url=NOBODY, hash_key=KEY).test_client()
    reply = post(client, DISMISSED)
    assert reply.status_code == 503
    assert int(reply.headers["Retry-After"]) > 0
    assert reply.json is not None
    assert reply.json["issue"][0]["code"] == "transient"
    assert "127.0.0.1" not in reply.text


def test_without_its_store_cards_go_out_and_readiness_says_so(
    app_with: Callable[..., Flask], patient_view: dict[str, Any]
) -> None:
    app = app_with(database_url=NOBODY, hash_key=KEY)
    client = app.test_client()
    assert client.post("/cds-services/als-chart-review", json=patient_view).json == {
        "cards": [{"summary": "one"}]
    }
    app.extensions["memory"].recorder.drain()
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json == {"status": "degraded", "store": "unavailable", "callsNotRecorded": 1}
    assert client.get("/healthz").json == {"status": "ok"}


def test_a_service_that_must_know_its_clients_is_not_ready_without_its_store(
    app_with: Callable[..., Flask],
) -> None:
    required = {"auth": "required", "public_url": "https://cds.example.org"}
    app = app_with(database_url=NOBODY, hash_key=KEY, **required)
    ready = app.test_client().get("/readyz")
    assert (ready.status_code, ready.json) == (
        503,
        {"status": "not ready", "store": "unavailable"},
    )
    assert "Retry-After" in ready.headers


def test_postgresql_needs_a_key_of_the_site(app_with: Callable[..., Flask]) -> None:
    from cdshooks.errors import SettingsInvalid

    with pytest.raises(SettingsInvalid, match="CDSHOOKS_HASH_KEY"):
        app_with(database_url=NOBODY)


def test_what_is_no_database_is_refused_at_start(
    app_with: Callable[..., Flask], tmp_path: Any
) -> None:
    from cdshooks.errors import SettingsInvalid

    (tmp_path / "store.db").write_bytes(b"something else, for long enough to be read" * 100)
    with pytest.raises(SettingsInvalid, match="cannot be used as a database"):
        app_with(database_url=f"sqlite:///{tmp_path}/store.db")


def test_without_a_setting_the_store_is_in_the_data_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from cdshooks.settings import DemoSettings

    monkeypatch.delenv("CDSHOOKS_DATABASE_URL")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert Settings().store_url == "sqlite:////data/cdshooks/store.db"
    assert DemoSettings().store_url == "sqlite:////data/cdshooks/demo.db"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", "/home/anna")
    assert Settings().store_url == "sqlite:////home/anna/.local/share/cdshooks/store.db"
