"""Every number that a rule uses is held in place by a vignette: moved one step, one fails."""

from collections.abc import Iterator
from dataclasses import fields, replace
from decimal import Decimal
from functools import cache
from inspect import getmodule, getsource

import pytest

from cdshooks import rules as all_rules
from cdshooks.knowledge import Knowledge, base
from cdshooks.knowledge.parameters import Parameter
from cdshooks.rules.authoring import Doubts, Rule, Unread
from tests.support import vignettes
from tests.support.vignettes import Case

# Thousands of vignettes are run again under changed numbers: minutes, so on a target of its own.
pytestmark = pytest.mark.slow

STEPS = {
    **dict.fromkeys(("%", "cmH2O", "mmHg", "min", "kg/m2"), Decimal("0.1")),
    "U/L": Decimal(1),
    "x ULN": Decimal("0.1"),
}
"""The smallest step that a reading in this unit is compared to; else 1."""
FINE = {"ph_critical_lt": Decimal("0.01"), "meal_minutes_gt": Decimal(1)}
"""Parameters whose reading has other decimals than its unit says."""
OTHER_TEXT = {"US": "EU", "EU": "US", "UK": "EU", "CA": "EU"}
"""What a parameter in words is moved to."""
DIAGNOSIS_ONLY = "of the population it reads the diagnosis, not the age"
ALS_DRUGS_ONLY = "every drug that is known is one for ALS, whatever the diagnosis"
URGENCY = "says how urgent NIV is, not whether it is advised"
EARLIER = "a MIP below it is below mip_cmh2o_early_lt as well"
NIV_ONLY = "a completed request shows NIV, and only invasive ventilation matters here"
TAKEN_NOW = "it asks whether riluzole is taken now, not since when"
BY_MULTIPLE = "it goes by the multiple of the limit that holds"
WARNS_AT_MOST = "it warns at most, whether the laboratory gives an upper limit or not"
NEVER_PRESENT = "it speaks about severe fatigue only"
LAST_DAYS_ONLY = "it goes on in comfort care, and stops in the last days of life"
GOALS = ("comfort_measures_days", "hospice_attendance_gates")
TUBE_ONLY = "of feeding only a tube in place matters"
AFTER_NIV = (
    *("blood-gas-indicated", "nocturnal-oximetry-due", "pft-overdue", "resp-symptom-workup"),
    *("resp-watch", "supine-vc-drop"),
)
"""Rules that only ask whether a criterion for NIV is met."""
OUT_OF_REACH: dict[tuple[str, str] | tuple[str, str, bool], str] = {
    **{(rule, "mip_cmh2o_lt"): EARLIER for rule in AFTER_NIV},
    **{(rule, "paco2_critical_gt_mmhg"): URGENCY for rule in AFTER_NIV},
    **{(rule, "ph_critical_lt"): URGENCY for rule in AFTER_NIV},
    ("fatigue-treat", "fss_mean_ge"): NEVER_PRESENT,
    ("fatigue-treat", "fss_sum_ge"): NEVER_PRESENT,
    **{
        (rule, name): LAST_DAYS_ONLY
        for rule in ("goals-recheck", "caregiver-support")
        for name in GOALS
    },
    ("home-support-discharge", "bulbar_score_days"): TUBE_ONLY,
    ("home-support-discharge", "gastrostomy_order_days"): TUBE_ONLY,
    ("palliative-referral", "stage_days"): "its triggers reach back half a year only",
    ("dantrolene-liver", "ast_uln_plausible_le"): "it reads no AST",
    ("drug-identity-conflict", "adult_from_years"): DIAGNOSIS_ONLY,
    ("drug-identity-unverified", "adult_from_years"): DIAGNOSIS_ONLY,
    ("drug-identity-conflict", "broad_codes_are_als"): ALS_DRUGS_ONLY,
    ("drug-identity-unverified", "broad_codes_are_als"): ALS_DRUGS_ONLY,
    ("edaravone-eligibility", "adult_from_years"): DIAGNOSIS_ONLY,
    ("pft-baseline-missing", "device_request_counts_days"): NIV_ONLY,
    ("pft-overdue", "decline_lookback_days", True): "the interval and its age reach no further",
    ("pft-overdue", "resp_value_max_age_days"): "the overdue test is judged by its own day",
    ("pft-panel-incomplete", "device_request_counts_days"): NIV_ONLY,
    ("riluzole-adverse-effect", "forgotten_order_days"): "it is an information in any case",
    ("riluzole-consider", "certain_alt_multiple"): BY_MULTIPLE,
    ("riluzole-consider", "device_request_counts_days"): NIV_ONLY,
    ("riluzole-duplicate", "new_start_gap_days"): TAKEN_NOW,
    ("riluzole-formulation-swallow", "forgotten_order_days"): "it helps with an old order as well",
    ("riluzole-formulation-swallow", "new_start_gap_days"): TAKEN_NOW,
    ("riluzole-liver-dysfunction", "ast_uln_plausible_le"): "it reads no AST",
    ("riluzole-monitoring-due", "ast_uln_plausible_le"): "it reads no AST",
    ("riluzole-monitoring-due", "certain_alt_multiple"): BY_MULTIPLE,
    ("tizanidine-liver-dose", "alt_uln_plausible_le"): WARNS_AT_MOST,
    ("tizanidine-liver-dose", "ast_uln_plausible_le"): "it reads no AST",
    ("tizanidine-liver-dose", "certain_alt_multiple"): WARNS_AT_MOST,
}
"""Parameters that a rule is given and that cannot change what it says, with the reason."""


def _step(parameter: Parameter) -> Decimal:
    return FINE.get(parameter.name, STEPS.get(parameter.unit, Decimal(1)))


@cache
def _cases(rule: str) -> tuple[Case, ...]:
    return tuple(c for path in vignettes.files() for c in vignettes.load(path) if c.rule == rule)


@cache
def _named(rule: Rule) -> frozenset[str]:
    """Every parameter that a rule uses: fields of its limits, lookbacks of what it reads."""
    limits = {field.name for group in rule.limits for field in fields(group)}  # type: ignore[arg-type]
    lookbacks = {getattr(declaration, "lookback", None) for declaration in rule.reads}
    return frozenset(limits | {name for name in lookbacks if name})


_moves: dict[tuple[str, str, str, bool], Knowledge | None] = {}


def _moved(case: Case, name: str, up: bool) -> Knowledge | None:
    """The knowledge of a case with one parameter moved; None if it has nothing to move."""
    key = (case.cells.get("profile", ""), case.cells.get("choices", ""), name, up)
    if key not in _moves:
        _moves[key] = _move(vignettes.knowledge_of(case), name, up)
    return _moves[key]


def _move(knowledge: Knowledge, name: str, up: bool) -> Knowledge | None:
    old = knowledge.parameters[name]
    new: Decimal | bool | str
    if isinstance(old.value, bool):
        new = not old.value
    elif isinstance(old.value, str):
        new = OTHER_TEXT[old.value]
    elif isinstance(old.value, Decimal | int):
        new = Decimal(old.value) + (_step(old) if up else -_step(old))
    else:
        return None
    parameters = {**knowledge.parameters, name: old.overridden(value=new)}
    return replace(knowledge, parameters=parameters)


@cache
def _own(rule: Rule) -> frozenset[str]:
    """The parameters that a rule itself names; not those of its states.

    Its lookbacks, and of the limits that it is given those that its module speaks of.
    """
    found: set[str] = set()
    source = getsource(getmodule(rule.function) or all_rules)
    for declared in rule.inputs.values():
        if isinstance(declared, type):
            names = (field.name for field in fields(declared))  # type: ignore[arg-type]
            found.update(name for name in names if f".{name}" in source)
        elif name := getattr(declared, "lookback", None):
            found.add(name)
    return frozenset(found)


def _ways(name: str) -> tuple[bool, ...]:
    """In which directions a parameter can be moved, True for up."""
    one_way = isinstance(base().parameters[name].value, bool | str)
    return (True,) if one_way else (True, False)


def _claims() -> Iterator[tuple[str, str, bool]]:
    for rule in all_rules.load():
        for name in sorted(_own(rule)):
            for up in _ways(name):
                if not {(rule.id, name), (rule.id, name, up)} & OUT_OF_REACH.keys():
                    yield rule.id, name, up


def _shared() -> Iterator[tuple[str, bool]]:
    """The parameters that only states name: for each, and each way, some rule must notice."""
    every = frozenset[str]().union(*(_named(rule) for rule in all_rules.load()))
    own = frozenset[str]().union(*(_own(rule) for rule in all_rules.load()))
    for name in sorted(every - own):
        for up in _ways(name):
            yield name, up


_last: dict[tuple[str, str], list[Case]] = {}
"""Vignettes of a rule that failed for a parameter: the likeliest to fail for its other side."""


def _notices(rule: str, name: str, up: bool) -> bool:
    order = [
        *_last.get((rule, name), []),
        *sorted(_cases(rule), key=lambda c: not _suspect(c, name)),
    ]
    for case in order:
        if _fails(case, name, up):
            _last.setdefault((rule, name), []).append(case)
            return True
    return False


def _fails(case: Case, name: str, up: bool) -> bool:
    """Whether a vignette no longer holds once a parameter is moved."""
    moved = _moved(case, name, up)
    if moved is None:
        return False
    if not ("offers" in case.cells or case.cells["outcome"] == "refused" or _reports(case.rule)):
        return not vignettes.holds(case, vignettes.concludes(case, moved))
    return not vignettes.holds(case, vignettes.evaluate(case, moved))


@cache
def _reports(rule: str) -> bool:
    """Whether a rule speaks about the other rules, so that it cannot be asked alone."""
    [found] = [one for one in all_rules.load() if one.id == rule]
    return any(isinstance(declared, Unread | Doubts) for declared in found.inputs.values())


def _suspect(case: Case, name: str) -> bool:
    """Whether a case is likely to notice: it has the number of the parameter in it."""
    value = base().parameters[name].value
    return value is not None and any(str(value) in text for text in case.cells.values())


@pytest.mark.parametrize(("rule", "name", "up"), list(_claims()))
def test_a_parameter_moved_one_step_makes_a_vignette_fail(rule: str, name: str, up: bool) -> None:
    assert _notices(rule, name, up), f"{rule}: no vignette holds {name} in place"


@pytest.mark.parametrize(("name", "up"), list(_shared()))
def test_a_parameter_of_a_state_moved_one_step_makes_a_vignette_fail(name: str, up: bool) -> None:
    using = [rule.id for rule in all_rules.load() if name in _named(rule)]
    using.sort(key=lambda rule: -sum(_suspect(case, name) for case in _cases(rule)))
    assert any(_notices(rule, name, up) for rule in using), f"no vignette holds {name} in place"


@pytest.mark.parametrize("claim", OUT_OF_REACH)
def test_what_is_said_to_be_out_of_reach_is_given_to_the_rule_and_noticed_by_none(
    claim: tuple[str, str] | tuple[str, str, bool],
) -> None:
    """Asked of the vignettes that have the number in them; the others are many and far off."""
    rule, name, *ups = claim
    assert name in _named(next(r for r in all_rules.load() if r.id == rule))
    likely = [case for case in _cases(rule) if _suspect(case, name)]
    for up in ups or (True, False):
        assert not any(_fails(case, name, up) for case in likely)
