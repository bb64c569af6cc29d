"""Services as processes of their own, and what Linux tells about them."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from bench.calls import Address
from bench.patients import NOW

_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
TICKS = os.sysconf("SC_CLK_TCK")
_TOLD = re.compile(r"(?:listens on|Listening at:) http://([\d.]+|localhost):(\d+)")


@dataclass(frozen=True, slots=True)
class Server:
    """A running service: its master process, and where it listens."""

    process: subprocess.Popen[str]
    address: Address
    said: list[str]

    @property
    def workers(self) -> list[int]:
        """The ids of its worker processes, the oldest first."""
        pid = self.process.pid
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return sorted(int(child) for child in listed)

    def cpu_s(self) -> float:
        """Seconds of CPU time that the workers have used."""
        return sum(_cpu_s(pid) for pid in self.workers)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mb(pid: int) -> dict[str, float]:
    """MB of a process: its share (``Pss``), what it alone has, and all that it sees (``Rss``)."""
    sizes: dict[str, float] = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, _, amount = line.partition(":")
        sizes[name] = int(amount.split()[0]) / 1024
    alone = sizes["Private_Clean"] + sizes["Private_Dirty"]
    return {"pss": sizes["Pss"], "alone": alone, "rss": sizes["Rss"]}


def handles(pid: int) -> int:
    """Open file handles of a process."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def _environment() -> dict[str, str]:
    """This process's, with bytecode kept: an installed service compiles nothing when it starts."""
    return {name: value for name, value in os.environ.items() if name != _NO_BYTECODE}


@contextmanager
def serving(
    *command: str, module: str = "cdshooks", variables: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """``python -m MODULE COMMAND`` with open doors on the day of the charts, until the end."""
    told = {"CDSHOOKS_AUTH": "off", "CDSHOOKS_TODAY": NOW.isoformat()}
    process = subprocess.Popen(
        [sys.executable, "-m", module, *command],
        env={**_environment(), "CDSHOOKS_LOG_LEVEL": "ERROR", **told, **(variables or {})},
        stderr=subprocess.PIPE,
        text=True,
    )
    said: list[str] = []
    try:
        address = _address(process, said)
        reader = Thread(target=lambda: said.extend(process.stderr or ()), daemon=True)
        reader.start()
        yield Server(process, address, said)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _address(process: subprocess.Popen[str], said: list[str]) -> Address:
    for line in process.stderr or ():
        said.append(line)
        if told := _TOLD.search(line):
            return "127.0.0.1", int(told[2])
    raise RuntimeError("".join(said) or "the service ended without a word")


def until_answered(address: Address) -> None:
    """Waits for the first worker: the socket listens before there is one."""
    import http.client

    for _ in range(200):
        connection = http.client.HTTPConnection(*address, timeout=10)
        try:
            connection.request("GET", "/cds-services")
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise RuntimeError("the service does not answer")
