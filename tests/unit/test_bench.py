"""What the benchmarks conclude from what they measured."""

import socket
from collections.abc import Iterator
from contextlib import closing
from threading import Thread

import pytest

from bench.bodies import CASES, VARIANTS, bodies
from bench.calls import by_turns
from bench.growth import growth
from bench.load import load
from bench.verdict import Verdict


@pytest.mark.parametrize(
    ("verdict", "kept"),
    [
        (Verdict("time", 15.0, 15.0, "ms"), True),
        (Verdict("time", 15.1, 15.0, "ms"), False),
        (Verdict("share", 0.25, 0.25, "", at_least=True), True),
        (Verdict("share", 0.24, 0.25, "", at_least=True), False),
    ],
)
def test_a_budget_is_kept_up_to_its_limit(verdict: Verdict, kept: bool) -> None:
    assert verdict.kept is kept


def test_a_straight_line_has_no_bend_and_a_square_has() -> None:
    straight = growth("rule", [(x, 3 + 0.5 * x) for x in range(0, 60, 10)])
    assert (straight.slope, straight.start) == (pytest.approx(500), pytest.approx(3))
    assert straight.bend == pytest.approx(1)
    assert growth("rule", [(x, float(x * x)) for x in range(0, 60, 10)]).bend > 2


def test_no_two_patients_of_a_run_send_the_same_call() -> None:
    short = [case for case in CASES if case.observations == 50]
    assert short
    for case in short:
        assert len(set(bodies(case))) == VARIANTS


ANSWERS = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    b"",
)


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    """A server whose connections answer well, then refuse and close, then only close, by turns."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=_answer, args=(server,), daemon=True).start()
        yield server.getsockname()


def _answer(server: socket.socket) -> None:
    turns = 0
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with closing(connection):
            while connection.recv(65_536):
                answer = ANSWERS[turns % len(ANSWERS)]
                turns += 1
                connection.sendall(answer)
                if b"Length: 2" not in answer:
                    break


def test_the_load_client_counts_every_answer_once_and_those_that_never_came(
    address: tuple[str, int],
) -> None:
    calls = by_turns(address, "/anything", [b"{}"])
    found = load(address, calls, connections=1, seconds=0.3, rate=100)
    assert set(found.statuses) == {200, 503, 0}
    counts = sorted(found.statuses.values())
    assert counts[-1] - counts[0] <= 1
    assert len(found.times) == sum(counts)
    assert sum(counts) <= 35
