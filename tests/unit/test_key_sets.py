"""Keys of a key server: remembered for a time, asked for again when it makes sense."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Barrier, Event, Thread
from typing import Any

import pytest

from cdshooks.security import key_sets
from cdshooks.security.addresses import Refused
from cdshooks.security.key_sets import KeysUnavailable, Remote
from cdshooks.security.outbound import Outbound, Reply
from tests.support.tokens import ISSUER, JKU, KeyServer, reply, signer, web


@dataclass
class Timer:
    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def timer() -> Timer:
    return Timer()


@pytest.fixture
def server() -> KeyServer:
    made = KeyServer()
    made.publish(JKU, signer().jwk())
    return made


@pytest.fixture
def keys(server: KeyServer, timer: Timer) -> Remote:
    return Remote(ISSUER, JKU, server, timer)  # type: ignore[arg-type]


def test_the_times_are_those_that_operators_are_told() -> None:
    told = (key_sets.FRESH_S, key_sets.KEPT_S, key_sets.BETWEEN_S, key_sets.TIMEOUT_S)
    assert told == (600, 3600, 10, 2)
    assert key_sets.MAX_BYTES == 262_144


def test_an_answer_is_used_until_it_is_no_longer_fresh(
    keys: Remote, server: KeyServer, timer: Timer
) -> None:
    for _ in range(3):
        assert keys.find("one") is not None
        timer.seconds += key_sets.FRESH_S / 3 - 1
    assert len(server.asked) == 1
    timer.seconds += 3
    assert keys.find("one") is not None
    assert len(server.asked) == 2


def test_a_withdrawn_key_is_forgotten_once_the_answer_is_no_longer_fresh(
    keys: Remote, server: KeyServer, timer: Timer
) -> None:
    keys.find("one")
    server.publish(JKU, signer(kid="two").jwk())
    timer.seconds += key_sets.FRESH_S
    assert keys.find("one") is None


@pytest.mark.req("SEC-8")
def test_an_unknown_name_asks_again_but_not_often(
    keys: Remote, server: KeyServer, timer: Timer
) -> None:
    keys.find("one")
    server.publish(JKU, signer().jwk(), signer(kid="two").jwk())
    for _ in range(50):
        assert keys.find("two") is None
    assert len(server.asked) == 1
    timer.seconds += key_sets.BETWEEN_S
    assert keys.find("two") is not None
    for name in ("three", "four", "five"):
        assert keys.find(name) is None
    assert len(server.asked) == 2


def test_keys_outlive_a_key_server_for_a_bounded_time(
    keys: Remote, server: KeyServer, timer: Timer
) -> None:
    keys.find("one")
    server.fail(JKU)
    timer.seconds += key_sets.KEPT_S - 1
    assert keys.find("one") is not None
    timer.seconds += 1
    with pytest.raises(KeysUnavailable):
        keys.find("one")
    server.publish(JKU, signer().jwk())
    timer.seconds += key_sets.BETWEEN_S
    assert keys.find("one") is not None


@pytest.mark.parametrize(
    "answer",
    [
        None,
        Refused("expected an https address"),
        reply({"keys": [signer().jwk()]}, status=500),
        reply({"keys": [signer().jwk()]}, status=302),
        reply(b"<html>"),
        reply(b"[1,2]"),
        reply(b'{"keys": ' + b"[" * 5000),
        reply(b"\xff"),
    ],
)
def test_a_useless_answer_is_none_and_is_not_asked_for_at_once_again(
    keys: Remote, server: KeyServer, timer: Timer, answer: Any
) -> None:
    server.fail(JKU, answer)
    for _ in range(5):
        with pytest.raises(KeysUnavailable):
            keys.find("one")
    assert len(server.asked) == 1
    server.publish(JKU, signer().jwk())
    timer.seconds += key_sets.BETWEEN_S
    assert keys.find("one") is not None


def test_a_failure_is_logged_with_the_issuer_and_no_address(
    keys: Remote, server: KeyServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.fail(JKU)
    with pytest.raises(KeysUnavailable):
        keys.find("one")
    logged = capsys.readouterr()
    said = logged.out + logged.err
    assert "keys not read" in said
    assert ISSUER in said
    assert JKU not in said


@contextmanager
def slow(server: KeyServer, *keys: Any) -> Iterator[tuple[Event, Event]]:
    """A key server that answers when it is let; the first event says that it was asked."""
    asked, let = Event(), Event()

    def answer() -> Reply:
        asked.set()
        assert let.wait(5)
        return reply({"keys": list(keys)})

    server.answers[JKU] = answer
    try:
        yield asked, let
    finally:
        let.set()


def test_many_threads_without_keys_ask_once(keys: Remote, server: KeyServer) -> None:
    found: list[Any] = []
    start = Barrier(8)

    def find() -> None:
        start.wait()
        found.append(keys.find("one"))

    with slow(server, signer().jwk()) as (asked, let):
        threads = [Thread(target=find) for _ in range(8)]
        for thread in threads:
            thread.start()
        assert asked.wait(5)
        let.set()
        for thread in threads:
            thread.join(5)
    assert len(server.asked) == 1
    assert [one.kid for one in found] == ["one"] * 8


def test_a_known_key_does_not_wait_for_a_slow_key_server(
    keys: Remote, server: KeyServer, timer: Timer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_sets, "TIMEOUT_S", 60)  # far longer than the server waits
    keys.find("one")
    timer.seconds += key_sets.FRESH_S
    with slow(server, signer().jwk()) as (asked, let):
        other = Thread(target=keys.find, args=("one",))
        other.start()
        assert asked.wait(5)
        assert keys.find("one") is not None
        let.set()
        other.join(5)
    assert len(server.asked) == 2


def test_who_waits_in_vain_for_another_thread_is_told_so(
    keys: Remote, server: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_sets, "TIMEOUT_S", 0.01)
    with slow(server, signer().jwk()) as (asked, let):
        other = Thread(target=keys.find, args=("one",))
        other.start()
        assert asked.wait(5)
        with pytest.raises(KeysUnavailable):
            keys.find("one")
        let.set()
        other.join(5)


def real(url: str, timer: Timer) -> Remote:
    outbound = Outbound(allow_http=True, private=["http://127.0.0.1:*"])
    return Remote(ISSUER, url, outbound, timer)


@pytest.mark.req("SEC-8")
def test_a_real_key_server_is_read_and_its_redirect_is_not_followed(timer: Timer) -> None:
    body = reply({"keys": [signer().jwk()]}).body
    pages = {"/jwks": (200, {}, body), "/moved": (302, {"Location": "/jwks"}, b"")}
    with web(pages) as (url, asked):
        assert real(f"{url}/jwks", timer).find("one") is not None
        with pytest.raises(KeysUnavailable):
            real(f"{url}/moved", timer).find("one")
    assert asked == ["/jwks", "/moved"]


@pytest.mark.req("SEC-8")
def test_an_answer_without_end_is_not_read(timer: Timer) -> None:
    body = b" " * (key_sets.MAX_BYTES + 1)
    with web({"/jwks": (200, {}, body)}) as (url, _), pytest.raises(KeysUnavailable):
        real(f"{url}/jwks", timer).find("one")


@pytest.mark.req("SEC-8")
def test_plain_http_and_this_machine_are_refused_unless_they_are_allowed(timer: Timer) -> None:
    body = reply({"keys": [signer().jwk()]}).body
    with web({"/jwks": (200, {}, body)}) as (url, asked):
        for outbound in (Outbound(), Outbound(allow_http=True)):
            with pytest.raises(KeysUnavailable):
                Remote(ISSUER, f"{url}/jwks", outbound, timer).find("one")
    assert asked == []
