"""Nothing in the knowledge is unused, uncited or unproven; nothing in the code is unlisted."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from cdshooks import rules
from cdshooks.knowledge import base
from cdshooks.rules.authoring import Input, Rule, gates
from cdshooks.services.standing import SnoozeLimits
from tests.support import vignettes

PACKAGE = Path(__file__).parents[2] / "cdshooks"
SOURCE = "\n".join(
    path.read_text(encoding="utf-8")
    for folder in ("rules", "chart", "cards")
    for path in sorted((PACKAGE / folder).rglob("*.py"))
)
RULES = rules.load()
CASES = [case for path in vignettes.files() for case in vignettes.load(path)]


def inputs() -> Iterator[Input]:
    for rule in RULES:
        yield from rule.reads
    for gate in gates():
        yield from gate.reads


def quoted(name: str) -> bool:
    """Whether a name stands in the code as a string of its own."""
    return f'"{name}"' in SOURCE


def test_every_value_set_is_used() -> None:
    used = {getattr(i, "value_set", "") for i in inputs()}
    for measure in base().measures.values():
        file = measure.file
        used |= {*file.value_sets, *file.labels, *file.positions}
    for group in base().observation_groups.values():
        used |= set(group.panels)
    unused = [id for id in base().value_sets if id not in used and not quoted(id)]
    included = set(_included())
    assert [id for id in unused if id not in included] == []


def _included() -> Iterator[str]:
    from cdshooks.knowledge import yaml

    for path in (PACKAGE / "knowledge" / "value_sets").glob("*.yaml"):
        for entry in yaml.read(path).values():
            yield from entry.get("includes", ())


def test_every_measure_is_read() -> None:
    read: set[str] = set()
    for declaration in inputs():
        read |= {getattr(declaration, "measure", "")} | set(getattr(declaration, "measures", ()))
    for name in list(read):
        if name in base().measures:
            read |= set(base().measures[name].file.computed_from)
    assert [name for name in base().measures if name not in read and not quoted(name)] == []


def test_every_parameter_is_used() -> None:
    used = {getattr(i, "lookback", None) for i in inputs()}
    used |= {getattr(i, "within", None) for i in inputs()}
    groups = {group for rule in RULES for group in rule.limits}
    groups |= {group for gate in gates() for group in gate.limits} | {SnoozeLimits}
    used |= {spec.name for group in groups for spec in fields(group)}  # type: ignore[arg-type]
    for measure in base().measures.values():
        if measure.file.upper_limit:
            used |= set(measure.file.upper_limit.model_dump().values())
    assert [name for name in base().parameters if name not in used and not quoted(name)] == []


def test_a_unit_of_parameters_has_one_spelling() -> None:
    spellings: dict[str, set[str]] = {}
    for parameter in base().parameters.values():
        spellings.setdefault(parameter.unit.replace(" ", "").lower(), set()).add(parameter.unit)
    assert [units for units in spellings.values() if len(units) > 1] == []


def test_every_limits_field_is_a_parameter_of_its_group() -> None:
    for group in {group for rule in RULES for group in rule.limits}:
        for spec in fields(group):  # type: ignore[arg-type]
            assert spec.name in base().parameters, spec.name
        groups = {base().parameters[s.name].group for s in fields(group)}  # type: ignore[arg-type]
        assert group.group in groups


def test_every_source_is_cited() -> None:
    cited = {name for rule in RULES for name in rule.sources}
    cited |= {parameter.source for parameter in base().parameters.values()}
    cited |= {measure.file.source for measure in base().measures.values()}
    for profile in base().profiles.values():
        cited |= {over.source.guideline for over in profile.parameters.values()}
    assert set(base().sources) - cited == {"site"}, "kept for profiles of institutions"


def test_every_rule_cites_known_sources_and_override_reasons() -> None:
    for rule in RULES:
        assert rule.sources
        assert set(rule.sources) <= set(base().sources)
        assert set(rule.overrides) <= set(base().overrides)


def test_every_override_reason_is_given_by_a_rule() -> None:
    given = {code for rule in RULES for code in rule.overrides}
    assert [code for code in base().overrides if code not in given and not quoted(code)] == []


def test_every_draft_template_is_offered() -> None:
    assert [name for name in base().drafts if not quoted(name)] == []


def test_nothing_was_checked_in_the_future() -> None:
    assert all(p.checked <= date.today() for p in base().parameters.values())


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_every_rule_says_what_it_raises_and_what_it_leaves_out(rule: Rule) -> None:
    assert (rule.function.__doc__ or "").strip()
    assert rule.leaves_out
    assert rule.title


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_every_rule_has_patients_who_get_it_and_patients_who_do_not(rule: Rule) -> None:
    outcomes = {case.cells["outcome"] for case in CASES if case.rule == rule.id}
    assert outcomes & {"info", "warning", "critical"}
    assert outcomes - {"info", "warning", "critical"}


def test_every_vignette_is_of_a_rule_that_exists() -> None:
    assert {case.rule for case in CASES} <= {rule.id for rule in RULES}


def test_no_module_is_long() -> None:
    long = {
        str(path.relative_to(PACKAGE)): count
        for path in PACKAGE.rglob("*.py")
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}
