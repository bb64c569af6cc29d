"""A profile of a site that switches rules off: silent, said so wherever the rule is shown."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cdshooks.app import create_app
from cdshooks.errors import KnowledgeInvalid
from cdshooks.knowledge import base
from cdshooks.rules import load
from cdshooks.services.catalogue import describe
from cdshooks.services.profiles import under
from cdshooks.settings import DemoSettings
from tests.support import calls

Json = dict[str, Any]
Written = Callable[[str], str]
NIV = next(rule for rule in load() if rule.id == "niv-consider")


@pytest.fixture
def profile(tmp_path: Path) -> Written:
    """Writes a profile of a site and gives its path."""

    def written(off: str) -> str:
        path = tmp_path / "ours.yaml"
        path.write_text(f"meaning: Our site.\nswitched_off: {off}\n", encoding="utf-8")
        return str(path)

    return written


def traced(*profiles: str) -> tuple[list[str], Json]:
    """The summaries of the cards of a call, and what each rule concluded."""
    settings = DemoSettings(
        auth="off",
        public_url=calls.URL,
        today=calls.NOW,
        profile=profiles,
        database_url="sqlite://",
    )
    client = create_app(settings).test_client()
    body = calls.example_request("bulbar-onset-fvc-falling", "patient-view")
    reply = json.loads(client.post(calls.path_of("patient-view"), json=body).data)
    lines = reply["extension"]["org.als-cdshooks"]["trace"]
    return [card["summary"] for card in reply["cards"]], {line["rule"]: line for line in lines}


def test_a_rule_that_is_off_is_silent_and_the_trace_says_why(profile: Written) -> None:
    cards, trace = traced("default", profile("[niv-consider]"))
    assert not any("Consider NIV" in summary for summary in cards)
    assert trace["niv-consider"]["outcome"] == "not indicated"
    assert trace["niv-consider"]["because"] == "switched off here, by a profile of this site"
    usual, _ = traced("default")
    assert any("Consider NIV" in summary for summary in usual)


def test_a_rule_that_is_off_is_described_as_off(profile: Written) -> None:
    here, elsewhere = (
        describe(NIV, under([profile("[niv-consider]")])),
        describe(NIV, under(["default"])),
    )
    assert here.off
    assert here.silent[0] == "Always: a profile of this site switches it off"
    assert not elsewhere.off
    assert here.silent[1:] == elsewhere.silent


def test_profiles_add_up_in_what_they_switch_off(profile: Written, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("meaning: Other.\nswitched_off: [riluzole-consider]\n", encoding="utf-8")
    known = under([profile("[niv-consider]"), str(other)])
    assert known.off == {"niv-consider", "riluzole-consider"}
    assert under(["default"]).off == frozenset()
    assert known.version != under(["default"]).version


@pytest.mark.parametrize(
    ("off", "problem"),
    [
        ("[niv-considder]", "profile ours: switched_off.niv-considder: no such rule"),
        ("[data-unavailable]", "switched_off.data-unavailable: tells what could not be read"),
        ("niv-consider", "ours.yaml: switched_off: "),
    ],
)
def test_what_cannot_be_switched_off_is_refused_with_its_name(
    profile: Written, off: str, problem: str
) -> None:
    with pytest.raises(KnowledgeInvalid) as refused:
        under([profile(off)])
    assert problem in str(refused.value)


def test_no_shipped_profile_switches_a_rule_off() -> None:
    assert not any(file.switched_off for file in base().profiles.values())
