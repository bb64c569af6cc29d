"""The folder of an export: a file a resource type, written in order and in bounded memory."""

import gzip
import io
import signal
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import orjson

from cdshooks.cohort.chance import Chance
from cdshooks.cohort.dirt import line
from cdshooks.cohort.drugs import medications
from cdshooks.cohort.patients import Cohort, patient
from cdshooks.errors import CdsHooksError
from cdshooks.knowledge import base

PART = 50
"""Patients that a process makes at a time."""
AHEAD = 3
"""Parts a process that may wait to be written."""
UNFINISHED = ".part"


class FolderInvalid(CdsHooksError):
    """The folder cannot be written to as it is; says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some patients in a row: the bytes of each file, and how many lines they have."""

    patients: int
    files: dict[str, bytes]
    lines: int


def write(
    cohort: Cohort,
    patients: int,
    folder: Path,
    *,
    zipped: bool,
    processes: int,
    progress: Callable[[Part], None] = lambda part: None,
) -> None:
    """
    Writes a cohort into a folder that is empty or not there yet.

    The files are the same for any number of processes. They get their names when all
    are whole; an interrupted run leaves files that end in ``.part``, which the next
    one removes. Raises FolderInvalid.
    """
    _prepare(folder)
    ending = ".ndjson.gz" if zipped else ".ndjson"
    with ExitStack() as stack:
        files = {
            type: stack.enter_context((folder / f"{type}{ending}{UNFINISHED}").open("wb"))
            for type in exported()
        }
        if zipped:
            for file in files.values():
                file.write(_zipped(b""))
        for part in _parts(cohort, patients, zipped, processes, stack):
            for type, content in part.files.items():
                files[type].write(content)
            progress(part)
    for path in sorted(folder.glob(f"*{UNFINISHED}")):
        path.rename(path.with_name(path.name.removesuffix(UNFINISHED)))


def exported() -> list[str]:
    """The types that rules read: each has a file, if an empty one.

    A type without a file would not have been asked for, and of it nothing would be known.
    """
    return sorted({*base().searches, "Observation", "Medication"})


def _prepare(folder: Path) -> None:
    """Makes the folder, without what an interrupted run left there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.glob(f"*.ndjson*{UNFINISHED}"):
            path.unlink()
        used = any(folder.iterdir())
    except OSError as problem:
        reason = (problem.strerror or "cannot be written to").lower()
        raise FolderInvalid(f"{folder}: {reason}") from None
    if used:
        raise FolderInvalid(f"{folder}: expected a folder that is empty or not there yet")


def _parts(
    cohort: Cohort, patients: int, zipped: bool, processes: int, stack: ExitStack
) -> Iterator[Part]:
    """The parts in order, what belongs to nobody first; only a few are held at a time."""
    yield _packed(0, {"Medication": [orjson.dumps(drug) for drug in medications()]}, zipped)
    ranges = [(n, min(n + PART, patients)) for n in range(0, patients, PART)]
    if processes == 1 or len(ranges) == 1:
        yield from (_part(cohort, first, end, zipped) for first, end in ranges)
        return
    # A fresh process each: a forked one would inherit the threads of the progress bar.
    fresh = get_context("spawn")
    pool = ProcessPoolExecutor(processes, mp_context=fresh, initializer=_leave_interrupts)
    stack.callback(pool.shutdown, cancel_futures=True)
    waiting: deque[Future[Part]] = deque()
    for first, end in ranges:
        waiting.append(pool.submit(_part, cohort, first, end, zipped))
        if len(waiting) >= processes * AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _leave_interrupts() -> None:
    """Ctrl-C is for the process that writes; it ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _part(cohort: Cohort, first: int, end: int, zipped: bool) -> Part:
    """Patients ``first`` to ``end`` (not included) as the bytes of each file."""
    lines: dict[str, list[bytes]] = {}
    for index in range(first, end):
        dirt = Chance(cohort.seed, index, "dirt")
        for resource in patient(cohort, index):
            found = line(resource, dirt, cohort.dirt)
            lines.setdefault(resource["resourceType"], []).append(found)
    return _packed(end - first, lines, zipped)


def _packed(patients: int, lines: dict[str, list[bytes]], zipped: bool) -> Part:
    count = sum(len(found) for found in lines.values())
    joined = {type: b"\n".join(found) + b"\n" for type, found in lines.items()}
    if zipped:
        joined = {type: _zipped(content) for type, content in joined.items()}
    return Part(patients, joined, count)


def _zipped(content: bytes) -> bytes:
    """A gzip member of its own; members one after another are one gzip file."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, compresslevel=6) as file:
        file.write(content)
    return buffer.getvalue()
