"""The bytes of calls, and what came of them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from statistics import quantiles

Address = tuple[str, int]


@dataclass(slots=True)
class Load:
    """What came of a run: seconds, milliseconds of each call, answers by status.

    Status 0 is a call whose connection ended before its answer; none is sent twice.
    busy: how much of one CPU the client took; near 1, it would be what is measured.
    """

    seconds: float = 0.0
    busy: float = 0.0
    times: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def add(self, other: "Load") -> None:
        """Takes another run of the same kind in."""
        self.busy = max(self.busy, other.busy)
        self.seconds += other.seconds
        self.times += other.times
        self.statuses += other.statuses

    @property
    def rate(self) -> float:
        """Calls a second."""
        return len(self.times) / self.seconds

    def percentile(self, which: int) -> float:
        """Milliseconds within which so many in a hundred calls were answered."""
        return quantiles(self.times, n=100, method="inclusive")[which - 1]


def post(address: Address, path: str, body: bytes, token: str = "") -> bytes:
    """The bytes of one call."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {address[0]}:{address[1]}"]
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"Authorization: Bearer {token}"] if token else []
    return "\r\n".join([*lines, "\r\n"]).encode() + body


def by_turns(address: Address, path: str, bodies: Sequence[bytes]) -> Iterator[bytes]:
    """Calls with each body in turn, without end."""
    return cycle([post(address, path, body) for body in bodies])
