"""Drafts that are too many together are told of once, with the first of them."""

from dataclasses import replace

import pytest

from cdshooks import rules
from cdshooks.engine import run
from cdshooks.rules.authoring import Recommend
from tests.support import vignettes

RULE = "anticholinergic-thick-secretions-duplicate"
[LOAD] = [rule for rule in rules.load() if rule.id == RULE]
CASE = next(vignettes.load(vignettes.FOLDER / f"{RULE}.yaml"))


def told_with(orders: str, record: str) -> list[str]:
    """The drafts of which the rule speaks."""
    case = replace(CASE, cells=dict(CASE.cells) | {"orders": orders, "record": record})
    found = run([LOAD], vignettes.view_of(case))
    return [f.order.label for f in found if f.order and isinstance(f.outcome, Recommend)]


@pytest.mark.parametrize(
    ("orders", "record", "told"),
    [
        ("197738 + 226552", "ALS", ["glycopyrronium"]),
        ("226552 + 197738", "ALS", ["scopolamine"]),
        ("313413 + 226552 + 197738", "ALS", ["scopolamine"]),
        ("226552", "ALS + prescription 704 active, 20 days ago", ["scopolamine"]),
        ("197738", "ALS", []),
    ],
)
def test_several_anticholinergics_are_told_with_the_first_draft(
    orders: str, record: str, told: list[str]
) -> None:
    assert told_with(orders, record) == told
