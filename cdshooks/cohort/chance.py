"""Draws that depend on the seed, the patient and the topic alone."""

import math
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import TypeVar

from cdshooks.cohort.distributions import distributions, number

T = TypeVar("T")


class Chance:
    """The draws of one patient.

    Every topic has a stream of its own, so that a change of one leaves the others as
    they were, and so that patient 7 is the same among 10 patients and among 10,000.
    """

    def __init__(self, seed: int, patient: int, topic: str = "") -> None:
        self._key = (seed, patient)
        self._random = Random(f"{seed}/{patient}/{topic}")  # noqa: S311 - made-up patients
        self.share = self._random.random

    def of(self, topic: str) -> "Chance":
        """The stream of another topic of the same patient."""
        return Chance(*self._key, topic)

    def yes(self, share: float | str) -> bool:
        """True with this probability, or with that of a parameter."""
        return self.share() < (number(share) if isinstance(share, str) else share)

    def normal(
        self, mean: float, sd: float, low: float = -math.inf, high: float = math.inf
    ) -> float:
        """A normal draw, brought back to the limits."""
        return min(max(self._random.gauss(mean, sd), low), high)

    def near(self, name: str, low: float = -math.inf, high: float = math.inf) -> float:
        """A normal draw of a parameter whose spread is called the same with ``_sd``."""
        return self.normal(number(name), number(f"{name}_sd"), low, high)

    def lognormal(self, median: float, sigma: float) -> float:
        """A log-normal draw; sigma is the spread of the logarithm."""
        return median * math.exp(self._random.gauss(0, sigma))

    def skewed(self, mean: float, sd: float) -> float:
        """A log-normal draw by its own mean and standard deviation."""
        variance = math.log(1 + (sd / mean) ** 2)
        return self.lognormal(mean * math.exp(-variance / 2), math.sqrt(variance))

    def between(self, low: float, high: float) -> float:
        """Anything between the two."""
        return low + (high - low) * self.share()

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self._random.randint(low, high)

    def span(self, name: str) -> float:
        """Anything within a span of the distributions."""
        found = distributions().spans[name]
        return self.between(found.low, found.high)

    def days(self, name: str) -> timedelta:
        """Whole days within a span, both ends included."""
        found = distributions().spans[name]
        return timedelta(days=self.whole(int(found.low), int(found.high)))

    def wait(self, yearly: str) -> timedelta:
        """Until the next of what happens so often a year."""
        return timedelta(days=min(365.25 * self._random.expovariate(number(yearly)), 36525))

    def one_of(self, choices: Sequence[T]) -> T:
        """One of them, each as likely."""
        return choices[int(self.share() * len(choices))]

    def weighted(self, choices: Sequence[T], shares: Sequence[float]) -> T:
        """One of them, by their shares; the last takes what is left."""
        left = self.share()
        for choice, share in zip(choices[:-1], shares, strict=False):
            left -= share
            if left < 0:
                return choice
        return choices[-1]
