"""Where the processes of one service count together: a private folder, one file a process and kind.

prometheus-client keeps the counts of a process in files of its own and sums them when
they are read. What a process that ended has counted is added to files that stay, so
that no count falls and the folder does not grow with every process.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_ENDED = "0"
"""In the place of a process id: processes that ended."""


def open_folder(within: str | None) -> Path:
    """Makes the folder in which this process and those that it starts count.

    within: a folder in memory; by default that of temporary files. To be called before
    anything is counted.
    """
    folder = Path(mkdtemp(prefix="cdshooks-metrics-", dir=within))
    os.environ[_VARIABLE] = str(folder)
    # Once here, and not at the first count of every process.
    import_module("cdshooks.http.instruments")
    return folder


def shared_folder() -> Path | None:
    """The folder that this process counts in; None where it counts for itself."""
    name = os.environ.get(_VARIABLE)
    return Path(name) if name else None


def remove(folder: Path) -> None:
    """Removes the folder; to be called by whoever opened it."""
    rmtree(folder, ignore_errors=True)


@contextmanager
def unchanged(folder: Path) -> Iterator[None]:
    """A block in which no count of an ended process is on its way from file to file."""
    with _locked(folder, fcntl.LOCK_SH):
        yield


def keep_counts_of(pid: int, folder: Path) -> None:
    """Adds what a process that ended has counted to what stays, and removes its files."""
    if not folder.is_dir():
        return
    from prometheus_client.mmap_dict import MmapedDict

    with _locked(folder, fcntl.LOCK_EX):
        for file in folder.glob(f"*_{pid}.db"):
            kind = file.name.partition("_")[0]
            kept = MmapedDict(str(folder / f"{kind}_{_ENDED}.db"))
            for key, value, when, _ in MmapedDict.read_all_values_from_file(str(file)):
                kept.write_value(key, kept.read_value(key)[0] + value, when)
            kept.close()
            file.unlink()


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    with (folder / "lock").open("wb") as lock:
        fcntl.flock(lock, how)
        yield
