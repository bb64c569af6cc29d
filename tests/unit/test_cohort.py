"""Patients of a synthetic cohort: like those of registers, valid FHIR, recorded when they say."""

import statistics
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cdshooks.cohort import Cohort, patient
from cdshooks.cohort.content import content
from cdshooks.cohort.courses import Course
from cdshooks.cohort.distributions import Distributions, distributions, number
from cdshooks.cohort.drugs import medications
from cdshooks.cohort.elements import product
from cdshooks.cohort.patients import hidden
from cdshooks.cohort.plans import NEVER, Plan
from cdshooks.cohort.scores import ON_NIV, UNAIDED, answers
from cdshooks.errors import KnowledgeInvalid
from cdshooks.fhir.validate import faults
from cdshooks.knowledge import base
from tools.cohort_docs import DOCUMENT, page

Json = dict[str, Any]
UNTIL = date(2026, 6, 30)
ALS_ONLY = Cohort(seed=1, until=UNTIL, not_als=0, dirt=0)
MIXED = Cohort(seed=1, until=UNTIL, not_als=0.3, dirt=0)
PACKAGE = Path(__file__).parents[2] / "cdshooks" / "cohort"
LIVES = [hidden(ALS_ONLY, index) for index in range(300)]
CHARTS = [patient(MIXED, index) for index in range(40)]


def share(found: list[bool]) -> float:
    return sum(found) / len(found)


def living() -> Iterator[tuple[Course, Plan]]:
    return ((course, plan) for course, plan in LIVES if course.death > UNTIL)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("male_share", [c.body.man for c, _ in LIVES]),
        ("bulbar_share", [c.region == "bulbar" for c, _ in LIVES]),
        ("trunk_share", [c.region == "trunk" for c, _ in LIVES]),
        ("familial_share", [c.familial for c, _ in LIVES]),
        ("riluzole_share", [p.riluzole != NEVER for _, p in LIVES]),
        ("loss_share", [c.lost > 0 for c, _ in LIVES]),
        ("gene_test_share", [p.gene_test != NEVER for _, p in LIVES]),
    ],
)
def test_a_share_of_300_patients_lies_around_its_parameter(name: str, found: list[bool]) -> None:
    wanted = number(name)
    three_errors = 3 * (wanted * (1 - wanted) / len(found)) ** 0.5
    assert share(found) == pytest.approx(wanted, abs=three_errors)


@pytest.mark.parametrize(
    ("wanted", "band", "values"),
    [
        ("onset_age_men", 3, [(c.onset - c.body.born).days / 365.25 for c, _ in LIVES]),
        ("slope_mean", 0.2, [c.slope for c, _ in LIVES]),
        ("fvc_at_onset", 3, [c.fvc_onset for c, _ in LIVES]),
    ],
)
def test_a_mean_of_300_patients_lies_around_its_parameter(
    wanted: str, band: float, values: list[float]
) -> None:
    assert statistics.mean(values) == pytest.approx(number(wanted), abs=band)


def test_half_of_the_patients_are_diagnosed_within_the_published_delay() -> None:
    median = statistics.median(c.months(c.diagnosed) for c, _ in LIVES)
    assert median == pytest.approx(number("delay_median"), abs=2)


def test_what_was_not_put_in_comes_out_as_published() -> None:
    after = [(c.death - c.diagnosed).days / 365.25 for c, _ in LIVES]
    found = {
        "survival_1_year": share([years > 1 for years in after]),
        "survival_5_years": share([years > 5 for years in after]),
        "slope_in_trials": statistics.mean(c.slope for c, _ in LIVES),
        "fvc_loss": statistics.mean(c.fvc_loss for c, _ in LIVES),
        "niv_now": share([p.niv == "active" and p.niv_day <= UNTIL for _, p in living()]),
        "riluzole_now": share([p.riluzole <= UNTIL < p.riluzole_end for _, p in living()]),
    }
    checks = distributions().checks
    assert found.keys() == checks.keys()
    outside = {k: v for k, v in found.items() if not checks[k].low <= v <= checks[k].high}
    assert outside == {}


def test_answers_add_up_to_the_course_and_fall() -> None:
    apart = []
    for course, _ in LIVES:
        first = answers(course, course.diagnosed, 0, UNAIDED)
        later = answers(course, course.death, 0, UNAIDED)
        apart.append(sum(first.values()) - 48 + course.score_lost(course.diagnosed))
        # Breathing that fails fast may leave an item of a limb a point better, once in 3,000.
        assert all(0 <= later[item] <= first[item] + 1 <= 5 for item in first)
    assert statistics.mean(apart) == pytest.approx(0, abs=0.5)
    assert max(map(abs, apart)) < 8


def test_who_has_a_ventilator_says_so_in_item_12() -> None:
    on_niv = [(c, p) for c, p in LIVES if p.niv == "active"]
    assert on_niv
    for _, plan in on_niv:
        if plan.niv_day < plan.tracheostomy:
            assert plan.breathing(plan.niv_day) == ON_NIV


def test_bulbar_onset_takes_speech_first_and_onset_in_a_leg_walking() -> None:
    for course, _ in LIVES[:60]:
        scores = answers(course, course.diagnosed, 0, UNAIDED)
        if course.region == "bulbar":
            assert scores[1] <= scores[8]
        if course.region == "leg":
            assert scores[8] <= scores[1]


def test_every_resource_is_valid_r4() -> None:
    wrong = [
        (resource["resourceType"], fault)
        for chart in CHARTS[:8]
        for resource in chart
        for fault in faults(resource)
    ]
    assert wrong == []


def test_ids_are_unique_and_every_reference_leads_to_a_resource_of_the_chart() -> None:
    drugs = {f"Medication/{drug['id']}" for drug in medications()}
    for chart in CHARTS:
        names = [f"{r['resourceType']}/{r['id']}" for r in chart]
        assert len(names) == len(set(names))
        assert set(_references(chart)) <= {*names, *drugs}


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "reference" in node:
            yield node["reference"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def test_nothing_is_recorded_after_the_last_day() -> None:
    last = f"{UNTIL.isoformat()}T23:59:59Z"
    for chart in CHARTS:
        for resource in chart:
            told = [resource["meta"]["lastUpdated"]]
            told += [resource[m] for m in ("issued", "authoredOn", "recordedDate") if m in resource]
            assert max(told) <= last


def test_some_results_are_recorded_days_after_they_were_measured() -> None:
    results = [r for chart in CHARTS for r in chart if r["resourceType"] == "Observation"]
    late = [r["issued"][:10] > r["effectiveDateTime"][:10] for r in results]
    assert 0.01 < share(late) < 0.1


def test_no_care_is_written_down_after_death() -> None:
    for index in range(30):
        course, _ = hidden(ALS_ONLY, index)
        for resource in patient(ALS_ONLY, index):
            told = [resource.get(m, "") for m in ("authoredOn", "effectiveDateTime", "date")]
            told += [(resource.get("performedPeriod") or resource.get("period") or {}).get("start")]
            told += [resource.get("performedDateTime", "")]
            assert max(day or "" for day in told)[:10] <= course.death.isoformat()


def test_charts_without_als_have_no_code_of_it_and_a_few_resemble_it() -> None:
    als, kin = (base().value_sets[n] for n in ("als", "other-motor-neuron-disease"))
    others = [patient(Cohort(3, UNTIL, 1, 0), index) for index in range(60)]
    found = [_coded(chart) for chart in others]
    assert not any(als.holds_any(codes) for codes in found)
    assert 0 < sum(kin.holds_any(codes) for codes in found) < 15
    assert statistics.mean(len(chart) for chart in others) > 60


def _coded(chart: list[Json]) -> list[Any]:
    systems = base().systems
    return [
        systems.code(coding["system"], coding["code"])
        for resource in chart
        if resource["resourceType"] == "Condition"
        for coding in resource["code"].get("coding", ())
    ]


def test_a_patient_is_the_same_with_another_share_of_others() -> None:
    more = Cohort(seed=1, until=UNTIL, not_als=0.6, dirt=0)
    same = [patient(more, n) == patient(MIXED, n) for n in range(20)]
    assert share(same) >= 0.4
    assert patient(MIXED, 3) == patient(MIXED, 3)


def test_another_seed_makes_other_patients() -> None:
    assert patient(MIXED, 0) != patient(Cohort(2, UNTIL, 0.3, 0), 0)


def test_every_parameter_is_used_by_the_generator() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.glob("*.py"))
    names = {*distributions().parameters, *distributions().spans}
    spreads = {f"{name}_sd" for name in names} & names
    genes = {name for name in names if name.startswith(("familial_", "sporadic_"))}
    unused = [name for name in names - spreads - genes if f'"{name}"' not in source]
    assert unused == []


def test_no_code_is_typed_that_the_knowledge_already_has() -> None:
    known = {code for s in base().value_sets.values() for code in s.exact}
    known |= {code for p in base().products.values() for code in p.products}
    systems = base().systems
    typed = [
        systems.code(systems.uri("loinc"), t.loinc) for t in (*content().tests, *content().vitals)
    ]
    for entry in content().conditions:
        typed.append(systems.code(systems.uri("snomed"), entry.snomed))
        typed.append(systems.code(systems.uri("icd-10-cm"), entry.icd))
        if entry.drug:
            typed.append(systems.code(systems.uri("rxnorm"), entry.drug.rxnorm))
    typed += [systems.code(systems.uri("rxnorm"), a.rxnorm) for a in content().allergies]
    assert [code for code in typed if code in known] == []


def test_every_regimen_names_a_product_of_its_drug() -> None:
    for name in content().regimens:
        assert product(name)["coding"][0]["code"]


def test_a_product_that_the_knowledge_lacks_is_named() -> None:
    with pytest.raises(KeyError):
        product("aspirin")


def test_a_published_number_without_source_is_refused() -> None:
    wrong = {"value": 1, "unit": "share", "meaning": "x", "mark": "published"}
    with pytest.raises(ValueError, match="has a source"):
        Distributions.model_validate({"sources": {}, "parameters": {"x": wrong}, "checks": {}})


def test_a_span_has_an_end_that_is_not_before_its_beginning() -> None:
    assert [name for name, span in distributions().spans.items() if span.low > span.high] == []


def test_a_source_that_nothing_cites_is_refused() -> None:
    source = {"citation": "A paper", "url": "https://example.org"}
    with pytest.raises(ValueError, match="cited or listed"):
        Distributions.model_validate({"sources": {"x": source}, "parameters": {}, "checks": {}})


def test_the_document_shows_the_numbers_as_they_are() -> None:
    assert page() == DOCUMENT.read_text(encoding="utf-8")


def test_a_wrong_file_is_named_with_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cdshooks.cohort.distributions.yaml.read", lambda file: {"sources": 3})
    distributions.cache_clear()
    with pytest.raises(KnowledgeInvalid, match=r"distributions\.yaml: sources"):
        distributions()
    monkeypatch.undo()
    distributions.cache_clear()
    assert distributions()
