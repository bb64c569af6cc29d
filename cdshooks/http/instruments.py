"""The numbers behind ``/metrics``, as prometheus-client keeps them.

Every label has a closed list of values, and none of them comes from a request. The
module is imported only once a process counts: where processes count together is
decided when prometheus-client is imported (see ``metric_files.py``).
"""

from collections import Counter as Sums
from collections.abc import Iterable, Sequence
from itertools import chain

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

from cdshooks.fhir.client import KINDS
from cdshooks.http.tally import ANSWERS, STANDINGS, Sample

OUTCOMES = (
    "cards",
    "no_cards",
    "data_unavailable",
    "unauthenticated",
    "client_error",
    "overload",
    "store_down",
    "server_error",
)
"""What can come of a call."""
ACTS = ("accepted", "overridden")
CALL_S = (0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
FETCH_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)

# When a series began is of use to nobody here, and would double the page.
disable_created_metrics()


class Instruments:
    """What is counted, in a registry of its own."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self._calls = Histogram(
            "cdshooks_call_duration_seconds",
            "Calls of services, from their arrival to their answer, by service and outcome",
            ("service", "outcome"),
            buckets=CALL_S,
            registry=registry,
        )
        self._rules = Counter(
            "cdshooks_rule_outcomes",
            "What came of a rule, by rule and outcome; of an order rule, of each order",
            ("rule", "outcome"),
            registry=registry,
        )
        self._prefetch = Counter(
            "cdshooks_prefetch_answers",
            "What clients sent under a prefetch key, by key and answer",
            ("key", "answer"),
            registry=registry,
        )
        self._fetches = Histogram(
            "cdshooks_fhir_fetch_duration_seconds",
            "Reads and searches of clients' FHIR servers, by outcome",
            ("outcome",),
            buckets=FETCH_S,
            registry=registry,
        )
        self._feedback = Counter(
            "cdshooks_feedback",
            "Cards of which clients reported what became of them, by service and outcome",
            ("service", "outcome"),
            registry=registry,
        )
        self._lost = Counter(
            "cdshooks_calls_not_recorded",
            "Calls that were answered and never written to the store",
            registry=registry,
        )
        self._failures = Counter(
            "cdshooks_store_write_failures",
            "Attempts to write calls to the store that failed; they are repeated",
            registry=registry,
        )

    def begin(self, services: Sequence[str], rules: Iterable[str], keys: Iterable[str]) -> None:
        """Shows 0 of what has not happened yet: an alarm notices the first time too."""
        for service in services:
            for outcome in OUTCOMES:
                self._calls.labels(service, outcome)
            for act in ACTS:
                self._feedback.labels(service, act)
        _all(self._rules, rules, STANDINGS)
        _all(self._prefetch, keys, ANSWERS)
        for kind in KINDS:
            self._fetches.labels(kind)

    def add(self, samples: Sequence[Sample]) -> None:
        """Counts requests."""
        silent = Sums(chain.from_iterable(sample.silent for sample in samples))
        rules = Sums(chain.from_iterable(sample.spoke for sample in samples))
        prefetch = Sums(chain.from_iterable(sample.prefetch for sample in samples))
        for sample in samples:
            if sample.outcome is not None:
                self._calls.labels(sample.service, sample.outcome).observe(sample.seconds)
            for kind, seconds in sample.reads:
                self._fetches.labels(kind).observe(seconds)
            for act in sample.acts:
                self._feedback.labels(sample.service, act).inc()
        rules.update({(rule, "silent"): count for rule, count in silent.items()})
        _add(self._rules, rules)
        _add(self._prefetch, prefetch)

    def add_store(self, lost: int, failures: int) -> None:
        """Counts what was not written, and what was not written at once."""
        self._lost.inc(lost)
        self._failures.inc(failures)


def _all(counter: Counter, names: Iterable[str], words: Iterable[str]) -> None:
    words = tuple(words)
    for name in names:
        for word in words:
            counter.labels(name, word)


def _add(counter: Counter, sums: Sums[tuple[str, str]]) -> None:
    for labels, count in sums.items():
        counter.labels(*labels).inc(count)
