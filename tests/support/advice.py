"""What the rules advise on a whole chart, and the changes by which a test makes it speak."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime

from cdshooks import rules
from cdshooks.chart import as_prefetch
from cdshooks.knowledge import base
from cdshooks.protocol import Context, HookRequest
from cdshooks.rules.authoring import Recommend
from cdshooks.services.answer import Site, answer, searches
from cdshooks.services.service import Service
from tests.support.base_patient import Chart, measured
from tests.support.drafts import draft
from tests.support.resources import THIS

NOW = datetime(2026, 3, 15, 10, tzinfo=UTC)
Change = Callable[[Chart], Chart]


def advised(
    chart: Chart,
    hook: str = "patient-view",
    *drafts: str,
    profile: str = "default captures-all",
) -> dict[str, Recommend]:
    """What rules advise, by rule. profile: names, with blanks; drafts are selected too."""
    site = Site(base().profile(*profile.split()), UTC, "https://x", full_prefetch=True)
    resources = chart.resources()
    here = next((r["id"] for r in resources if r["id"] == THIS), None)
    orders = [draft(phrase) for phrase in drafts]
    context = Context(
        patient_id="anna",
        user_id="Practitioner/7",
        encounter_id=here,
        draft_orders=tuple((None, order) for order in orders),
        selections=tuple(f"{order['resourceType']}/{order['id']}" for order in orders),
    )
    prefetch = as_prefetch(searches(hook, site), resources, here)
    request = HookRequest(hook, "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", context, prefetch=prefetch)
    said = answer(Service("any", hook, "1.0", "", ""), request, site, NOW)
    assert [f.rule.id for f in said.findings if f.error] == []
    return {f.rule.id: f.outcome for f in said.findings if isinstance(f.outcome, Recommend)}


def told(advice: dict[str, Recommend], own: Collection[str]) -> dict[str, str]:
    """The level and summary of each of these rules that advises."""
    return {
        rule: f"{outcome.indicator}: {outcome.summary}"
        for rule, outcome in advice.items()
        if rule in own
    }


def rules_of(*modules: str) -> frozenset[str]:
    """The rules of these modules."""
    return frozenset(
        rule.id for rule in rules.load() if rule.function.__module__.rpartition(".")[2] in modules
    )


def say(*phrases: str) -> Change:
    """Further facts, as of ``Chart.say``."""
    return lambda chart: chart.say(*phrases)


def then(*changes: Change) -> Change:
    """Several changes, one after the other."""

    def change(chart: Chart) -> Chart:
        for one in changes:
            chart = one(chart)
        return chart

    return change


def gas(value: float, day: str, ph: float | None = None) -> Change:
    """A blood gas of this day: PaCO2 in mmHg, and pH where it is given."""

    def change(chart: Chart) -> Chart:
        chart.put("PaCO2", measured(("loinc", "2019-8"), value, "mm[Hg]", day))
        if ph is not None:
            chart.put("pH", measured(("loinc", "2744-1"), ph, "[pH]", day))
        return chart

    return change
