"""Counting off the path of a request: a call hands over what it came to, and is answered.

One call stands for some 150 counts, of each rule one. They are summed over half a second
of calls before they are written, so that no call pays for them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Lock, Timer

from cdshooks.chart import Answered, Result
from cdshooks.engine import Finding
from cdshooks.fhir.client import Read
from cdshooks.rules.authoring import NotIndicated, Recommend

WAIT_S = 0.5
"""How long counts gather before they are written."""
STANDINGS = ("recommended", "silent", "not_assessed", "snoozed", "failed")
"""What came of a rule."""
ANSWERS = ("given", "empty", "part", "absent", "failed")
"""What a client sent under a prefetch key."""
_ANSWERS = {Answered.PART: "part", Answered.SILENT: "absent", Answered.FAILED: "failed"}


@dataclass(frozen=True, slots=True)
class Sample:
    """What is counted of one request; none of its words comes from a client.

    outcome: of a call, and the seconds that it took; None for feedback.
    silent: rules that had nothing to say. spoke: the others, and what came of each.
    prefetch: what was sent under each key. reads: what came of each read of a FHIR
    server, and seconds. acts: what clinicians did with cards.
    """

    service: str
    outcome: str | None = None
    seconds: float = 0.0
    silent: Sequence[str] = ()
    spoke: Sequence[tuple[str, str]] = ()
    prefetch: Sequence[tuple[str, str]] = ()
    reads: Sequence[tuple[str, float]] = ()
    acts: Sequence[str] = ()


def by_rule(findings: Iterable[Finding]) -> tuple[list[str], list[tuple[str, str]]]:
    """The rules that were silent, and the others with what came of them."""
    silent: list[str] = []
    spoke: list[tuple[str, str]] = []
    for finding in findings:
        if isinstance(finding.outcome, NotIndicated) and not finding.snoozed:
            silent.append(finding.rule.id)
        else:
            spoke.append((finding.rule.id, _standing(finding)))
    return silent, spoke


def _standing(finding: Finding) -> str:
    if finding.error:
        return "failed"
    if finding.snoozed:
        return "snoozed"
    return "recommended" if isinstance(finding.outcome, Recommend) else "not_assessed"


def by_key(sent: Iterable[Result]) -> list[tuple[str, str]]:
    """Each prefetch key with what was sent under it."""
    return [(result.search.key, _answer(result)) for result in sent]


def _answer(result: Result) -> str:
    otherwise = "given" if result.resources else "empty"
    return _ANSWERS.get(result.answered, otherwise)


def by_kind(reads: Iterable[Read]) -> list[tuple[str, float]]:
    """What came of each read of a FHIR server, and the seconds that it took."""
    return [(read.kind, read.seconds) for read in reads]


class Tally:
    """Takes samples at once and hands them on together, a moment later."""

    def __init__(self, write: Callable[[Sequence[Sample]], None]) -> None:
        self._write = write
        self._waiting: list[Sample] = []
        self._lock = Lock()
        self._writing = Lock()

    def add(self, sample: Sample) -> None:
        """Takes a sample; the first of each round sets the clock.

        The end of a process waits for its clocks, so that nothing is lost then.
        """
        with self._lock:
            self._waiting.append(sample)
            first = len(self._waiting) == 1
        if first:
            Timer(WAIT_S, self.flush).start()

    def flush(self) -> None:
        """Hands on what has gathered, and waits for another thread that does so."""
        with self._writing:
            with self._lock:
                samples, self._waiting = self._waiting, []
            if samples:
                self._write(samples)
