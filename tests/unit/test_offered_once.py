"""One need, one offer: of two drafts for the same, a response makes the one for now."""

from dataclasses import replace

import pytest

from cdshooks.knowledge import base
from tests.support import vignettes

CASE = next(vignettes.load(vignettes.FOLDER / "eol-anticipatory-prescribing.yaml"))
DYING = "ALS + order last-days, 3 days ago"
BREATHLESS = f"{DYING} + condition dyspnea, 2 days ago"
PARCHED = f"{DYING} + condition troublesome-secretions, 2 days ago"
CONFUSED = f"{DYING} + condition delirium, 2 days ago"


def offered(record: str, **cells: str) -> list[str]:
    """What the card offers that tells of anticipatory medicines, with all that shares it."""
    case = replace(CASE, cells=dict(CASE.cells) | {"record": record} | cells)
    return [s["label"] for s in vignettes.shared_card(case).get("suggestions", [])]


@pytest.mark.parametrize(
    ("record", "now", "later"),
    [
        (BREATHLESS, "Propose an opioid for breathlessness", "Propose an anticipatory opioid"),
        (
            BREATHLESS,
            "Propose a benzodiazepine beside it",
            "Propose an anticipatory benzodiazepine",
        ),
        (PARCHED, "Propose glycopyrronium", "Propose an anticipatory drying drug"),
        (CONFUSED, "Propose a low-dose antipsychotic", "Propose an anticipatory antipsychotic"),
    ],
)
def test_what_is_needed_now_is_not_offered_in_anticipation_too(
    record: str, now: str, later: str
) -> None:
    assert later in offered(DYING)
    said = offered(record)
    assert now in said
    assert later not in said


def test_what_speaks_against_the_drug_now_speaks_against_it_in_anticipation() -> None:
    said = offered(CONFUSED, QTc="510 ms, 10 days ago")
    assert not [label for label in said if "antipsychotic" in label]


def test_one_request_for_palliative_care_is_offered() -> None:
    case = next(vignettes.load(vignettes.FOLDER / "niv-withdrawal-plan.yaml"))
    record = "ALS + task ventilation-stop-request, 2 days ago"
    cells = dict(case.cells) | {"record": record, "pain": "8, 2 days ago"}
    withdrawal, pain = (
        [s["label"] for s in vignettes.shared_card(of)["suggestions"]]
        for of in (replace(case, cells=cells), replace(case, rule="pain-manage", cells=cells))
    )
    assert "Ask the palliative team now" in withdrawal
    assert "Refer to palliative care" not in pain
    assert "Propose an analgesic" in pain


def test_a_draft_gives_way_to_a_draft_that_there_is() -> None:
    drafts = base().drafts
    named = {name for draft in drafts.values() for name in draft.unless_offered}
    assert named
    assert named <= set(drafts)
