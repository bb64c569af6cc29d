"""The description of a rule: complete, in plain words, and true to the profile in force."""

from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

import pytest

from cdshooks import rules
from cdshooks.knowledge import base
from cdshooks.rules.authoring import (
    Agreed,
    Allergic,
    Booked,
    Captured,
    Communicated,
    Delete,
    Documented,
    Draft,
    Enrolled,
    Entries,
    Filed,
    Found,
    InFamily,
    Input,
    InUse,
    Involved,
    Latest,
    Limits,
    Listed,
    Medication,
    Meets,
    NotIndicated,
    OneOf,
    Order,
    Ordered,
    Outcome,
    Patient,
    Performed,
    Recommend,
    Refused,
    Related,
    Reported,
    Rule,
    Series,
    Studied,
    Tasked,
    Together,
    Visited,
    gates,
)
from cdshooks.services.catalogue import amount, as_json, describe, index, index_as_json
from cdshooks.services.catalogue.code import compared, named, states_of
from cdshooks.services.catalogue.plain import HOOKS, SYSTEMS, TOPICS, paragraphs, question, topic
from cdshooks.services.catalogue.reads import reads
from tests.support.line import made

KNOWLEDGE = base().profile("default")
EVERY = rules.load()


def rule(id: str) -> Rule:
    return next(rule for rule in EVERY if rule.id == id)


NIV = describe(rule("niv-consider"), KNOWLEDGE)


def test_every_number_of_a_profile_is_on_some_page() -> None:
    listed = index(KNOWLEDGE)
    shown = {n.parameter.name for d in listed.rules for n in d.numbers}
    shown |= {n.parameter.name for n in listed.numbers}
    assert shown == set(KNOWLEDGE.parameters)


def test_every_lookback_of_a_rule_is_among_its_numbers() -> None:
    for described in index(KNOWLEDGE).rules:
        names = {n.parameter.name for n in described.numbers}
        for declaration in described.rule.reads:
            for member in ("lookback", "within"):
                assert getattr(declaration, member, None) in {None, *names}


def test_numbers_begin_with_those_of_the_decision_table_and_end_with_ages() -> None:
    names = [n.parameter.name for n in NIV.numbers]
    assert names[:3] == ["paco2_critical_gt_mmhg", "paco2_gt_mmhg", "ph_critical_lt"]
    assert names.index("snip_cmh2o_lt") < names.index("dyspnea_item_le")
    assert names[-1] == "decline_lookback_days"
    assert {n.parameter.unit for n in NIV.ages} == {"d"}
    assert "d" not in {n.parameter.unit for n in NIV.limits}
    assert len(NIV.ages) + len(NIV.limits) == len(NIV.numbers) == len(set(names))


def test_a_rule_shows_only_numbers_that_its_code_uses() -> None:
    food = describe(rule("riluzole-food-timing"), KNOWLEDGE)
    names = {n.parameter.name for n in food.numbers}
    assert "critical_daily_dose_gt" not in names
    assert {"daily_dose_mg", "tolerance_pct"} <= names


def test_an_upper_limit_of_normal_brings_its_numbers() -> None:
    start = describe(rule("riluzole-baseline-lft-missing"), KNOWLEDGE)
    names = {n.parameter.name for n in start.numbers}
    wanted = base().measures["alt"].file.upper_limit
    assert wanted
    assert {wanted.assumed, wanted.at_least, wanted.at_most, wanted.lend_days} <= names


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vc_asymptomatic_lt", "< 50%"),
        ("noct_min_recording_min", "≥ 120 min"),
        ("dyspnea_item_le", "≤ 3"),
        ("resp_value_max_age_days", "183 days"),
        ("adult_from_years", "18 years"),
        ("orthopnea_alone", "yes"),
        ("broad_codes_are_als", "no"),
        ("vc_alone_lt", "off"),
        ("doses_a_day", "2 times a day"),
    ],
)
def test_a_number_is_shown_as_people_write_it(name: str, value: str) -> None:
    assert amount(KNOWLEDGE.parameters[name]) == value


def test_a_choice_is_shown_as_its_word() -> None:
    region = KNOWLEDGE.parameters["vc_alone_lt"].overridden(value="US", operator=None, unit="")
    assert amount(region) == "US"


def test_a_number_says_what_other_profiles_make_of_it() -> None:
    number = NIV.number("vc_asymptomatic_lt")
    assert (number.value, number.elsewhere) == ("< 50%", (("canada-2020", "< 65%"),))
    assert number.mark == "read in the source"
    canadian = describe(rule("niv-consider"), base().profile("canada-2020"))
    assert canadian.number("vc_asymptomatic_lt").value == "< 65%"
    assert canadian.number("vc_asymptomatic_lt").elsewhere == (("default", "< 50%"),)


def test_a_row_is_off_where_its_number_is_and_says_where_it_is_on() -> None:
    [off] = [row for row in NIV.decisions if row.id == "C10"]
    assert (off.off, off.on_in) == (True, ("seed-literal",))
    assert "< 80%" in off.when
    british = describe(rule("niv-consider"), base().profile("nice-uk"))
    rows = [row for row in british.decisions if row.id == "C4c"]
    assert rows
    assert not any(row.off or row.on_in for row in rows)


def test_what_leads_to_no_card_comes_last() -> None:
    levels = [row.level == "none" for row in NIV.decisions]
    assert levels == sorted(levels)
    assert True in levels


def test_a_flag_switches_its_row_off() -> None:
    name = "orthopnea_alone"
    changed = {**KNOWLEDGE.parameters, name: KNOWLEDGE.parameters[name].overridden(value=False)}
    described = describe(rule("niv-consider"), replace(KNOWLEDGE, parameters=changed))
    assert [row.off for row in described.decisions if row.id == "C8"] == [True]


def test_the_gates_are_asked_when_a_rule_is_silent() -> None:
    assert NIV.silent == (
        "The patient has died, or the record is not active",
        "No diagnosis of ALS",
        "The diagnosis of ALS is not confirmed",
        "Not an adult",
        "Care is for comfort",
        "The last days of life",
    )
    dose = describe(rule("riluzole-dose"), KNOWLEDGE)
    assert dose.silent == ("The patient has died, or the record is not active",)


def silent_of(**changes: Any) -> tuple[str, ...]:
    return describe(made(a_rule, **changes), KNOWLEDGE).silent


def test_a_class_that_a_gate_lets_pass_is_not_called_silent() -> None:
    safety = silent_of(kind="X", needs_als=True)
    assert safety[1:] == ("No diagnosis of ALS", "Not an adult")
    assert silent_of(kind="S", needs_als=True)[1:] == (
        "No diagnosis of ALS",
        "The diagnosis of ALS is not confirmed",
        "Not an adult",
        "The last days of life",
    )


def test_offers_and_reasons_are_those_that_the_code_names() -> None:
    assert NIV.offers == tuple(
        base().drafts[name].label
        for name in (
            "home-niv",
            "respiratory-referral",
            "blood-gas",
            "overnight-oximetry",
            "niv-discussion",
            "secretion-control",
        )
    )
    assert NIV.overrides[0] == "The patient declined"
    assert len(NIV.overrides) == len(rule("niv-consider").overrides)
    dose = describe(rule("riluzole-dose"), KNOWLEDGE)
    assert dose.overrides == (
        "A specialist advises otherwise",
        "Reduced on purpose for tolerability",
        "Starting low and then increasing",
    )
    assert describe(rule("data-unavailable"), KNOWLEDGE).offers == ()


def removes(order: Annotated[Order, Draft("riluzole")]) -> Outcome:
    """Removes."""
    return Recommend(summary="Remove", indicator="info", offers=(Delete(order),))


def test_a_rule_that_removes_orders_says_so() -> None:
    assert describe(made(removes), KNOWLEDGE).offers == ("Remove the riluzole draft",)


def test_a_row_that_is_off_shows_the_first_profile_that_has_it() -> None:
    profiles = dict(base().profiles)
    changed = profiles["seed-literal"].parameters["vc_alone_lt"]
    other = changed.model_copy(update={"value": 70})
    profiles["zurich"] = profiles["ch"].model_copy(update={"parameters": {"vc_alone_lt": other}})
    described = describe(
        rule("niv-consider"), replace(base(), profiles=profiles).profile("default")
    )
    [row] = [row for row in described.decisions if row.id == "C10"]
    assert row.on_in == ("seed-literal", "zurich")
    assert "< 80%" in row.when


def test_criteria_with_a_name_stand_before_those_without() -> None:
    named_rows = [bool(row.id) for row in NIV.decisions if row.level != "none"]
    assert named_rows == sorted(named_rows, reverse=True)


def test_states_are_told_under_the_question_of_their_module() -> None:
    asked = [q.asks for q in NIV.questions]
    assert len(asked) == len(set(asked))
    assert "Which criteria do the inspiratory pressures meet?" in asked
    assert asked[0].startswith("Ventilation: is any in use")
    assert asked[-1].startswith("Does saliva get in the way of a mask?")
    told = [step.name for q in NIV.questions for step in q.steps]
    assert len(told) == len(states_of(rule("niv-consider")))
    assert "Niv consider" not in told
    steps = {step.name: step for q in NIV.questions for step in q.steps}
    assert steps["Sniff criteria"].uses == ("snip_cmh2o_lt", "snip_pct_lt")
    assert steps["Sniff criteria"].says[0].startswith("C4 and C4b")
    assert all(step.says for step in steps.values())


def test_a_concept_is_listed_once_with_every_way_in_which_it_is_read() -> None:
    whats = [read.what for read in NIV.reads]
    assert len(whats) == len(set(whats))
    [breathless] = [read for read in NIV.reads if read.what == "Breathlessness"]
    assert breathless.how == (
        "problem list, last 366 days",
        "answered yes in an observation, last 183 days",
    )
    assert breathless.section == "Diagnoses and symptoms"
    assert "SNOMED CT" in {code.system for code in breathless.codes}
    assert NIV.sections[0][0] == "Tests and scores"


def test_a_test_says_its_unit_its_range_and_what_becomes_of_several_a_day() -> None:
    [vc] = [read for read in NIV.reads if read.what.startswith("Vital capacity, forced")]
    assert {
        "newest, lying down, last 183 days",
        "newest, not lying down, last 183 days",
    } <= set(vc.how)
    assert (vc.unit, vc.plausible) == ("%", "5 to 150 %")
    assert "of several values of one day the highest counts" in vc.notes
    assert "values of one day more than 5 % apart: both are judged" in vc.notes
    assert "refused in % when below 5: probably a fraction" in vc.notes
    assert any(note.startswith("or computed, in one report, from:") for note in vc.notes)
    assert any("two kinds of test of one day more than 10 %" in note for note in vc.notes)
    [gas] = [read for read in NIV.reads if "arterialised" in read.what]
    assert "refused in kPa when above 20: probably mmHg" in gas.notes
    assert "refused in mmHg when below 15: probably kPa" in gas.notes
    assert gas.captured
    [snip] = [read for read in NIV.reads if read.what.endswith("pressure, magnitude")][-1:]
    assert "a negative pressure is read as its size" in snip.notes
    assert not snip.captured
    assert snip.codes[0].system == "this project"


def test_what_may_be_found_by_its_wording_says_so() -> None:
    [worded] = reads([Listed("clinical-trial")], KNOWLEDGE)
    assert worded.notes == ("as a last resort also by its wording",)
    [coded] = reads([Listed("als")], KNOWLEDGE)
    assert coded.notes == ()


def test_what_is_asked_of_the_site_is_listed_with_its_kind() -> None:
    [measure] = reads([Captured("snip")], KNOWLEDGE)
    [value_set] = reads([Captured("als")], KNOWLEDGE)
    assert measure.section == "Tests and scores"
    assert value_set.section == "Orders, procedures, devices and visits"


def test_codes_say_how_sure_they_are_and_what_lies_below_them() -> None:
    [als] = [read for read in NIV.reads if read.what.startswith("Amyotrophic")]
    codes = {code.code: code for code in als.codes}
    assert codes["G12.21 and below"].display == "Amyotrophic lateral sclerosis"
    assert codes["86044005"].confidence == "high"


WORDS: list[tuple[Input, str]] = [
    (Allergic("riluzole"), "allergy or intolerance"),
    (Allergic("als"), "allergy or intolerance"),
    (Booked("als", within="open_test_order_days"), "booked for the next 31 days"),
    (Communicated("bereavement"), "message"),
    (Documented("advance-plan"), "document that is current"),
    (Related(), "whoever is on record"),
    (Related("proxy"), "person around the patient"),
    (Tasked("bereavement", ("requested",)), "task (requested)"),
    (Captured("snip"), "whether this site records it in coded form"),
    (Captured("als"), "whether this site records it in coded form"),
    (Draft("riluzole"), "the draft order itself"),
    (Draft(value_set="cpap"), "the draft order itself"),
    (Agreed("genetic-service", "gene_counselled_days"), "consent in force, last 366 days"),
    (InFamily("als-or-ftd"), "history of a relative"),
    (
        Involved("team-speech", "team_involved_days"),
        "role on the care team, visit or referral, last 183 days",
    ),
    (Filed("niv-download", "niv_finding_days"), "diagnostic report, last 92 days"),
    (Found("genetic-result", "genetic-component", ("gene-sod1",)), "result, whatever it says"),
    (
        Reported("tiv-preference", answer="wanted"),
        "answered in an observation: wants it",
    ),
    (
        Studied("diaphragm-pacing"),
        "study that the patient takes part in, unless about something else",
    ),
    (Enrolled("hospice"), "open episode, plan, order or visit"),
    (InUse("cpap"), "device or its use (active)"),
    (Latest("mip", "open_test_order_days"), "newest, last 31 days"),
    (Latest("mip", None, position="sitting"), "newest, sitting"),
    (Listed("als", history=True), "problem list, also when over"),
    (Medication("riluzole"), "taken now"),
    (Medication("riluzole", ended=True), "taken now or earlier"),
    (OneOf("riluzole"), "one of the two orders"),
    (Ordered("blood-gas"), "order (active)"),
    (Ordered("blood-gas", drafts=False), "order (active), drafts left out"),
    (Patient(), "as registered"),
    (Performed("niv", statuses=("completed", "stopped")), "procedure (completed, stopped)"),
    (Refused("home-niv"), "refusal that stands"),
    (Reported("dyspnea"), "answered yes in an observation"),
    (Series("mip", None, not_position="supine"), "every value, not lying down"),
    (Together("night", ("mip",), ("mip",), None), "newest night, of one recording"),
    (Visited("niv-review"), "visit"),
]


@pytest.mark.parametrize(("declaration", "words"), WORDS, ids=lambda x: type(x).__name__)
def test_every_kind_of_input_has_its_words(declaration: Input, words: str) -> None:
    [read] = reads([declaration], KNOWLEDGE)
    assert read.how == (words,)
    assert read.what


def test_no_kind_of_input_is_left_without_words() -> None:
    told = {type(declaration).__name__ for declaration, _ in WORDS}
    # These are no data of the chart.
    beside = {"State", "This", "Unread", "Doubts"}
    assert {kind.__name__ for kind in Input.__subclasses__()} == told | {
        "Taken",
        "Declined",
        "Meets",
    } | beside


def test_an_interaction_reads_the_drug_and_each_set_that_it_meets() -> None:
    found = reads([Meets("riluzole", ("cyp1a2-strong",), ended=True)], KNOWLEDGE)
    assert {read.how for read in found} == {
        ("one of the drugs that meet: drafted, taken or ended",)
    }
    [inhibitors] = [read for read in found if "inhibitors" in read.what]
    assert {code.display for code in inhibitors.codes} >= {"fluvoxamine", "ciprofloxacin"}
    assert "whole-word names: fluvoxamine" in inhibitors.notes[0]


def test_words_exist_for_every_hook_topic_and_code_system() -> None:
    for described in index(KNOWLEDGE).rules:
        assert described.rule.group in TOPICS
        assert set(described.rule.hooks) <= set(HOOKS)
        assert all(code.system in SYSTEMS.values() for r in described.reads for code in r.codes)
    assert topic("NEW") == "NEW"


def test_the_index_holds_every_rule_once_by_topic() -> None:
    listed = index(KNOWLEDGE)
    assert sorted(d.rule.id for d in listed.rules) == [r.id for r in EVERY]
    titles = [t.title for t in listed.topics]
    assert titles == sorted(titles, key=list(TOPICS.values()).index)
    assert len(listed.gates) == len(gates())
    assert listed.profiles[0][0] == "default"


def test_what_a_site_maps_is_no_longer_listed_as_not_recorded() -> None:
    missing = index(KNOWLEDGE).not_captured
    assert "Headache on waking (morning-headache)" in missing
    assert index(base().profile("captures-all")).not_captured == ()


def test_json_leaves_out_what_is_empty_and_keeps_numbers_as_numbers() -> None:
    body = as_json(NIV)
    numbers = {p["name"]: p for p in body["parameters"]}
    assert numbers["vc_asymptomatic_lt"] == {
        "name": "vc_asymptomatic_lt",
        "meaning": "Vital capacity, sitting, below which NIV is considered without symptoms",
        "shown": "< 50%",
        "operator": "<",
        "value": 50,
        "unit": "%",
        "source": "chest-2023",
        "locator": "recommendation on when to start NIV",
        "mark": "V",
        "markMeans": "read in the source",
        "checked": numbers["vc_asymptomatic_lt"]["checked"],
        "otherProfiles": {"canada-2020": "< 65%"},
    }
    assert numbers["ph_critical_lt"]["value"] == 7.35
    assert "value" not in numbers["vc_alone_lt"]
    assert numbers["orthopnea_alone"]["value"] is True
    assert "leavesOut" in body
    assert body["services"] == ["als-admission", "als-chart-review", "als-discharge"]
    assert body["reviewed"] == "Not reviewed by a clinician"
    assert body["knowledgeVersion"] == KNOWLEDGE.version
    assert {"level": "warning", "when": "Definite orthopnea", "id": "C8", "off": False} in body[
        "decides"
    ]
    assert index_as_json(index(KNOWLEDGE))["profile"] == ["default"]


def test_a_rule_per_order_and_per_pair_says_so() -> None:
    assert NIV.runs == "once for the patient"
    assert (
        describe(rule("riluzole-dose"), KNOWLEDGE).runs == "once for each draft order of the drug"
    )


@dataclass(frozen=True, slots=True)
class SomeLimits(Limits):
    group: ClassVar[str] = "niv"
    repeat_after_days: int
    pneumothorax_days: int
    vc_alone_lt: object

    def late(self, days: int) -> bool:
        return days > self.repeat_after_days


OFFERED = {"one": ("niv-discussion",), "two": ["secretion-control"]}


def helper(limits: SomeLimits) -> bool:
    return any(limits.late(day) for day in (1, 2))


def a_rule(
    als: Annotated[Entries, Listed("als")],
    limits: SomeLimits,
) -> Outcome:
    """First.

    Second
    line.
    """
    if not helper(limits):
        return NotIndicated("patient-declined")
    return Recommend(summary=str(OFFERED), indicator="info")


def test_what_helpers_and_methods_of_limits_use_counts() -> None:
    found = made(a_rule)
    assert compared(found) == ("repeat_after_days",)
    assert {"niv-discussion", "secretion-control", "patient-declined"} <= named(found)


def test_docstrings_become_paragraphs_and_modules_ask() -> None:
    assert paragraphs(a_rule) == ("First.", "Second line.")
    assert question(a_rule).startswith("The description of a rule")
    assert paragraphs(lambda: None) == ()
