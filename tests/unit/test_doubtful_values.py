"""Cards of doubtful values: one for all of them, the newest first."""

from typing import Any

from tests.support import vignettes
from tests.support.vignettes import FOLDER, Case

Json = dict[str, Any]


def case_of(rule: str, title: str, **cells: str) -> Case:
    found = {case.title: case for case in vignettes.load(FOLDER / f"{rule}.yaml")}[title]
    return Case(rule, title, found.today, found.hook, {**found.cells, **cells})


def card_of(rule: str, title: str) -> Json:
    card = vignettes.evaluate(case_of(rule, title)).card
    assert card is not None
    return card


def test_the_newest_value_leads_and_the_others_follow() -> None:
    card = card_of("dq-implausible-value", "two tests, one card")
    assert card["summary"].startswith("Ignored: SNIP 300 cmH2O")
    assert "SNIP 300" not in card["detail"].partition("| Finding")[0]
    assert "Ignored: FVC 800%" in card["detail"]
    [suggestion] = card["suggestions"]
    task = suggestion["actions"][0]["resource"]
    assert task["reasonCode"]["text"].startswith("Ignored: SNIP 300")


def test_every_doubtful_value_is_evidence_as_it_was_sent() -> None:
    card = card_of("dq-implausible-value", "two tests, one card")
    evidence = card["extension"]["org.als-cdshooks"]["evidence"]
    assert [line["value"] for line in evidence] == ["300", "800"]
    assert all(line["resource"].startswith("Observation/") for line in evidence)


def test_doubts_of_every_kind_share_one_card() -> None:
    cells = {"FVC": "800 %, 9 days ago", "PaCO2": "38 mmHg, 10 days ago", "profile": "default"}
    card = vignettes.shared_card(case_of("dq-unit-missing", "SNIP without a unit", **cells))
    rules = card["extension"]["org.als-cdshooks"]["rules"]
    assert rules == ["dq-implausible-value", "dq-unit-missing"]
