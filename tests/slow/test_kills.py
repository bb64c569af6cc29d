"""Feedback that was answered is in the store, once, whatever was killed meanwhile."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread

import psutil
import pytest
import requests

from cdshooks.feedback import Store
from cdshooks.feedback.migrate import upgrade
from cdshooks.feedback.tables import feedback
from tests.support.stores import Postgres, rows

POSTS = 2_000
CLIENTS = 8
WHOLE = 4
"""Every so many kills the whole service is killed and not one worker."""


class Service:
    """``cdshooks serve`` with four workers, that can be killed and started again."""

    def __init__(self, url: str, log: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self._url = url
        self._log = log
        self.start()

    def start(self) -> None:
        variables = {
            "CDSHOOKS_AUTH": "off",
            "CDSHOOKS_DATABASE_URL": self._url,
            "CDSHOOKS_HASH_KEY": "a secret of thirty-two characters",
        }
        command = [sys.executable, "-m", "cdshooks", "serve", "--workers", "4"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--port", str(self.port)],
                env=os.environ | variables,
                stdout=log,
                stderr=log,
            )
        self._wait()

    def _wait(self) -> None:
        for _ in range(300):
            with suppress(requests.RequestException):
                if requests.get(f"{self.address}/healthz", timeout=2).status_code == 200:
                    return
            time.sleep(0.1)
        raise AssertionError(self._log.read_text()[-2000:])

    def kill_worker(self) -> None:
        workers = psutil.Process(self._process.pid).children()
        if workers:
            with suppress(ProcessLookupError):
                os.kill(random.choice(workers).pid, signal.SIGKILL)

    def kill(self) -> None:
        workers = psutil.Process(self._process.pid).children()
        self._process.kill()
        for worker in workers:
            with suppress(psutil.NoSuchProcess):
                worker.kill()
        psutil.wait_procs(workers, timeout=10)
        self._process.wait(10)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/store.db"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    with postgres.database() as address:
        yield address


def post_all(service: Service, cards: "SimpleQueue[str]", answered: list[str]) -> None:
    """Posts until nothing is left; what was not answered with 200 is posted again."""
    while True:
        try:
            card = cards.get_nowait()
        except Empty:
            return
        report = {"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-06-01T09:30:00Z"}
        while True:
            with suppress(requests.RequestException):
                reply = requests.post(
                    f"{service.address}/cds-services/als-chart-review/feedback",
                    json={"feedback": [report]},
                    timeout=10,
                )
                if reply.status_code == 200:
                    answered.append(card)
                    break
                assert reply.status_code == 503, reply.text
            time.sleep(0.05)


@pytest.mark.slow
def test_each_answered_feedback_is_in_the_store_once(url: str, tmp_path: Path) -> None:
    store = Store(url)
    upgrade(store)
    service = Service(url, tmp_path / "log")
    cards: SimpleQueue[str] = SimpleQueue()
    for number in range(POSTS):
        cards.put(f"card-{number}")
    answered: list[str] = []
    threads = [Thread(target=post_all, args=(service, cards, answered)) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    kills = killed_at_random(service, threads)
    service.kill()
    kept = [row["card"] for row in rows(store, feedback)]
    print(f"{kills} kills, {len(answered)} answered, {len(kept)} kept")
    assert len(answered) == POSTS
    assert sorted(kept) == sorted(answered)
    assert kills >= 8
    store.close()


def killed_at_random(service: Service, threads: list[Thread]) -> int:
    """Kills until every client is done; how often."""
    kills, pause = 0, Event()
    while any(thread.is_alive() for thread in threads):
        pause.wait(random.uniform(0.2, 0.9))
        kills += 1
        if kills % WHOLE:
            service.kill_worker()
        else:
            service.kill()
            service.start()
    return kills
