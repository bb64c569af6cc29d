"""More calls than places: some wait their turn, the rest are told at once to come back."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from cdshooks.errors import Overloaded
from cdshooks.http.places import Places, threads_for
from cdshooks.services import answer
from cdshooks.services.answer import Answer
from tests.http.conftest import PATIENT_VIEW

REVIEW = "/cds-services/als-chart-review"


class Slow:
    """A service that answers when it is let go; ``begun`` counts who got that far."""

    def __init__(self) -> None:
        self.begun, self.go = Event(), Event()

    def __call__(self, *_call: Any, **_terms: Any) -> Answer:
        self.begun.set()
        assert self.go.wait(10)
        return Answer({"cards": []})


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    made = Slow()
    monkeypatch.setattr(answer, "answer", made)
    yield made
    made.go.set()


def call(app: Flask) -> TestResponse:
    return app.test_client().post(REVIEW, json=PATIENT_VIEW)


@pytest.mark.req("ERR-2", "ERR-3")
def test_a_call_that_waited_too_long_is_told_to_come_back(
    app_with: Callable[..., Flask], slow: Slow
) -> None:
    app = app_with(max_calls=1, deadline_ms=1)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(call, app)
        assert slow.begun.wait(10)
        refused = call(app)
        assert app.test_client().get("/healthz").status_code == 200
        assert app.test_client().get("/cds-services").status_code == 200
        slow.go.set()
        assert first.result().status_code == 200
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "5"
    assert refused.get_json()["issue"][0]["code"] == "throttled"
    assert call(app).status_code == 200


def test_one_call_works_one_waits_and_the_third_is_refused_at_once() -> None:
    places = Places(calls=1, wait_s=10)

    def wait() -> bool:
        with places.one():
            return True

    with ThreadPoolExecutor() as pool:
        with places.one():
            second = pool.submit(wait)
            while places._inside._value:  # until the second waits
                assert not second.done()
            with pytest.raises(Overloaded), places.one():
                pass
            assert not second.done()
        assert second.result(timeout=10)


def test_a_place_comes_free_after_a_failure() -> None:
    places = Places(calls=1, wait_s=0)
    for _ in range(5):
        with pytest.raises(ValueError, match="wrong"), places.one():
            raise ValueError("wrong")
    with places.one(), pytest.raises(Overloaded), places.one():
        pass


def test_who_waits_for_a_server_leaves_the_place_to_others_and_gets_it_back() -> None:
    places = Places(calls=1, wait_s=0)
    with places.one():
        with places.left() as may:
            assert may
            with places.one(), pytest.raises(Overloaded), places.one():
                pass
        with pytest.raises(Overloaded), places.one():
            pass
    with places.one():
        pass


def test_more_may_not_wait_for_servers_than_work_and_they_keep_their_place() -> None:
    places = Places(calls=1, wait_s=0)
    with places.one(), places.left() as first:
        with places.one(), places.left() as second:
            assert (first, second) == (True, False)
            with pytest.raises(Overloaded), places.one():
                pass
        with places.one():
            pass


def test_there_are_threads_for_those_who_work_those_who_wait_and_others() -> None:
    assert threads_for(16) > 3 * 16
