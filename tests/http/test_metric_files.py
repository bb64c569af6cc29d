"""Several processes count as one service, and none that ends takes its counts with it."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import requests
from prometheus_client.mmap_dict import MmapedDict

from cdshooks.http.metric_files import keep_counts_of
from tests.support import metrics
from tests.support.metrics import Page
from tests.support.server import Server, serving, wait

REVIEW = "als-chart-review"
CALLS = "cdshooks_call_duration_seconds_count"


def test_processes_count_together_and_one_that_ends_leaves_its_counts() -> None:
    with serving(CDSHOOKS_ADMIN_TOKEN=metrics.TOKEN, workers="2") as server:
        for _ in range(30):
            requests.post(f"{server.url}/cds-services/{REVIEW}", json={}, timeout=15)
        assert until(server, lambda page: page.of(CALLS) == 30)
        [folder] = {Path(name).parent for name in _open_files(server) if "cdshooks-metrics" in name}
        before = workers(server)
        for pid in before:
            os.kill(pid, signal.SIGTERM)
        wait(lambda: set(workers(server)).isdisjoint(before) and len(workers(server)) == 2)
        assert until(server, lambda page: page.of(CALLS) == 30)
        kept = {file.name for file in folder.glob("*.db")}
        assert {"counter_0.db", "histogram_0.db"} <= kept
        assert not [pid for pid in before if f"counter_{pid}.db" in kept]
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()


def _open_files(server: Server) -> list[str]:
    return [
        str(path.readlink())
        for pid in workers(server)
        for path in Path(f"/proc/{pid}/fd").iterdir()
        if path.is_symlink()
    ]


def workers(server: Server) -> list[int]:
    """The processes that the service started."""
    pid = server.process.pid
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in told.split()]


def until(server: Server, holds: Callable[[Page], bool]) -> bool:
    """Whether the page says so before long: other processes write half a second late."""

    def said() -> bool:
        token = {"Authorization": f"Bearer {metrics.TOKEN}"}
        reply = requests.get(f"{server.url}/metrics", headers=token, timeout=15)
        return holds(metrics.read(reply.text))

    return wait(said)


def test_what_an_ended_process_counted_is_added_once(tmp_path: Path) -> None:
    for pid in (7, 8):
        file = MmapedDict(str(tmp_path / f"counter_{pid}.db"))
        file.write_value("a", 2.0, 0.0)
        file.close()
        keep_counts_of(pid, tmp_path)
        keep_counts_of(pid, tmp_path)
    kept = MmapedDict(str(tmp_path / "counter_0.db"))
    assert kept.read_value("a")[0] == 4.0
    kept.close()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["counter_0.db", "lock"]
    keep_counts_of(7, tmp_path / "gone")
