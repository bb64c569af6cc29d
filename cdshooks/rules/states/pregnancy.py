"""Is a pregnancy on record, or breast-feeding?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from cdshooks.rules.authoring import (
    Entries,
    Entry,
    Latest,
    Listed,
    Missing,
    Patient,
    Person,
    Reading,
    Reported,
    derived,
    failed_in,
)

STATED, TESTED = "pregnancy_status_days", "pregnancy_test_days"


@dataclass(frozen=True, slots=True)
class Pregnancy:
    """What tells of a pregnancy that nothing later denies, and of breast-feeding.

    failed: searches that could hold more and did not answer.
    """

    signs: tuple[Entry | Reading, ...] = ()
    feeding: tuple[Entry, ...] = ()
    failed: tuple[str, ...] = ()


@derived
def pregnancy(
    person: Annotated[Person, Patient()],
    listed: Annotated[Entries, Listed("pregnancy", lookback=STATED)],
    stated: Annotated[Entries, Reported("pregnancy-status", lookback=STATED, answer="pregnant")],
    tested: Annotated[
        Entries, Reported("pregnancy-test", lookback=TESTED, answer="pregnancy-test-positive")
    ],
    negative: Annotated[
        Entries, Reported("pregnancy-test", lookback=TESTED, answer="pregnancy-test-negative")
    ],
    hormone: Annotated[Reading | Missing, Latest("pregnancy-hormone", lookback=TESTED)],
    denied: Annotated[
        Entries, Reported("pregnancy-status", lookback=TESTED, answer="not-pregnant")
    ],
    feeding: Annotated[Entries, Listed("breast-feeding")],
) -> Pregnancy:
    """
    Signs of a pregnancy, of somebody who is not a man.

    listed and stated: of the last 300 days, since no pregnancy lasts longer.
    tested: positive. hormone: above the laboratory's limit, without one from 25 [IU]/L on.
    denied and negative: a later statement or test that there is none silences.
    """
    if person.sex == "male":
        return Pregnancy()
    signs: list[Entry | Reading] = [*listed, *stated, *tested]
    against: list[Entry | Reading] = [*_denying(denied, negative, tested)]
    if isinstance(hormone, Reading):
        (signs if _raised(hormone) else against).append(hormone)
    none = max((sign.day or date.min for sign in against), default=None)
    return Pregnancy(
        tuple(e for e in signs if none is None or (e.day or date.min) > none),
        tuple(feeding),
        failed_in(listed, stated, feeding),
    )


def _denying(denied: Entries, negative: Entries, tested: Entries) -> Iterator[Entry]:
    """Statements and tests that there is no pregnancy.

    A bare yes answers both questions to a test, and means that it is positive.
    """
    positive = {origin for entry in tested for origin in entry.origins}
    yield from denied
    yield from (entry for entry in negative if positive.isdisjoint(entry.origins))


def _raised(hormone: Reading) -> bool:
    """Whether so much of the hormone shows a pregnancy; the assumed limit itself does."""
    limit = hormone.upper_limit
    if limit is None or hormone.bound in ("<", "≤"):
        return False
    return hormone.value > limit.value or (
        limit.source == "assumed" and hormone.value == limit.value
    )
