"""Which gunicorn worker, and how many: throughput, and who waits while a FHIR server is slow."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from bench.bodies import VIEW_50, bodies
from bench.calls import by_turns
from bench.load import load
from bench.servers import Server, memory_mb, serving, until_answered
from bench.soak.ehr import running

AT_ONCE = 8
WAITING = 6
"""Connections whose calls wait for the FHIR server."""
OTHERS_RATE = 5.0
"""Calls a second that bring everything with them."""
APP = "bench.beside:service()"
FORMS = (("threads", 1), ("threads", 2), ("threads", 4), ("sync", 2), ("sync", 4))


@dataclass(frozen=True, slots=True)
class Form:
    """Workers of a class: calls a second and p95 of busy connections, MB of all workers.

    others_p50, others_p95: milliseconds of calls that need no FHIR server, while others
    wait for a slow one.
    """

    name: str
    workers: int
    rate: float
    p95: float
    mb: float
    others_p50: float
    others_p95: float


def measured(seconds: float) -> list[Form]:
    """Each form in turn."""
    with TemporaryDirectory() as name, running(Path(name)) as ehr:
        ehr.become("slow")
        variables = {
            "CDSHOOKS_FHIR_ALLOWED": ehr.url,
            "SSL_CERT_FILE": str(ehr.certificate),
            "CDSHOOKS_DATABASE_URL": f"sqlite:///{Path(name, 'store.db')}",
        }
        return [_measured(*form, variables, ehr.url, seconds) for form in FORMS]


def _measured(name: str, workers: int, variables: dict[str, str], ehr: str, seconds: float) -> Form:
    plain = bodies(VIEW_50)
    reading = [orjson.dumps({**orjson.loads(body), "fhirServer": ehr}) for body in plain]
    with _served(name, workers, variables) as server:
        until_answered(server.address)
        calls, waiting = (by_turns(server.address, VIEW_50.path, b) for b in (plain, reading))
        load(server.address, calls, connections=AT_ONCE, seconds=seconds / 2)
        busy = load(server.address, calls, connections=AT_ONCE, seconds=seconds)
        mb = sum(memory_mb(pid)["pss"] for pid in server.workers)
        long = seconds + 4
        with ThreadPoolExecutor(1) as beside:
            beside.submit(load, server.address, waiting, connections=WAITING, seconds=long)
            others = load(
                server.address, calls, connections=AT_ONCE, seconds=long, rate=OTHERS_RATE
            )
        p50, p95 = others.percentile(50), others.percentile(95)
        return Form(name, workers, busy.rate, busy.percentile(95), mb, p50, p95)


@contextmanager
def _served(name: str, workers: int, variables: dict[str, str]) -> Iterator[Server]:
    module, command = "cdshooks", ["serve", "--port", "0", "--workers", str(workers)]
    if name != "threads":
        bound = ["--bind", "127.0.0.1:0", "--preload", "--keep-alive", "75"]
        module, command = "gunicorn", ["-k", name, "-w", str(workers), *bound, APP]
    with serving(*command, module=module, variables=variables) as server:
        yield server
