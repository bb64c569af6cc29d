"""What could not be read, so that silence is not taken for a clean check?"""

from typing import Annotated

from cdshooks.rules.authoring import (
    NotIndicated,
    NotRead,
    Outcome,
    Recommend,
    Row,
    Unread,
    decides,
    rule,
)

NAMED = 3
"""Searches that the summary names; the detail names them all."""
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
)
def data_unavailable(unread: Annotated[NotRead, Unread()]) -> Outcome:
    """Name the searches that failed and that a rule of this patient needed."""
    if not unread.searches:
        return NotIndicated("everything needed was read")
    first, more = unread.searches[:NAMED], len(unread.searches) - NAMED
    what = ", ".join(first) + (f" and {more} more" if more > 0 else "")
    return Recommend(
        summary=f"Could not read {what}: advice that needs this may be missing.",
        indicator="info",
        because=(
            f"Not checked, or checked without these data: {_named(unread.titles)}.",
            "Nothing that was not read is taken as absent.",
        ),
        missing=tuple(f"{search} could not be read" for search in unread.searches),
    )


def _named(titles: tuple[str, ...]) -> str:
    """The titles of rules, some of which hold commas; of many the first and how many more."""
    more = len(titles) - TITLES
    return "; ".join(titles[:TITLES]) + (f"; and {more} other rules" if more > 0 else "")
