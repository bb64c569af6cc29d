"""Writing off the path: nothing waits, nothing fails, what is lost is counted."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from queue import Queue
from threading import Event
from time import sleep

import pytest

from cdshooks.errors import StoreUnavailable
from cdshooks.feedback import recorder as recorder_module
from cdshooks.feedback.recorder import Recorder

ENDING = """
import sys
from cdshooks.feedback.recorder import Recorder
def write(batch):
    with open(sys.argv[1], "a") as file:
        file.writelines(f"{one}\\n" for one in batch)
recorder = Recorder(write)
for one in range(50):
    recorder.put(one)
"""


def test_records_are_written_in_order_and_in_batches() -> None:
    written: list[Sequence[int]] = []
    recorder: Recorder[int] = Recorder(written.append)
    for one in range(500):
        recorder.put(one)
    recorder.flush()
    assert [one for batch in written for one in batch] == list(range(500))
    assert len(written) < 50
    recorder.drain()


def test_a_batch_gathers_no_longer_once_somebody_waits_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recorder_module, "GATHER_S", 60)
    written: Queue[Sequence[int]] = Queue()
    recorder: Recorder[int] = Recorder(written.put)
    recorder.put(1)
    recorder.hurry()
    assert written.get(timeout=10) == [1]
    recorder.put(2)
    recorder.flush()
    assert written.get_nowait() == [2]
    recorder.drain()


def test_records_of_one_moment_share_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "GATHER_S", 1)
    written: Queue[Sequence[int]] = Queue()
    recorder: Recorder[int] = Recorder(written.put)
    recorder.put(1)
    sleep(0.1)
    recorder.put(2)
    assert written.get(timeout=10) == [1, 2]
    recorder.drain()


def test_what_the_store_does_not_take_is_tried_again() -> None:
    outcomes = [StoreUnavailable("down"), StoreUnavailable("down"), None]
    written: list[int] = []

    def write(batch: Sequence[int]) -> None:
        outcome = outcomes.pop(0)
        if outcome:
            raise outcome
        written.extend(batch)

    recorder = Recorder(write)
    recorder.put(1)
    recorder.flush()
    assert (written, recorder.lost) == ([1], 0)
    recorder.drain()


def test_what_does_not_fit_the_queue_is_lost_and_counted() -> None:
    open_again = Event()
    began = Event()

    def write(_batch: Sequence[int]) -> None:
        began.set()
        open_again.wait(10)

    recorder = Recorder(write, size=3)
    recorder.put(0)
    assert began.wait(10)
    for one in range(5):
        recorder.put(one)
    assert recorder.lost == 2
    open_again.set()
    recorder.flush()
    recorder.drain()


def test_a_record_that_cannot_be_written_does_not_stop_the_others() -> None:
    written: list[int] = []

    def write(batch: Sequence[int]) -> None:
        if 1 in batch:
            raise ValueError
        written.extend(batch)

    recorder = Recorder(write)
    for one in range(4):
        recorder.put(one)
    recorder.flush()
    assert (written, recorder.lost) == ([0, 2, 3], 1)
    recorder.drain()


def test_draining_gives_up_on_a_store_that_is_down() -> None:
    def write(_batch: Sequence[int]) -> None:
        raise StoreUnavailable("down")

    recorder = Recorder(write)
    recorder.put(1)
    recorder.drain()
    assert recorder.lost == 1


def test_the_end_of_a_process_writes_what_waits(tmp_path: Path) -> None:
    file = tmp_path / "written"
    subprocess.run([sys.executable, "-c", ENDING, str(file)], check=True, env=os.environ)
    assert file.read_text().split() == [str(one) for one in range(50)]
