"""A site's own codes: read like any other, asked for in prefetch, and refused when ill-formed."""

import json
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from cdshooks.app import create_app
from cdshooks.errors import KnowledgeInvalid
from cdshooks.knowledge import Code, Knowledge, base, of_site
from cdshooks.rules import load
from cdshooks.services.answer import Site, searches
from cdshooks.services.catalogue import describe, not_captured
from cdshooks.settings import Settings
from tests.support import calls

Json = dict[str, Any]
LAB = "https://hospital.example/codes"
NUMBER = "{value: 1, mark: PD, source: {guideline: product, locator: ours, checked: 2026-11-21}}"


def given(name: str, value: str) -> str:
    """A profile that gives one parameter a value."""
    return f"parameters: {{{name}: {NUMBER.replace('value: 1', f'value: {value}')}}}"


@pytest.fixture
def profile(tmp_path: Path) -> Any:
    """Writes a profile and gives the knowledge under it."""

    def written(text: str, *before: str) -> Knowledge:
        path = tmp_path / "our-site.yaml"
        path.write_text(f"meaning: Our site.\n{text}\n", encoding="utf-8")
        return of_site(base(), [*before, str(path)])

    return written


def test_a_code_of_a_measure_joins_its_value_set(profile: Any) -> None:
    known = profile(f'codes: {{snip: ["{LAB}|SNIFF-1"]}}')
    code = Code(LAB, "SNIFF-1")
    assert code in known.base.value_sets["snip"]
    assert code in known.base.measures["snip"].value_sets[0]
    assert code not in base().value_sets["snip"]


def test_a_code_joins_the_sets_that_include_its_own(profile: Any) -> None:
    known = profile('codes: {niv: ["urn:oid:1.2.3|NIV"]}')
    assert Code("urn:oid:1.2.3", "NIV") in known.base.value_sets["home-niv"]


@pytest.mark.parametrize("system", ["loinc", "http://loinc.org", "https://loinc.org/"])
def test_a_known_system_may_be_named_or_given_as_address(profile: Any, system: str) -> None:
    known = profile(f'codes: {{snip: ["{system}|99999-9"]}}')
    assert Code("loinc", "99999-9") in known.base.value_sets["snip"]


def test_a_code_that_is_there_already_is_not_doubled(profile: Any) -> None:
    known = profile('codes: {fvc-percent: ["loinc|19872-1", "loinc|1-8", "loinc|1-8"]}')
    written = [coding.written for coding in known.base.value_sets["fvc-percent"].codings]
    assert written.count("19872-1") == 1
    assert written.count("1-8") == 1


def test_what_a_site_gives_a_code_counts_as_recorded(profile: Any) -> None:
    known = profile(f'codes: {{snip: ["{LAB}|SNIFF-1"]}}')
    assert known.captured("snip")
    assert not base().profile("default").captured("snip")
    assert not any("(snip)" in line for line in not_captured(known))
    assert any("(snip)" in line for line in not_captured(base().profile("default")))


def test_the_search_asks_for_the_code(profile: Any) -> None:
    known = profile(f'codes: {{snip: ["{LAB}|SNIFF-1"]}}')
    asked = searches("patient-view", Site(known, UTC, calls.URL))
    [breathing] = [search for search in asked if "19872-1" in search.query]
    assert "SNIFF-1" in breathing.query
    assert len(breathing.query) < 2000


def test_the_evidence_page_shows_the_code_as_the_sites_own(profile: Any) -> None:
    known = profile(f'codes: {{snip: ["{LAB}|SNIFF-1"]}}')
    [rule] = [rule for rule in load() if rule.id == "niv-consider"]
    lines = [line for read in describe(rule, known).reads for line in read.codes]
    [line] = [line for line in lines if line.code == "SNIFF-1"]
    assert (line.system, line.confidence) == (LAB, "this site's own code, from its profile")


def test_the_version_of_the_knowledge_changes_with_the_code(profile: Any) -> None:
    one = profile(f'codes: {{snip: ["{LAB}|SNIFF-1"]}}').version
    other = profile(f'codes: {{snip: ["{LAB}|SNIFF-2"]}}').version
    assert one != other


def test_codes_of_several_profiles_add_up_and_numbers_overlay(profile: Any) -> None:
    known = profile(f'codes: {{snip: ["{LAB}|SNIFF-1"]}}', "canada-2020")
    assert known.profiles == ("canada-2020", "our-site")
    assert known.parameters["vc_alone_lt"] == base().parameters["vc_alone_lt"]
    assert known.parameters["vc_asymptomatic_lt"].value == 65
    assert Code(LAB, "SNIFF-1") in known.base.value_sets["snip"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('codes: {sniff: ["loinc|1-8"]}', "codes.sniff: no such measure or value set"),
        ('codes: {vc-percent: ["loinc|1-8"]}', "which of its value sets: fvc-percent, svc-percent"),
        ('codes: {snip: ["1-8"]}', "codes.snip: '1-8' is not system|code"),
        ('codes: {snip: ["loinc|"]}', "is not system|code"),
        ('codes: {snip: ["|1-8"]}', "is not system|code"),
        ('codes: {snip: ["lionc|1-8"]}', "is not system|code"),
        ('codes: {snip: ["loinc|1-8,2-6"]}', "is not system|code"),
        ('codes: {snip: ["loinc|1 8"]}', "is not system|code"),
        ('codes: {snip: ["loinc|1-8&_count=9"]}', "is not system|code"),
        ('codes: {snip: "loinc|1-8"}', "codes.snip"),
        ("captures: [sniff]", "captures.sniff: no such concept"),
        ("codez: {}", "codez: no such key; a profile has meaning, parameters, captures, codes"),
        ("off: [niv-consider]", "False: no such key"),
        ("codes: snip", "codes: expected keys with values; a profile has meaning, parameters"),
        (
            given("region", "US").replace("mark: PD", "mark: Z"),
            "region.mark: expected 'V', 'V secondary'",
        ),
        (given("region", "US").replace("2026-11-21", "lately"), "checked: expected a day, such as"),
        ("parameters: {vc_asymptomatic_lt: 60}", "vc_asymptomatic_lt: expected keys with values"),
        ("parameters: {vc_asymptomatic_lt: {value: 60}}", "vc_asymptomatic_lt.mark: is missing"),
        (given("vc_asymptomatic_lt", '"60"'), "vc_asymptomatic_lt: value: expected a number"),
        (given("vc_asymptomatic_lt", "true"), "vc_asymptomatic_lt: value: expected a number"),
        (given("vc_asymptomatic_lt", "-5"), "value: expected a number, 0 or more, in %"),
        (given("vc_asymptomatic_lt", '60, operator: ">"'), "operator: expected < or <="),
        (given("resp_value_max_age_days", "null"), "value: expected a number"),
        (given("resp_value_max_age_days", "1.5"), "expected a whole number of days, 0 to 36525"),
        (given("resp_value_max_age_days", "36526"), "expected a whole number of days, 0 to 36525"),
        (given("pft_due_days", "-1"), "value: expected a number, 0 or more, in d"),
        (given("resp_value_max_age_days", '9, operator: ">"'), "operator: expected none"),
        (given("broad_codes_are_als", "1"), "value: expected true or false"),
        (given("region", "DE"), "value: expected one of US, EU, CH"),
        (given("region", "null"), "value: expected one of US, EU, CH"),
        (f"parameters: {{fvc_any: {NUMBER}}}", "fvc_any: no such parameter"),
    ],
)
def test_a_profile_that_says_what_cannot_be_is_refused_with_file_and_key(
    profile: Any, text: str, problem: str
) -> None:
    with pytest.raises(KnowledgeInvalid) as refusal:
        profile(text)
    assert problem in str(refusal.value)
    assert "our-site.yaml" in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("resp_value_max_age_days", "0"), ("pft_due_days", "36525"), ("days_per_month", "30.5")],
)
def test_days_are_whole_and_a_month_need_not_be(profile: Any, name: str, value: str) -> None:
    assert str(profile(given(name, value)).parameters[name].value) == value


def test_a_profile_is_not_called_like_a_shipped_one(tmp_path: Path) -> None:
    path = tmp_path / "eu.yaml"
    path.write_text("meaning: Ours.\n", encoding="utf-8")
    with pytest.raises(KnowledgeInvalid, match=r"a profile of this name is shipped"):
        of_site(base(), [str(path)])


def test_a_profile_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeInvalid, match=r"nowhere\.yaml"):
        of_site(base(), [str(tmp_path / "nowhere.yaml")])


def test_a_value_under_the_sites_own_code_reaches_a_card(tmp_path: Path) -> None:
    path = tmp_path / "our-site.yaml"
    path.write_text(f'meaning: Ours.\ncodes: {{snip: ["{LAB}|SNIFF-1"]}}\n', encoding="utf-8")
    settings = Settings(
        auth="off", public_url=calls.URL, today=calls.NOW, profile=("default", str(path))
    )
    body = calls.example_request("snip-low-with-orthopnea-fvc-normal", "patient-view")
    body = json.loads(
        json.dumps(body).replace(
            '"system": "http://als-cdshooks.org/CodeSystem/als-cds", "code": "snip"',
            f'"system": "{LAB}", "code": "SNIFF-1"',
        )
    )
    assert any("SNIP 36" in summary for summary in _summaries(settings, body))
    assert not any("SNIP 36" in summary for summary in _summaries(calls.settings(), body))


def _summaries(settings: Settings, body: Json) -> list[str]:
    reply = create_app(settings).test_client().post(calls.path_of("patient-view"), json=body)
    return [card["summary"] for card in json.loads(reply.data)["cards"]]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vc_asymptomatic_lt", "60"),
        ("vc_asymptomatic_lt", "62.5"),
        ("vc_asymptomatic_lt", '60, operator: "<="'),
        ("vc_asymptomatic_lt", "null"),
        ("jurisdiction", "null"),
        ("jurisdiction", "UK"),
        ("broad_codes_are_als", "true"),
    ],
)
def test_a_value_of_the_kind_of_the_number_is_taken(profile: Any, name: str, value: str) -> None:
    written = str(profile(given(name, value)).parameters[name].value)
    assert written.lower() == value.split(",")[0].replace("null", "none").lower()


def test_a_file_that_is_no_yaml_is_refused_in_a_line(profile: Any) -> None:
    with pytest.raises(KnowledgeInvalid) as refusal:
        profile("codes: {snip: [")
    assert "our-site.yaml: (file): not YAML: " in str(refusal.value)
    assert "line 3, column 1" in str(refusal.value)
    assert "\n" not in str(refusal.value)
