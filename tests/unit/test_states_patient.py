"""Who the patient is, what was decided, and which breathing symptoms there are: state tables."""

from datetime import date
from typing import Any

import pytest

from cdshooks import engine
from cdshooks.rules.authoring import CannotAssess, Rule, rules
from cdshooks.rules.gates import goals_gate, population_gate
from cdshooks.rules.states.bulbar import mouth_leak
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.population import Population, population
from cdshooks.rules.states.symptoms import respiratory_symptoms
from tests.support.vignettes import Case, view_of

TODAY = date(2026, 6, 1)


def _state(function: Any, record: str = "", **cells: str) -> Any:
    written = {"record": record} | {key.replace("_", " "): text for key, text in cells.items()}
    return engine.state_of(function, view_of(Case("", record, TODAY, "patient-view", written)))


POPULATION = [
    # record, profile, diagnosis
    ("", "default", "none"),
    ("condition als, 9 days ago", "default", "als"),
    ("condition als unstated, 9 days ago", "default", "als"),
    ("condition als relapse, 9 days ago", "default", "als"),
    ("condition als remission, 9 days ago", "default", "none"),
    ("condition als refuted, 9 days ago", "default", "none"),
    ("condition als refuted, 9 days ago + condition als, 8 days ago", "default", "als"),
    ("condition als provisional, 9 days ago", "default", "provisional"),
    ("condition als provisional, 9 days ago + condition als, 8 days ago", "default", "als"),
    ("condition als-broad, 9 days ago", "default", "none"),
    ("condition als-broad, 9 days ago", "nice-uk", "als"),
    ("condition als-broad #1, 9 days ago", "eu", "als"),
    ("condition als-broad #1, 9 days ago", "canada-2020", "als"),
    ("condition als-broad provisional, 9 days ago", "eu", "provisional"),
    (
        "condition als-broad, 9 days ago + condition other-motor-neuron-disease, 8 days ago",
        "eu",
        "none",
    ),
    (
        "condition als, 9 days ago + condition other-motor-neuron-disease #1, 8 days ago",
        "default",
        "als",
    ),
    ("condition other-motor-neuron-disease #2, 9 days ago", "eu", "none"),
    (
        "condition als provisional, 9 days ago + condition als-broad, 9 days ago",
        "eu",
        "provisional",
    ),
]


@pytest.mark.parametrize(("record", "profile", "diagnosis"), POPULATION)
def test_the_problem_list_decides_who_has_als(record: str, profile: str, diagnosis: str) -> None:
    state: Population = _state(population, record, profile=profile)
    assert state.diagnosis == diagnosis
    assert (state.evidence is None) == (diagnosis == "none")
    assert state.failed == ()


def test_the_first_confirmed_record_dates_the_diagnosis_and_the_earliest_onset_the_disease() -> (
    None
):
    record = (
        "condition als provisional, 500 to 300 days ago"
        " + condition als, 400 to 200 days ago + condition als, 450 to 100 days ago"
    )
    state = _state(population, record)
    assert state.onset == date(2025, 1, 17)
    assert state.diagnosed == date(2025, 11, 13)
    assert state.evidence.recorded == date(2025, 11, 13)


def test_a_dated_record_goes_before_one_without_a_date() -> None:
    record = "condition als onset, 500 days ago + condition als, 200 days ago"
    state = _state(population, record)
    assert state.diagnosed == date(2025, 11, 13)


def test_without_a_recorded_date_the_onset_dates_the_diagnosis() -> None:
    state = _state(population, "condition als onset, 100 days ago")
    assert state.diagnosed == state.onset == date(2026, 2, 21)


@pytest.mark.parametrize(
    ("person", "adult", "living"),
    [
        ("woman, 18 years", True, True),
        ("woman, 17 years", False, True),
        ("woman, no birth date", True, True),
        ("woman, died", True, False),
        ("woman, inactive", True, False),
    ],
)
def test_age_and_life(person: str, adult: bool, living: bool) -> None:
    state = _state(population, "condition als, 9 days ago", person=person)
    assert (state.adult, state.living) == (adult, living)


@pytest.mark.parametrize("profile", ["default", "eu"])
def test_an_unread_patient_is_nobody_to_be_silent_about(profile: str) -> None:
    state = _state(population, "condition als, 9 days ago", fails="patient", profile=profile)
    assert (state.diagnosis, state.adult, state.living) == ("unreadable", True, True)
    assert state.failed == ("patient",)


@pytest.mark.parametrize("profile", ["default", "eu"])
def test_an_unread_problem_list_is_not_the_absence_of_als(profile: str) -> None:
    state = _state(population, "condition als, 9 days ago", fails="conditions", profile=profile)
    assert state.diagnosis == "unreadable"
    assert state.failed == ("conditions",)


GOALS = [
    # record, profile, level
    ("", "default", "all care"),
    ("condition do-not-resuscitate, 9 days ago", "default", "all care"),
    ("condition icd-10-cm:Z51.5, 9 days ago", "default", "all care"),
    ("order snomed:103735009, 9 days ago", "default", "all care"),
    ("encounter snomed:103735009 in-progress, 1 day ago", "default", "all care"),
    ("order hospice, 900 days ago", "default", "comfort"),
    ("order hospice #1, 9 days ago", "default", "comfort"),
    ("order hospice revoked, 9 days ago", "default", "all care"),
    ("order hospice forbidden entered-in-error, 9 days ago", "default", "all care"),
    ("episode hospice, 900 days ago", "default", "comfort"),
    ("episode hospice finished, 900 days ago", "default", "all care"),
    ("plan hospice", "default", "comfort"),
    ("plan hospice activity", "default", "comfort"),
    ("encounter hospice in-progress, 9 days ago", "default", "comfort"),
    ("encounter hospice in-progress, 9 to 0 days ago", "default", "comfort"),
    ("encounter hospice in-progress, 9 to 1 days ago", "default", "all care"),
    ("encounter hospice, 9 to 2 days ago", "default", "all care"),
    ("procedure hospice, 9 days ago", "default", "all care"),
    ("procedure hospice in-progress, 9 days ago", "default", "comfort"),
    ("condition hospice, 9 days ago", "default", "all care"),
    ("order hospice, 9 days ago", "nice-uk", "all care"),
    ("order hospice, 9 days ago + order comfort-care, 9 days ago", "nice-uk", "comfort"),
    ("order comfort-care, 92 days ago", "default", "comfort"),
    ("order comfort-care, 93 days ago", "default", "all care"),
    ("order comfort-care, undated", "default", "all care"),
    ("procedure comfort-care, 92 days ago", "default", "comfort"),
    ("procedure comfort-care, 93 days ago", "default", "all care"),
    ("procedure comfort-care in-progress, 200 days ago", "default", "comfort"),
    ("procedure comfort-care not-done, 9 days ago", "default", "all care"),
    ("episode comfort-care, 200 days ago", "default", "comfort"),
    ("order last-days, 9 days ago", "default", "last days"),
    ("order last-days, 9 days ago + order hospice, 9 days ago", "default", "last days"),
    ("order last-days, 9 days ago", "nice-uk", "last days"),
    ("procedure last-days, 9 days ago", "default", "all care"),
    ("encounter last-days in-progress, 9 to 1 days ago", "default", "all care"),
]


@pytest.mark.parametrize(("record", "profile", "level"), GOALS)
def test_only_what_stands_open_decides_that_care_is_for_comfort(
    record: str, profile: str, level: str
) -> None:
    state: Goals = _state(goals, record, profile=profile)
    assert state.level == level
    assert state.end_of_life == (level != "all care")
    assert (state.evidence is None) == (level == "all care")


@pytest.mark.parametrize("kind", ["hospice", "comfort-care", "last-days"])
def test_an_episode_is_better_evidence_than_an_order(kind: str) -> None:
    state: Goals = _state(goals, f"order {kind}, 9 days ago + episode {kind}, 9 days ago")
    assert state.evidence is not None
    assert state.evidence.type == "EpisodeOfCare"


@pytest.mark.parametrize(
    ("record", "shown"),
    [
        ("", None),
        ("condition do-not-resuscitate, 9 days ago", "Condition"),
        ("order do-not-resuscitate, 9 days ago", "ServiceRequest"),
        ("order do-not-resuscitate revoked, 9 days ago", None),
        ("order do-not-resuscitate, 9 days ago + order hospice, 9 days ago", "ServiceRequest"),
        ("order do-not-resuscitate, 9 days ago + order last-days, 9 days ago", "ServiceRequest"),
    ],
)
def test_a_resuscitation_status_is_shown_whatever_the_goals(record: str, shown: str | None) -> None:
    status = _state(goals, record).no_resuscitation
    assert (status.type if status else None) == shown


SYMPTOMS = [
    # record, cells, what is present, whether it carries a warning
    ("", {}, "", False),
    ("condition dyspnea, 9 days ago", {}, "dyspnea", True),
    ("", {"item_10": "3"}, "dyspnea", True),
    ("", {"item_10": "4"}, "", False),
    ("", {"item_11": "3"}, "orthopnea", True),
    ("", {"item_11": "4"}, "", False),
    ("", {"item_10": "0", "item_11": "0"}, "dyspnea, orthopnea", True),
    ("condition dyspnea, 9 days ago", {"item_10": "4, 8 days ago"}, "", False),
    ("condition dyspnea, 9 days ago", {"item_10": "4, 9 days ago"}, "dyspnea", True),
    ("condition dyspnea, 9 days ago", {"item_10": "2, 8 days ago"}, "dyspnea", True),
    ("condition fatigue, 9 days ago", {}, "daytime fatigue", False),
    ("condition poor-concentration, 9 days ago", {}, "poor concentration", False),
    (
        "condition fatigue, 9 days ago + condition poor-concentration, 9 days ago",
        {},
        "daytime fatigue, poor concentration",
        True,
    ),
    ("condition confusion, 9 days ago", {}, "confusion", True),
    ("condition confusion, 9 days ago + condition ftd-dementia, 9 days ago", {}, "", False),
    ("condition daytime-sleepiness, 9 days ago", {}, "daytime sleepiness", True),
    ("", {"ESS": "11"}, "daytime sleepiness", True),
    ("", {"ESS": "10"}, "", False),
    ("condition daytime-sleepiness, 40 days ago", {"ESS": "5, 9 days ago"}, "", False),
    ("condition morning-headache, 366 days ago", {}, "morning headache", True),
    ("condition morning-headache, 367 days ago", {}, "", False),
    ("condition disturbed-sleep #3, 9 days ago", {}, "disturbed sleep", True),
    ("condition disturbed-sleep #4, 9 days ago", {}, "disturbed sleep", True),
    ("condition breathing-signs #2, 9 days ago", {}, "signs of weak breathing", True),
    (
        "condition chest-infection resolved, 9 days ago + condition chest-infection, 183 days ago",
        {},
        "recurrent chest infection",
        True,
    ),
    (
        "condition als, 100 to 50 days ago + condition chest-infection, 9 days ago"
        " + condition chest-infection, 101 days ago",
        {},
        "",
        False,
    ),
    ("condition als, 100 to 50 days ago + condition dyspnea, 101 days ago", {}, "", False),
    ("condition als, 100 to 50 days ago + reported fatigue, 101 days ago", {}, "", False),
]


@pytest.mark.parametrize(("record", "cells", "names", "strong"), SYMPTOMS)
def test_evidence_gives_the_symptoms(
    record: str, cells: dict[str, str], names: str, strong: bool
) -> None:
    state = _state(respiratory_symptoms, record, **cells)
    assert state.names == names
    assert bool(state) == bool(names)
    assert state.strong == strong


@pytest.mark.parametrize(
    ("record", "item", "definite"),
    [
        ("condition orthopnea, 9 days ago", "", True),
        ("reported orthopnea, 9 days ago", "", True),
        ("", "3", False),
        ("", "2", True),
        ("condition orthopnea, 40 days ago", "3, 9 days ago", True),
        ("condition orthopnea, 9 days ago", "3, 40 days ago", True),
    ],
)
def test_orthopnea_is_definite_by_code_or_by_a_low_score(
    record: str, item: str, definite: bool
) -> None:
    state = _state(respiratory_symptoms, record, **({"item_11": item} if item else {}))
    orthopnea = state.get("orthopnea")
    assert orthopnea is not None
    assert orthopnea.definite == definite


def test_dyspnea_is_never_definite_orthopnea() -> None:
    state = _state(respiratory_symptoms, "condition dyspnea, 9 days ago", item_11="4")
    assert [(s.name, s.definite) for s in state.present] == [("dyspnea", False)]
    assert state.get("orthopnea") is None


def test_the_newest_evidence_of_a_symptom_is_named() -> None:
    record = "condition fatigue, 9 days ago + condition fatigue #1, 3 days ago"
    state = _state(respiratory_symptoms, record + " + reported fatigue, 30 days ago")
    assert state.present[0].evidence.day == date(2026, 5, 29)


def test_the_newest_chest_infection_is_named() -> None:
    record = "condition chest-infection, 9 days ago + condition chest-infection, 90 days ago"
    state = _state(respiratory_symptoms, record)
    assert state.present[0].evidence.day == date(2026, 5, 23)


def test_a_contradiction_is_told() -> None:
    cells = {"item_10": "4, 9 days ago", "item_11": "4, 9 days ago", "ESS": "3, 9 days ago"}
    record = (
        "condition dyspnea, 40 days ago + condition orthopnea, 40 days ago"
        " + condition daytime-sleepiness, 40 days ago"
    )
    state = _state(respiratory_symptoms, record, **cells)
    assert not state
    assert [note.partition(" on the")[0] for note in state.notes] == [
        "dyspnea",
        "orthopnea",
        "daytime sleepiness",
    ]


@pytest.mark.parametrize(
    ("cells", "leaks"),
    [
        ({}, False),
        ({"item_1": "2"}, True),
        ({"item_1": "3"}, False),
        ({"item_3": "2"}, True),
        ({"item_3": "3", "item_1": "4"}, False),
        ({"item_1": "2, 122 days ago"}, True),
        ({"item_1": "2, 123 days ago"}, False),
        ({"item_1": "0", "item_3": "4"}, True),
    ],
)
def test_weak_speech_or_swallowing_lets_air_leak(cells: dict[str, str], leaks: bool) -> None:
    assert _state(mouth_leak, **cells) is leaks


def _rule(kind: str, group: str = "G", needs_als: bool = True) -> Rule:
    [rule] = [r for r in rules() if r.id == "niv-consider"]
    values = {
        "function": rule.function,
        "id": "x",
        "title": "",
        "hooks": (),
        "kind": kind,
        "group": group,
        "sources": (),
        "overrides": (),
        "needs_als": needs_als,
    }
    return Rule(**values)


@pytest.mark.parametrize(
    ("level", "speak"),
    [("all care", "TMSPXQ"), ("comfort", "SPXQ"), ("last days", "X")],
)
def test_comfort_silences_treatment_and_monitoring(level: str, speak: str) -> None:
    state = Goals(level)  # type: ignore[arg-type]
    silent = {kind for kind in "TMSPXQ" if goals_gate(_rule(kind).scope, state) is not None}
    assert silent == set("TMSPXQ") - set(speak)


def test_care_of_the_dying_goes_on_in_the_last_days() -> None:
    assert goals_gate(_rule("S", "EOL").scope, Goals("last days")) is None


@pytest.mark.parametrize(
    ("diagnosis", "speak"),
    [("als", "TMSPXQ"), ("provisional", "MXQ"), ("none", ""), ("unreadable", "")],
)
def test_an_unconfirmed_diagnosis_silences_treatment(diagnosis: str, speak: str) -> None:
    state = Population(diagnosis, adult=True, living=True)  # type: ignore[arg-type]
    silent = {kind for kind in "TMSPXQ" if population_gate(_rule(kind).scope, state) is not None}
    assert silent == set("TMSPXQ") - set(speak)


@pytest.mark.parametrize("diagnosis", ["none", "unreadable", "provisional"])
def test_a_rule_on_an_als_drug_needs_no_diagnosis_but_a_living_patient(diagnosis: str) -> None:
    rule = _rule("T", needs_als=False)
    alive = Population(diagnosis, adult=True, living=True)  # type: ignore[arg-type]
    dead = Population(diagnosis, adult=True, living=False)  # type: ignore[arg-type]
    assert population_gate(rule.scope, alive) is None
    assert population_gate(rule.scope, dead) is not None


def test_an_unread_problem_list_is_told_with_its_searches() -> None:
    state = Population("unreadable", adult=True, living=True, failed=("conditions",))
    stopped = population_gate(_rule("X").scope, state)
    assert isinstance(stopped, CannotAssess)
    assert stopped.failed == ("conditions",)


def test_children_get_none_of_it() -> None:
    assert (
        population_gate(_rule("X").scope, Population("als", adult=False, living=True)) is not None
    )
