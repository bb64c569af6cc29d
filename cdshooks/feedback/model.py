"""What is written down of cards and of what clinicians did with them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from cdshooks.feedback.tables import NAME

Acted = Literal["accepted", "overridden"]
Silenced = Literal["accepted", "overridden", "shown"]
"""Why a rule keeps silent: what was reported, or that it speaks only once in a while."""
SHOWING = timedelta(hours=24)
"""Within this time of the first, advice that is seen again is the same showing."""
Ordered = tuple[str, tuple[str, ...]]
"""What a suggestion creates: a FHIR type, and the codes of what is ordered."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The client of a call; both are empty without client authentication."""

    client: str = ""
    tenant: str = ""

    @classmethod
    def named(cls, client: str | None, tenant: str | None) -> "Caller":
        """A caller by names of any length and content, as they come from a token."""
        return cls(_column(client or ""), _column(tenant or ""))


def _column(name: str) -> str:
    """The name, or a hash in its place where a database would not take it."""
    fits = len(name) <= NAME and name.isprintable()
    return name if fits else hashlib.sha256(name.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class IssuedRule:
    """One rule of a card as it stood: its level, what it met, and on which facts.

    criteria: names of what was met. evidence: fingerprints of the facts.
    once_days: days in which it speaks once; None for advice that is repeated.
    """

    rule: str
    indicator: str
    criteria: frozenset[str] = frozenset()
    evidence: frozenset[str] = frozenset()
    once_days: int | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """A card that went out.

    patient, user: keyed hashes. order: the fingerprint of the draft it is about.
    goals: the fingerprint of the goals of care at that moment.
    reasons: codes of the override reasons that it offered.
    suggestions: what each suggestion creates, by its uuid.
    day, at: the calendar day and the instant as of which it was judged.
    """

    uuid: str
    caller: Caller
    service: str
    hook: str
    indicator: str
    patient: str
    user: str | None
    order: str | None
    goals: str
    reasons: tuple[str, ...]
    suggestions: Mapping[str, tuple[Ordered, ...]]
    knowledge: str
    day: date
    at: datetime
    rules: tuple[IssuedRule, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a card was overridden, as the client coded it."""

    code: str
    system: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a clinician did with one card, as the client reports it.

    at: when, by the client's clock. suggestions: uuids of those accepted.
    """

    card: str
    outcome: Acted
    at: datetime
    suggestions: tuple[str, ...] = ()
    reason: Reason | None = None
    comment: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Snooze:
    """Why, since when and for how long at most a rule keeps silent about a patient.

    ends_with: what besides time ends it: a change of the ``evidence`` or of the ``goals``.
    orders: what an accepted card created, whose withdrawal ends it.
    day, at: as of when the card was judged; reported: when its outcome was.
    """

    card: str
    rule: str
    patient: str
    outcome: Silenced
    reason: str | None
    ends_with: str | None
    indicator: str
    criteria: frozenset[str]
    evidence: frozenset[str]
    goals: str
    order: str | None
    orders: tuple[Ordered, ...]
    day: date
    at: datetime
    until: datetime
    reported: datetime
