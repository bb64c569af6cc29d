"""``cdshooks rules``: the description of each rule, in a terminal of any width."""

import json
import os
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cdshooks import rules
from cdshooks.cli import main
from cdshooks.knowledge import base
from cdshooks.rules.authoring import Rule
from cdshooks.services.catalogue import as_json, describe, index, index_as_json

Json = dict[str, Any]
KNOWLEDGE = base().profile("default")


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CDSHOOKS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["rules", *arguments])


def words(result: Result) -> str:
    return " ".join(result.stdout.split())


@pytest.mark.parametrize("arguments", [(), ("list",)])
def test_every_rule_is_listed_under_its_topic(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 0
    for topic in index(KNOWLEDGE).topics:
        assert topic.title in result.stdout
        for described in topic.rules:
            assert described.rule.id in result.stdout
            assert described.rule.title in words(result)
    assert "Not reviewed by a clinician. Profile default." in result.stdout


@pytest.mark.parametrize("rule", rules.load(), ids=str)
def test_a_rule_is_shown_with_its_table_numbers_and_sources(rule: Rule) -> None:
    described = describe(rule, KNOWLEDGE)
    result = run("show", rule.id)
    assert result.exit_code == 0
    text = words(result)
    assert "Not reviewed by a clinician." in text
    lines = (*described.says, *described.silent, *described.offers)
    lines += tuple(row.when for row in described.decisions if not row.off)
    assert all(line in text for line in lines)
    for number in described.numbers:
        assert number.value in text
    for _, source in described.sources:
        assert source.label in text


def test_a_row_that_is_off_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "C10" not in run("show", "niv-consider").stdout
    monkeypatch.setenv("CDSHOOKS_PROFILE", "seed-literal")
    shown = run("show", "niv-consider")
    assert "C10" in shown.stdout
    assert "profile seed-literal" in shown.stdout


def test_a_number_says_what_other_profiles_have() -> None:
    assert "under canada-2020: < 65%" in run("show", "niv-consider").stdout


@pytest.mark.parametrize("columns", ["60", "100"])
@pytest.mark.parametrize("arguments", [("list",), *(("show", r.id) for r in rules.load())])
def test_no_line_is_wider_than_the_terminal(
    columns: str, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert max(map(len, run(*arguments).stdout.splitlines())) <= int(columns)


def test_an_id_is_never_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    listed = run("list").stdout
    assert all(rule.id in listed for rule in rules.load())


def test_json_is_what_the_pages_answer() -> None:
    assert json.loads(run("list", "--json").stdout) == _plain(index_as_json(index(KNOWLEDGE)))
    rule = rules.load()[0]
    shown = json.loads(run("show", rule.id, "--json").stdout)
    assert shown == _plain(as_json(describe(rule, KNOWLEDGE)))


def _plain(body: Json) -> Json:
    plain: Json = json.loads(json.dumps(body))
    return plain


def test_an_unknown_rule_is_refused_in_a_line() -> None:
    result = run("show", "none-such")
    assert result.exit_code == 1
    assert result.stderr == "Error: no rule none-such; cdshooks rules list names them all\n"


def test_an_unknown_profile_is_refused_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDSHOOKS_PROFILE", "none-such")
    result = run("list")
    assert result.exit_code == 1
    assert "none-such: unknown; there are:" in result.stderr
