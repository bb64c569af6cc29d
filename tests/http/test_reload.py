"""SIGHUP: the settings are read anew and the workers replaced, and no call is lost."""

import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson
import requests

from bench.calls import by_turns
from bench.load import load
from tests.http.conftest import PATIENT_VIEW
from tests.support.server import Server, serving

SENT = {"patient": {"resourceType": "Patient", "id": "amy-17"}, "conditions": None}


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether something comes true within some seconds."""
    end = time.monotonic() + 15
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.05)
    return False


def workers(server: Server) -> set[str]:
    pid = server.process.pid
    return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def replaced(server: Server) -> bool:
    """Whether new workers have taken over after a signal, and no old one is left."""
    before = workers(server)
    server.process.send_signal(signal.SIGHUP)
    return eventually(lambda: bool(workers(server)) and workers(server).isdisjoint(before))


def knowledge(server: Server) -> str:
    return requests.get(f"{server.url}/healthz", timeout=15).headers["X-Knowledge-Version"]


def test_no_call_is_lost_while_workers_are_replaced() -> None:
    body = orjson.dumps(PATIENT_VIEW | {"prefetch": SENT})
    with serving() as server, ThreadPoolExecutor() as pool:
        calls = by_turns(server.address, "/cds-services/als-chart-review", [body])
        sending = pool.submit(load, server.address, calls, connections=6, seconds=4)
        for _ in range(2):
            assert replaced(server)
        answers = sending.result(timeout=60).statuses
    assert set(answers) == {200}
    assert answers[200] > 100


def test_a_reload_reads_the_settings_and_a_mistake_in_them_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "cdshooks.toml"
    file.write_text('profile = "default"\n')
    with serving(CDSHOOKS_CONFIG=str(file)) as server:
        first = knowledge(server)
        reload_with(server, file, 'profile = "nice-uk"\n')
        assert eventually(lambda: knowledge(server) != first)
        second = knowledge(server)
        reload_with(server, file, 'profile = "nowhere"\n')
        assert eventually(lambda: any("not reloaded" in line for line in server.said))
        told: dict[str, Any] = next(
            orjson.loads(line) for line in server.said if "not reloaded" in line
        )
        assert "nowhere" in told["error"]
        assert knowledge(server) == second


def reload_with(server: Server, file: Path, settings: str) -> None:
    file.write_text(settings)
    server.process.send_signal(signal.SIGHUP)
