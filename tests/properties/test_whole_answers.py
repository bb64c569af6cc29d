"""What holds for the cards of a whole chart with whatever findings vignettes tell of."""

from copy import deepcopy
from datetime import UTC
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdshooks.chart import as_prefetch
from cdshooks.knowledge import base
from cdshooks.protocol import Context, HookRequest
from cdshooks.rules.authoring import Recommend
from cdshooks.services import services
from cdshooks.services.answer import Answer, Site, answer, searches
from tests.support import vignettes
from tests.support.advice import NOW
from tests.support.base_patient import TODAY, base_patient
from tests.support.card_rules import faults
from tests.support.resources import OTHER, THIS, record

Json = dict[str, Any]
SOME = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
HOOKS = ("patient-view", "encounter-start", "encounter-discharge")
SITE = Site(base().profile("captures-all"), UTC, "https://x", full_prefetch=True)
STAY = "encounter inpatient this, today"
PATIENTS = ("subject", "patient", "for", "individual")
"""Elements that say whose a resource is."""


def _findings() -> list[str]:
    """Every coded fact of every vignette, but for the diagnosis and the stay of a call."""
    cells = (
        case.cells.get("record", "")
        for path in vignettes.files()
        for case in vignettes.load(path)
        if case.hook in HOOKS
    )
    phrases = {phrase for cell in cells for phrase in vignettes.phrases(cell)}
    return sorted(p for p in phrases if "ALS" not in p and " als" not in p and " this" not in p)


FINDINGS = st.lists(st.sampled_from(_findings()), max_size=8)


def whole(hook: str, findings: list[str]) -> list[Json]:
    """A typical chart with these findings, on the day of the call."""
    told = [STAY, *findings] if hook != "patient-view" else findings
    made = [resource for phrase in told for resource in record(phrase, TODAY)]
    return [*base_patient().resources(), *made]


def said(hook: str, chart: list[Json]) -> Answer:
    [service] = [service for service in services() if service.hook == hook]
    here = THIS if hook != "patient-view" else None
    context = Context(patient_id="anna", user_id="Practitioner/7", encounter_id=here)
    prefetch = as_prefetch(searches(hook, SITE), chart, here)
    request = HookRequest(hook, "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", context, prefetch=prefetch)
    return answer(service, request, SITE, NOW)


def shown(answered: Answer) -> list[object]:
    """What a clinician sees of each card, with the rules that it tells."""
    return [
        (
            card["indicator"],
            card["summary"],
            card["detail"],
            [suggestion["label"] for suggestion in card.get("suggestions", ())],
            card["extension"]["org.als-cdshooks"]["rules"],
        )
        for card in answered.body["cards"]
    ]


def unheard(resource: Json, *, foreign: bool) -> Json | None:
    """A twin that must not be heard: another patient's, or entered in error; None without one."""
    twin = deepcopy(resource) | {"id": f"twin-of-{resource['id']}"}
    if foreign:
        owned = [name for name in PATIENTS if name in twin]
        twin |= {name: {"reference": OTHER} for name in owned}
        return twin if owned else None
    if resource["resourceType"] in ("Condition", "AllergyIntolerance"):
        return twin | {"verificationStatus": {"coding": [{"code": "entered-in-error"}]}}
    return twin | {"status": "entered-in-error"} if "status" in twin else None


@SOME
@given(st.sampled_from(HOOKS), FINDINGS, st.randoms(use_true_random=False))
def test_the_order_of_a_chart_changes_no_card(
    hook: str, findings: list[str], random: Random
) -> None:
    chart = whole(hook, findings)
    mixed = random.sample(chart, len(chart))
    assert shown(said(hook, mixed)) == shown(said(hook, chart))


def test_the_order_of_two_prescriptions_of_a_drug_changes_no_card() -> None:
    findings = [
        "prescription 199206 active, 37 days ago",
        "prescription name:Riluzole_50_mg active, 458 days ago",
        "condition icd-10-cm:J84.112, 20 days ago",
        "condition fatigue, 10 days ago",
    ]
    chart = whole("patient-view", findings)
    assert shown(said("patient-view", chart[::-1])) == shown(said("patient-view", chart))


@SOME
@given(st.sampled_from(HOOKS), FINDINGS, st.booleans())
def test_what_is_in_error_or_another_patients_changes_no_card(
    hook: str, findings: list[str], foreign: bool
) -> None:
    chart = whole(hook, findings)
    twins = [unheard(r, foreign=foreign) for r in chart if r["resourceType"] != "Patient"]
    assert shown(said(hook, [*chart, *filter(None, twins)])) == shown(said(hook, chart))


@SOME
@given(st.sampled_from(HOOKS), FINDINGS)
def test_every_warning_is_told_on_one_valid_card(hook: str, findings: list[str]) -> None:
    answered = said(hook, whole(hook, findings))
    assert faults(answered.body) == []
    told = [r for c in answered.body["cards"] for r in c["extension"]["org.als-cdshooks"]["rules"]]
    assert len(set(told)) == len(told)
    warned = {
        finding.rule.id
        for finding in answered.findings
        if isinstance(finding.outcome, Recommend) and finding.outcome.indicator != "info"
    }
    assert warned <= set(told)
