"""Decision tables say what the functions do: both are held against the vignettes."""

import re
from collections import defaultdict
from dataclasses import fields
from functools import cache

import pytest

from cdshooks import rules
from cdshooks.engine import state_of
from cdshooks.knowledge import base
from cdshooks.rules.authoring import Derived, Row, Rule, decides, rows_of, states
from cdshooks.rules.states.niv_criteria import niv_criteria
from cdshooks.rules.states.niv_model import Criterion
from cdshooks.services.catalogue import describe
from cdshooks.services.catalogue.code import compared, states_of
from tests.support import vignettes
from tests.support.vignettes import Case, Result

KNOWLEDGE = base().profile("default")
CASES = tuple(case for path in vignettes.files() for case in vignettes.load(path))
TABLED = tuple(d for d in (*rules.load(), *states()) if rows_of(d.function))
LEVELS = ("info", "warning", "critical")


@cache
def outcomes(rule_id: str) -> tuple[Result, ...]:
    """What came of one vignette for each kind of ending that the tables of a rule tell apart."""
    kinds: dict[tuple[str, ...], Case] = {}
    for case in CASES:
        if case.rule == rule_id:
            cells = (case.hook, case.cells["outcome"], case.cells.get("offers", ""))
            kinds.setdefault(cells, case)
    return tuple(vignettes.evaluate(case) for case in kinds.values())


@cache
def criteria() -> tuple[Criterion, ...]:
    """Every criterion that some patient of the NIV vignettes meets, each kind once."""
    found: dict[tuple[object, ...], Criterion] = {}
    for case in CASES:
        if case.rule == "niv-consider" and case.cells["outcome"] in LEVELS:
            for met in state_of(niv_criteria, vignettes.view_of(case)).met:
                found.setdefault((met.id, met.level, met.by), met)
    return tuple(found.values())


def niv_rows() -> list[Row]:
    [rule] = [rule for rule in rules.load() if rule.id == "niv-consider"]
    return [row for state in states_of(rule) for row in rows_of(state.function)]


@pytest.mark.parametrize("derived", TABLED, ids=lambda d: d.function.__name__)
def test_a_row_names_only_what_its_function_uses(derived: Derived) -> None:
    known = set(compared(derived)) | {
        name
        for declaration in derived.reads
        for member in ("lookback", "within")
        if (name := getattr(declaration, member, None))
    }
    for state in states_of(derived):
        known |= set(compared(state))
    assert {name for row in rows_of(derived.function) for name in row.names} <= known


@pytest.mark.parametrize(
    "state", [d for d in TABLED if not isinstance(d, Rule)], ids=lambda d: d.function.__name__
)
def test_every_limit_that_a_state_compares_is_in_its_table(state: Derived) -> None:
    named = {name for row in rows_of(state.function) for name in row.names}
    assert set(compared(state)) == named


def test_every_criterion_that_a_patient_meets_has_its_row() -> None:
    rows = niv_rows()
    for met in criteria():
        limits = {limit.name for limit in met.by}
        fitting = [r for r in rows if (r.id, r.level) == (met.id, met.level)]
        assert any(limits <= set(row.names) for row in fitting), (met.id, met.level, limits)


def test_every_row_of_a_criterion_is_met_by_some_patient() -> None:
    shown = defaultdict(list)
    for met in criteria():
        shown[met.id, met.level].append({limit.name for limit in met.by})
    for row in niv_rows():
        assert any(by <= set(row.names) for by in shown[row.id, row.level]), row


@pytest.mark.parametrize("rule", [r for r in rules.load() if rows_of(r.function)], ids=str)
def test_the_levels_of_the_table_are_those_that_patients_get(rule: Rule) -> None:
    described = describe(rule, KNOWLEDGE)
    told = {row.level for row in described.decisions}
    seen = {result.outcome for result in outcomes(rule.id)}
    assert told & set(LEVELS) == seen & set(LEVELS)


def removals(rule: Rule) -> set[str]:
    """What the page says once of a drug set and a card of its member that was ordered."""
    sets = KNOWLEDGE.base.ingredients.sets
    members = {one for drug in rule.drugs if drug in sets for one in sets[drug].ingredients}
    return {f"Remove the {member} draft" for member in members}


@pytest.mark.parametrize("rule", rules.load(), ids=str)
def test_every_offer_and_reason_of_a_card_is_on_the_page(rule: Rule) -> None:
    described = describe(rule, KNOWLEDGE)
    for result in outcomes(rule.id):
        card = result.card or {}
        if card and card["extension"]["org.als-cdshooks"]["rules"] == [rule.id]:
            made = (s["label"] for s in card.get("suggestions", []))
            offers = {
                re.sub(r" \((\d of \d|tablet|film|suspension).*\)$", "", label) for label in made
            } - removals(rule)
            assert offers <= set(described.offers)
            reasons = {reason["display"] for reason in card["overrideReasons"]}
            assert reasons <= set(described.overrides)


def test_every_offer_on_a_page_is_made_to_some_patient() -> None:
    made = {
        suggestion["label"]
        for rule in rules.load()
        for result in outcomes(rule.id)
        for suggestion in (result.card or {}).get("suggestions", [])
    }
    for rule in rules.load():
        offers = set(describe(rule, KNOWLEDGE).offers)
        assert {o for o in offers if not o.startswith("Remove the")} <= made, rule.id


def test_no_field_of_a_parameter_group_is_forgotten_by_the_code() -> None:
    used = {name for d in (*rules.load(), *states()) for name in compared(d)}
    groups = {group for d in (*rules.load(), *states()) for group in d.limits}
    assert {spec.name for group in groups for spec in fields(group)} <= used


def test_a_row_tells_the_parameters_in_it() -> None:
    row = Row("info", "Below {low} for {days}", "C1", on="switch")
    assert row.names == ("low", "days", "switch")
    assert row.filled(str.upper) == "Below LOW for DAYS"


def test_a_function_keeps_its_table_and_stays_itself() -> None:
    def function() -> None: ...

    row = Row("none", "Nothing")
    assert decides(row)(function) is function
    assert rows_of(function) == (row,)
    assert rows_of(test_a_row_tells_the_parameters_in_it) == ()
