"""Whether something that was measured is within its limit."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """One budget: what it is about, what was measured, the limit, and whether it is kept."""

    what: str
    measured: float
    limit: float
    unit: str
    at_least: bool = False

    @property
    def kept(self) -> bool:
        """Whether the measurement is within the limit."""
        if self.at_least:
            return self.measured >= self.limit
        return self.measured <= self.limit
