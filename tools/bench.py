"""Measures a patient-view call against a bare Flask endpoint that parses the same body.

Both run in one process, one after the other, so the ratio means something on
any machine. ``make bench`` prints the table; it ends with 1 over a budget.
"""

import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from flask import Flask, Response, request
from rich.console import Console
from rich.table import Table

from cdshooks.app import create_app, site_of
from cdshooks.chart import as_prefetch
from cdshooks.http import logs
from cdshooks.services.answer import Site, searches
from cdshooks.settings import DemoSettings

Json = dict[str, Any]
NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)
SECONDS = 2.0
RATIO_AT_50 = 0.25
"""Least share of the bare endpoint's throughput, with 50 prefetched observations."""
MS_AT_500 = 15.0
"""Most service time with 500 observations."""
STORE_P95 = 1.25
"""Most that the 95th percentile may grow with a store that remembers something."""
MS_NOT_ALS = 5.0
"""Most service time for a patient without ALS."""
LOINC = "http://loinc.org"
CODES = (("19872-1", "%", 60.0), ("2019-8", "mm[Hg]", 41.0), ("82950-7", "{score}", 4.0))


def main() -> int:
    """Prints the measurements; 1 when one is over its budget."""
    settings = DemoSettings(database_url="sqlite://")
    app = create_app(settings, clock=lambda: NOW)
    logs.configure("ERROR")
    site = site_of(settings)
    rows, failed = [], False
    for name, observations, als in (
        ("50 observations", 50, True),
        ("500 observations", 500, True),
        ("not ALS, 500 observations", 500, False),
    ):
        body = orjson.dumps(_request(site, observations, als=als))
        ours, service_ms = _measured(app, "/cds-services/als-chart-review", body)
        bare, _ = _measured(_bare(), "/bare", body)
        ratio = bare / ours
        late = _over(observations, als, ratio, service_ms)
        failed = failed or late
        rows.append((name, f"{len(body) // 1024} KB", ours, service_ms, bare, ratio, late))
    _print(rows)
    return 1 if _store_costs(site) or failed else 0


class _Forgetful:
    """What a call meets in place of its memory when it is measured without one."""

    def without_snoozed(self, findings: object, _view: object) -> object:
        """All findings."""
        return findings

    def write(self, *_call: object) -> None:
        """Writes nothing."""


def _store_costs(site: Site) -> bool:
    """Measures the same call with a store in a file and without; whether it costs too much."""
    body = orjson.dumps(_request(site, 50, als=True))
    with TemporaryDirectory() as folder:
        file = f"sqlite:///{Path(folder, 'store.db')}"
        apps = [
            create_app(DemoSettings(database_url=url), clock=lambda: NOW)
            for url in ("sqlite://", file)
        ]
        logs.configure("ERROR")
        setattr(apps[0].extensions["memory"], "of", lambda *_: _Forgetful())  # noqa: B010
        off, on = (quantiles(times, n=20)[-1] for times in _by_turns(apps, body))
        apps[1].extensions["memory"].recorder.drain()
    over = on > off * STORE_P95
    said = f"95th percentile with a store {on:.2f} ms, without {off:.2f} ms: {on / off:.2f}x"
    Console().print(f"{said}, {'over' if over else 'kept'}")
    return over


def _by_turns(apps: list[Flask], body: bytes) -> list[list[float]]:
    """Milliseconds of each call, the applications taking turns on the same machine."""
    clients = [app.test_client() for app in apps]
    times: list[list[float]] = [[] for _ in apps]
    for _ in range(400):
        for client, kept in zip(clients, times, strict=True):
            started = time.perf_counter()
            client.post(
                "/cds-services/als-chart-review", data=body, content_type="application/json"
            )
            kept.append((time.perf_counter() - started) * 1000)
    return times


def _over(observations: int, als: bool, ratio: float, service_ms: float) -> bool:
    if not als:
        return service_ms > MS_NOT_ALS
    return ratio < RATIO_AT_50 if observations == 50 else service_ms > MS_AT_500


def _request(site: Site, observations: int, *, als: bool) -> Json:
    resources = [_patient(), *_observations(observations)]
    if als:
        resources.append(_diagnosis())
    prefetch = as_prefetch(searches("patient-view", site), resources)
    return {
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/7", "patientId": "anna"},
        "prefetch": prefetch,
    }


def _patient() -> Json:
    return {"resourceType": "Patient", "id": "anna", "birthDate": "1966-03-02", "gender": "female"}


def _diagnosis() -> Json:
    code = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "G12.21"}
    return {
        "resourceType": "Condition",
        "id": "als",
        "subject": {"reference": "Patient/anna"},
        "code": {"coding": [code]},
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "recordedDate": "2025-07-01",
    }


def _observations(count: int) -> Iterator[Json]:
    """Breathing tests and scores over the years, as a chart holds them."""
    for number in range(count):
        code, unit, value = CODES[number % len(CODES)]
        day = date(2026, 5, 20) - timedelta(days=number)
        yield {
            "resourceType": "Observation",
            "id": f"obs-{number}",
            "status": "final",
            "category": [{"coding": [{"code": "procedure"}]}],
            "code": {"coding": [{"system": LOINC, "code": code, "display": "A test"}]},
            "subject": {"reference": "Patient/anna"},
            "effectiveDateTime": f"{day.isoformat()}T09:00:00Z",
            "valueQuantity": {"value": value, "unit": unit, "code": unit},
        }


def _bare() -> Flask:
    """An endpoint that only parses the body and answers."""
    app = Flask("bare")

    @app.post("/bare")
    def bare() -> Response:
        orjson.loads(request.get_data())
        return Response(b'{"cards":[]}', mimetype="application/json")

    return app


def _measured(app: Flask, path: str, body: bytes) -> tuple[float, float]:
    """Milliseconds a call, and of them the service's own, as Server-Timing says."""
    client = app.test_client()

    def call() -> str:
        answered = client.post(path, data=body, content_type="application/json")
        assert answered.status_code == 200, answered.status_code
        return str(answered.headers.get("Server-Timing", ""))

    best = _repeat(call)
    timing = call()
    stages = dict(part.split(";dur=") for part in timing.split(", ")) if timing else {}
    return best, float(stages.get("total", 0.0))


def _repeat(call: Callable[[], object]) -> float:
    """Milliseconds a call, on average over a fixed time."""
    call()
    started = time.perf_counter()
    calls = 0
    while time.perf_counter() - started < SECONDS:
        call()
        calls += 1
    return (time.perf_counter() - started) / calls * 1000


def _print(rows: list[tuple[str, str, float, float, float, float, bool]]) -> None:
    table = Table(title="patient-view, all rules, one process")
    for title in ("chart", "body", "ms a call", "service ms", "bare ms", "throughput", "budget"):
        table.add_column(title, justify="left" if title == "chart" else "right")
    for name, size, ours, service, bare, ratio, late in rows:
        verdict = "over" if late else "kept"
        cells = (f"{ours:.2f}", f"{service:.2f}", f"{bare:.2f}", f"{ratio:.2f}x", verdict)
        table.add_row(name, size, *cells)
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
