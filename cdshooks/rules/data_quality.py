"""What could not be read, so that silence is not taken for a clean check?"""

from typing import Annotated

from cdshooks.rules.authoring import (
    NotIndicated,
    NotRead,
    Outcome,
    Recommend,
    Row,
    State,
    Unread,
    decides,
    rule,
)
from cdshooks.rules.gates import als_drugs
from cdshooks.rules.states.population import Population, population

NAMED = 3
"""Searches that the summary names; the detail names them all."""
DECIDING = {"patient": "patient record", "conditions": "problem list"}
"""Searches that say who has ALS, in words."""
DIAGNOSIS = "All advice for which ALS must be known"
TITLES = 8
"""Rules that the detail names, those about safety first."""


@rule(
    "data-unavailable",
    title="Data that could not be read",
    hooks=(
        "patient-view",
        "order-sign",
        "encounter-start",
        "encounter-discharge",
        "appointment-book",
    ),
    kind="Q",
    group="DQ",
    sources=("product",),
    overrides=("need-more-info",),
    needs_als=False,
    leaves_out="Searches that this client is configured never to answer.",
)
@decides(
    Row("info", "A search failed whose answer a rule for this patient needed"),
    Row("info", "A drug for ALS is taken, and whether there is ALS could not be read"),
)
def data_unavailable(
    unread: Annotated[NotRead, Unread()],
    population: Annotated[Population, State(population)],
    taken: Annotated[frozenset[str], State(als_drugs)],
) -> Outcome:
    """
    Name the searches that failed and that a rule of this patient needed.

    taken: drugs for ALS. Whoever takes one may have it; all advice that needs the
    diagnosis is lost where the problem list cannot be read, and that is told.
    """
    blind = population.diagnosis == "unreadable" and bool(taken)
    deciding = (DECIDING[key] for key in population.failed if key in DECIDING)
    searches = tuple(dict.fromkeys((*(deciding if blind else ()), *unread.searches)))
    if not searches:
        return NotIndicated("everything needed was read")
    titles = (*((DIAGNOSIS,) if blind else ()), *unread.titles)
    first, more = searches[:NAMED], len(searches) - NAMED
    what = ", ".join(first) + (f" and {more} more" if more > 0 else "")
    return Recommend(
        summary=f"Could not read {what}: advice that needs this may be missing.",
        indicator="info",
        because=(
            f"Not checked, or checked without these data: {_named(titles)}.",
            "Nothing that was not read is taken as absent.",
        ),
        missing=tuple(f"{search} could not be read" for search in searches),
    )


def _named(titles: tuple[str, ...]) -> str:
    """The titles of rules, some of which hold commas; of many the first and how many more."""
    more = len(titles) - TITLES
    return "; ".join(titles[:TITLES]) + (f"; and {more} other rules" if more > 0 else "")
