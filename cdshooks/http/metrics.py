"""``GET /metrics``: what this service does, in numbers for Prometheus, without a patient.

Every label has a closed list of values. What is not one of them, such as the id of a
service that a client made up, is counted as ``other``.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from threading import Lock
from typing import TYPE_CHECKING

import structlog
from flask import Blueprint, Flask, Response, request

from cdshooks import __version__, rules
from cdshooks.http.exchange import Exchange, exchange
from cdshooks.http.memory import Memory
from cdshooks.http.metric_files import shared_folder, unchanged
from cdshooks.http.tally import Sample, Tally, by_key, by_kind, by_rule
from cdshooks.services import answer, services
from cdshooks.services.answer import Site

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from cdshooks.http.instruments import Instruments

OTHER = "other"
CALL = "/cds-services/<service_id>"
_FEEDBACK = f"{CALL}/feedback"
_OUTCOMES = {401: "unauthenticated", 412: "data_unavailable"}


class Metrics:
    """What this process counts, and the page that tells what all processes counted."""

    def __init__(self, site: Site, memory: Memory) -> None:
        self.tally = Tally(self._write)
        self._site = site
        self._memory = memory
        self._lock = Lock()
        self._made: Instruments | None = None
        self._told = (0, 0)
        self._begun = False

    def page(self, accept: str) -> tuple[bytes, str]:
        """All numbers in a form that the caller accepts, and the name of that form."""
        from prometheus_client import CollectorRegistry
        from prometheus_client.exposition import choose_encoder
        from prometheus_client.multiprocess import MultiProcessCollector

        self.tally.flush()
        self._begin()
        own, folder = self._instruments().registry, shared_folder()
        registry = CollectorRegistry()
        registry.register(_State(self._site, self._memory))
        registry.register(MultiProcessCollector(None, str(folder)) if folder else own)
        encode, form = choose_encoder(accept)
        with unchanged(folder) if folder else nullcontext():
            return encode(registry), form

    def _write(self, samples: Sequence[Sample]) -> None:
        instruments = self._instruments()
        instruments.add(samples)
        recorder = self._memory.recorder
        now, told = (recorder.lost, recorder.failures), self._told
        instruments.add_store(now[0] - told[0], now[1] - told[1])
        self._told = now

    def _instruments(self) -> "Instruments":
        """Made when first used, by the process that counts: see ``instruments.py``."""
        with self._lock:
            if self._made is None:
                from cdshooks.http.instruments import Instruments

                self._made = Instruments()
            return self._made

    def _begin(self) -> None:
        """Once somebody asks, what has not happened yet is shown too."""
        instruments = self._instruments()
        with self._lock:
            if not self._begun:
                names = [rule.id for rule in rules.load()]
                instruments.begin([*_ours(), OTHER], names, _keys(self._site))
                self._begun = True


class _State:
    """What is so at this moment, and is not counted."""

    def __init__(self, site: Site, memory: Memory) -> None:
        self._site = site
        self._memory = memory

    def collect(self) -> "Iterator[Metric]":
        """Whether the store answers, and what is running."""
        from prometheus_client.metrics_core import GaugeMetricFamily

        up = self._memory.store.answers()
        yield GaugeMetricFamily("cdshooks_store_up", "Whether the store answers", value=up)
        info = GaugeMetricFamily(
            "cdshooks_info",
            "1, with the version of the software and of the knowledge",
            labels=("version", "knowledge"),
        )
        info.add_metric((__version__, self._site.knowledge.version), 1)
        yield info


def _ours() -> tuple[str, ...]:
    return tuple(dict.fromkeys(service.id for service in services()))


def _keys(site: Site) -> list[str]:
    """Every prefetch key that discovery asks for."""
    asked = (answer.searches(service.hook, site) for service in services())
    return list(dict.fromkeys(search.key for searches in asked for search in searches))


def install(app: Flask, tally: Tally) -> None:
    """Has every call and all feedback counted once they are answered."""
    known = frozenset(_ours())

    @app.after_request
    def count(response: Response) -> Response:
        try:
            route = request.url_rule.rule if request.url_rule else None
            if request.method == "POST" and route in (CALL, _FEEDBACK):
                id = str((request.view_args or {}).get("service_id"))
                service = id if id in known else OTHER
                tally.add(_sample(service, response.status_code, exchange(), route == _FEEDBACK))
        except Exception as mistake:  # no answer goes missing for a mistake in counting it
            structlog.get_logger().error("metrics failed", error=type(mistake).__name__)
        return response


def _sample(service: str, status: int, current: Exchange, is_feedback: bool) -> Sample:
    if is_feedback:
        return Sample(service, acts=[report.outcome for report in current.reports])
    silent, spoke = by_rule(current.answered.findings if current.answered else ())
    return Sample(
        service,
        outcome_of(status, current),
        current.timings["total"] / 1000,
        silent,
        spoke,
        by_key(current.course.sent),
        by_kind(current.course.reads),
    )


def outcome_of(status: int, current: Exchange) -> str:
    """What came of a call, in the words of ``instruments.OUTCOMES``."""
    if status < 300:
        shown = current.answered is not None and current.answered.body["cards"]
        return "cards" if shown else "no_cards"
    if status in _OUTCOMES:
        return _OUTCOMES[status]
    return current.refusal or ("client_error" if status < 500 else "server_error")


def blueprint(metrics: Metrics, check: Callable[[], None]) -> Blueprint:
    """The page; ``check`` raises for whoever may not see it."""
    pages = Blueprint("metrics", __name__)

    @pages.get("/metrics")
    def show() -> Response:
        check()
        page, form = metrics.page(request.headers.get("Accept", ""))
        return Response(page, content_type=form)

    return pages
