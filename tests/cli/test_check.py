"""``cdshooks check``: what is wrong, where, and the verdict in the last line."""

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cdshooks import knowledge, rules
from cdshooks.cli import main
from cdshooks.knowledge import loader
from cdshooks.knowledge.model import DraftFile
from cdshooks.rules.authoring import Row, decides
from cdshooks.rules.authoring.decides import _rows
from cdshooks.services.answer import Site
from cdshooks.services.checks import Fault, unchecked, variants, wrong
from tests.support.stores import Postgres
from tests.support.tokens import ISSUER, entry, toml

BASE = knowledge.base()
SITE = Site(BASE.profile("default"), UTC, "http://cds.example.org")
Edit = Callable[[str, str, str], None]


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CDSHOOKS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edit:
    """Replaces a text in a copy of the knowledge files, which is then the one in use."""
    root = tmp_path / "knowledge"
    shutil.copytree(Path(str(files("cdshooks.knowledge"))), root)

    def edited(file: str, old: str, new: str) -> None:
        path = root / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        monkeypatch.setattr(knowledge, "base", lambda: loader.base(root))

    return edited


def check() -> Result:
    return CliRunner().invoke(main, ["check"])


def last(result: Result) -> str:
    return result.stdout.splitlines()[-1]


def site_with(**changed: Any) -> Site:
    return replace(SITE, knowledge=replace(BASE, **changed).profile("default"))


def test_what_is_shipped_is_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("CDSHOOKS_AUTH", "off")
    # After a year, numbers are to be looked at again.
    monkeypatch.setenv("CDSHOOKS_TODAY", "2026-12-01")
    result = check()
    assert result.exit_code == 0, result.output
    assert last(result).startswith(f"Fit: {len(rules.load())} rules, {len(BASE.parameters)} ")
    assert last(result).endswith("profile default.")
    assert "Wrong" not in result.stdout


def test_what_no_standard_code_reaches_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    result = check()
    assert "Not taken to be recorded in coded form here (" in result.stdout
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert "  Sniff nasal inspiratory pressure, magnitude (snip)" in lines
    monkeypatch.setenv("CDSHOOKS_PROFILE", "captures-all")
    assert "No standard code" not in check().stdout


@pytest.mark.parametrize(
    ("codes", "verdict", "shown"),
    [
        ('{snip: ["https://hospital.example/codes|SNIFF-1"]}', "Fit", False),
        ('{snip: ["SNIFF-1"]}', "Not fit: 1 error.", False),
    ],
)
def test_codes_of_the_site_are_checked_and_leave_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codes: str, verdict: str, shown: bool
) -> None:
    path = tmp_path / "ours.yaml"
    path.write_text(f"meaning: Ours.\ncodes: {codes}\n", encoding="utf-8")
    monkeypatch.setenv("CDSHOOKS_PROFILE", f"default,{path}")
    result = check()
    assert last(result).startswith(verdict) or verdict in result.stdout
    assert ("(snip)" in result.stdout) == shown
    assert ("ours.yaml" in result.stdout and "codes.snip" in result.stdout) == ("Not" in verdict)


@pytest.mark.parametrize("columns", ["60", "100"])
def test_no_line_is_wider_than_the_terminal(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert max(map(len, check().stdout.splitlines())) <= int(columns)


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDSHOOKS_TIMEZONE", "Mars/Olympus")
    result = check()
    assert result.exit_code == 1
    assert "CDSHOOKS_TIMEZONE: expected a time zone" in result.stdout
    assert last(result) == "Not fit: 1 error."


def test_an_unknown_profile_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDSHOOKS_PROFILE", "none-such")
    result = check()
    assert result.exit_code == 1
    assert "profile: none-such: unknown" in result.stdout


def test_a_wrong_knowledge_file_is_named_with_its_key(edit: Edit) -> None:
    edit("parameters/niv.yaml", "mark: V", "mark: certain")
    result = check()
    assert result.exit_code == 1
    assert "niv.yaml: resp_value_max_age_days.mark" in result.stdout
    assert last(result) == "Not fit: 1 error."


def test_a_profile_that_points_nowhere_is_named_though_another_is_in_force(edit: Edit) -> None:
    edit("profiles/canada-2020.yaml", "vc_asymptomatic_lt", "vc_asymptomatic")
    result = check()
    assert result.exit_code == 1
    assert "canada-2020.yaml: vc_asymptomatic: no such parameter" in result.stdout


def test_a_parameter_that_a_rule_needs_and_nobody_gives_is_named(edit: Edit) -> None:
    edit("parameters/niv.yaml", "repeat_after_days:", "repeat_after:")
    result = check()
    assert result.exit_code == 1
    assert "start: nothing named 'repeat_after_days'" in result.stdout
    assert "rule niv-consider: nothing named 'repeat_after_days'" in result.stdout
    assert last(result) == "Not fit: 2 errors."


def test_what_the_loader_did_not_foresee_is_a_line_and_no_traceback(edit: Edit) -> None:
    edit("products/riluzole.csv", "system,code,display", "system,number,display")
    result = check()
    assert result.exit_code == 1
    assert "riluzole.csv: (columns): expected system, code" in result.stdout


def test_a_draft_that_is_not_valid_is_named_with_its_element(edit: Edit) -> None:
    edit("drafts/riluzole.yaml", "intent: order", "intent: [order]")
    result = check()
    assert result.exit_code == 1
    assert "draft hepatic-panel: intent" in result.stdout


def test_a_rule_without_its_source_or_reason_is_named() -> None:
    sources = {k: v for k, v in BASE.sources.items() if k != "bourke-2006"}
    overrides = {k: v for k, v in BASE.overrides.items() if k != "patient-declined"}
    found = list(wrong(site_with(sources=sources, overrides=overrides)))
    assert Fault("rule niv-consider", "no source 'bourke-2006'") in found
    assert Fault("rule niv-consider", "no override reason 'patient-declined'") in found


def test_a_rule_whose_table_names_no_parameter_is_named() -> None:
    rule = next(rule for rule in rules.load() if rule.id == "riluzole-food-timing")
    before = _rows[rule.function]
    try:
        decides(Row("info", "More than {none_such}"))(rule.function)
        found = list(wrong(SITE))
    finally:
        _rows[rule.function] = before
    assert found == [Fault("rule riluzole-food-timing", "nothing named 'none_such'")]


def test_a_draft_is_tried_with_every_slot_full_and_empty() -> None:
    template = BASE.drafts["home-niv"].resource
    tried = list(variants(template))
    assert len(tried) == 16
    assert {one["priority"] for one in tried} == {"routine", "urgent"}
    for element in ("encounter", "reasonCode", "reasonReference"):
        assert {element in one for one in tried} == {True, False}


def test_a_correction_is_tried_on_an_order_and_nothing_else_is_helped() -> None:
    correction = BASE.drafts["riluzole-50-mg-every-12-hours"].resource
    assert all(one["medicationCodeableConcept"] for one in variants(correction))
    bare = DraftFile(
        label="x", description="x", resource={"resourceType": "ServiceRequest", "status": "draft"}
    )
    found = list(wrong(site_with(drafts={**BASE.drafts, "bare": bare})))
    assert {fault.where for fault in found} == {"draft bare"}
    order = {"resourceType": "MedicationRequest", "status": "draft"}
    assert all("subject" not in one for one in variants(order))
    odd = DraftFile(label="x", description="x", resource={"resourceType": "Spell"})
    assert [str(f) for f in wrong(site_with(drafts={**BASE.drafts, "odd": odd}))] == [
        "draft odd: resourceType: expected a resource type of FHIR R4"
    ]


def test_a_number_is_due_for_another_look_after_a_year() -> None:
    checked = SITE.knowledge.parameters["vc_symptomatic_lt"].checked
    exactly = date(checked.year + 1, checked.month, checked.day)
    assert (exactly - checked).days == 365
    assert unchecked(SITE.knowledge, exactly) == ()
    late = unchecked(SITE.knowledge, date(exactly.year, exactly.month, exactly.day + 1))
    assert f"niv.yaml: vc_symptomatic_lt last checked {checked}" in map(str, late)


def test_what_is_due_for_another_look_is_a_warning_and_no_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CDSHOOKS_AUTH", "off")
    monkeypatch.setenv("CDSHOOKS_TODAY", "2028-01-01")
    monkeypatch.setenv("COLUMNS", "200")
    result = check()
    assert result.exit_code == 0
    assert f"Look again ({len(BASE.parameters)})" in result.stdout
    assert last(result).startswith(f"Fit, {len(BASE.parameters)} to look at again:")


@pytest.fixture
def trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Configures a trusted-clients file with these clients."""

    def configured(*entries: Any, url: str = "https://cds.example.org") -> None:
        file = tmp_path / "clients.toml"
        file.write_text(toml(*entries))
        monkeypatch.setenv("CDSHOOKS_TRUSTED_CLIENTS", str(file))
        monkeypatch.setenv("CDSHOOKS_PUBLIC_URL", url)
        monkeypatch.setenv("COLUMNS", "400")

    return configured


def test_mistakes_about_trusted_clients_are_shown(trust: Callable[..., None]) -> None:
    trust(entry(fetch="maybe"), entry(iss="urn:b", algorithms=["HS256"]), url="http://a.org")
    result = check()
    assert result.exit_code == 1
    assert f"  clients.toml: client 1 ({ISSUER}): fetch: expected allowed or never" in result.stdout
    assert "  clients.toml: client 2 (urn:b): algorithms: expected one or more" in result.stdout
    assert "  CDSHOOKS_PUBLIC_URL: expected the https address" in result.stdout
    assert last(result) == "Not fit: 3 errors."


def test_doubts_about_trusted_clients_are_shown(trust: Callable[..., None]) -> None:
    trust(entry(never_sends=["weather"]))
    result = check()
    assert result.exit_code == 0
    assert "never_sends: no service asks for 'weather'" in result.stdout
    assert re.match(r"Fit, \d+ to look at again:", last(result))


def test_the_file_is_looked_at_even_while_authentication_is_off(
    trust: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    trust(entry(fetch="maybe"), url="http://a.org")
    monkeypatch.setenv("CDSHOOKS_AUTH", "off")
    assert last(check()) == "Not fit: 1 error."


def test_an_installation_that_trusts_nobody_yet_is_told_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    result = check()
    assert result.exit_code == 0
    assert "CDSHOOKS_TRUSTED_CLIENTS: expected a TOML file" in result.stdout


def test_a_database_must_answer_and_have_the_form_of_this_version(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres.database() as address:
        monkeypatch.setenv("CDSHOOKS_DATABASE_URL", address)
        old = check()
        assert old.exit_code == 1
        assert "run cdshooks db upgrade" in " ".join(old.stdout.split())
        CliRunner().invoke(main, ["db", "upgrade"])
        unhashed = check()
        assert unhashed.exit_code == 1
        assert "CDSHOOKS_HASH_KEY: needed with PostgreSQL" in unhashed.stdout
        monkeypatch.setenv("CDSHOOKS_HASH_KEY", "k" * 32)
        assert check().exit_code == 0
    monkeypatch.setenv("CDSHOOKS_DATABASE_URL", "postgresql://u:a-password@127.0.0.1:1/none")
    unreachable = check()
    assert unreachable.exit_code == 1
    said = " ".join(unreachable.stdout.split())
    assert "CDSHOOKS_DATABASE_URL: the store does not answer" in said
    assert "port 1" in said
    assert "Connection refused" in said
    assert "a-password" not in unreachable.stdout


def test_what_has_to_be_mended_stands_where_the_terminal_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CDSHOOKS_TRUSTED_CLIENTS", "/nowhere/clients.toml")
    lines = check().stdout.splitlines()
    [wrong_] = [number for number, line in enumerate(lines) if line.startswith("Wrong (")]
    [listed] = [number for number, line in enumerate(lines) if line.startswith("Not taken")]
    assert listed < wrong_
    assert "/nowhere/clients.toml: cannot be read" in " ".join(lines[wrong_:])


def test_a_slip_in_the_name_of_a_variable_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("CDSHOOKS_AUTH", "off")
    monkeypatch.setenv("CDSHOOKS_PROFIL", "eu")
    monkeypatch.setenv("CDSHOOKS_PORT", "tcp://10.0.0.1:80")
    monkeypatch.setenv("CDSHOOKS_SERVICE_HOST", "10.0.0.1")
    said = check().stdout
    assert "CDSHOOKS_PROFIL: no such setting; is CDSHOOKS_PROFILE meant?" in said
    assert "CDSHOOKS_PORT" not in said
    assert "CDSHOOKS_SERVICE_HOST" not in said


def test_rules_that_are_switched_off_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ours.yaml"
    path.write_text("meaning: Ours.\nswitched_off: [niv-consider]\n", encoding="utf-8")
    monkeypatch.setenv("CDSHOOKS_PROFILE", f"default,{path}")
    result = check()
    assert result.exit_code == 0
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert lines[lines.index("Switched off here (1)") + 1].endswith("(niv-consider)")
