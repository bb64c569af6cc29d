"""Vignettes: a table of patients a clinician can read, run through the whole line."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from cdshooks import rules
from cdshooks.cards import Card, cards
from cdshooks.chart import View, as_prefetch, read_chart
from cdshooks.engine import Finding, run
from cdshooks.errors import PrefetchUnavailable
from cdshooks.knowledge import Knowledge, base
from cdshooks.protocol import Context, HookRequest
from cdshooks.rules.authoring import CannotAssess, NotIndicated, Recommend
from cdshooks.services import services
from cdshooks.services.answer import Answer, Site, answer, searches
from tests.support import drafts, resources

Json = dict[str, Any]
FOLDER = Path(__file__).parents[1] / "vignettes"
ITEMS = ("1", "2", "3", "4", "5a", "5b", *map(str, range(6, 13)))
ITEMS_SCORED = tuple(item for item in ITEMS if item != "5b")
"""The twelve items of the ALSFRS-R of a patient without a gastrostomy: 41 points in all."""
MEASURES = {
    "FVC": ("vc-percent", "fvc-percent: "),
    "SVC": ("vc-percent", "svc-percent: "),
    "FVC volume": ("vc-volume", "fvc-volume: "),
    "predicted FVC": ("vc-predicted-volume", "fvc-predicted-volume: "),
    "SNIP": ("snip", ""),
    "SNIP %": ("snip-percent", ""),
    "MIP": ("mip", ""),
    "MIP %": ("mip-percent", ""),
    "PaCO2": ("paco2", ""),
    "pH": ("ph", ""),
    "T90": ("spo2-t90", ""),
    "T88": ("spo2-t88", ""),
    "T88 minutes": ("spo2-t88-minutes", ""),
    "recording": ("spo2-recording-minutes", ""),
    "ESS": ("epworth", ""),
    "NIV use": ("niv-usage", ""),
    "ALT": ("alt", ""),
    "AST": ("ast", ""),
    "CK": ("creatine-kinase", ""),
    "QTc": ("qtc", ""),
    "eGFR": ("egfr", ""),
    "platelets": ("platelets", ""),
    "bilirubin": ("bilirubin", ""),
    "direct bilirubin": ("bilirubin-direct", ""),
    "MEP": ("mep", ""),
    "cough flow": ("peak-cough-flow", ""),
    "SpO2": ("spo2", ""),
    "venous pCO2": ("venous-pco2", ""),
    "bicarbonate": ("bicarbonate", ""),
    "RR": ("respiratory-rate", ""),
    "Borg": ("borg", ""),
    "AHI": ("residual-ahi", ""),
    "ALSFRS-R": ("alsfrs-total", ""),
    "weight": ("weight", ""),
    "usual weight": ("usual-weight", ""),
    "height": ("height", ""),
    "BMI": ("bmi", ""),
    "fat-free mass": ("fat-free-mass", ""),
    "meal": ("meal-minutes", ""),
    "EAT-10": ("eat-10", ""),
    "PAS": ("pas", ""),
    "ALSFRS": ("alsfrs-original", ""),
    "PHQ-9": ("phq9-total", ""),
    "PHQ item 9": ("phq9-item-9", ""),
    "PHQ-2": ("phq2-total", ""),
    "HADS-D": ("hads-depression", ""),
    "ADI-12": ("adi-12", ""),
    "CNS-LS": ("cns-ls", ""),
    "pain": ("pain-score", ""),
    "FSS": ("fatigue-severity", ""),
    "ECAS": ("ecas-total", ""),
    "ECAS specific": ("ecas-als-specific", ""),
    "ECAS other": ("ecas-non-specific", ""),
    "ALS-CBS": ("als-cbs-cognitive", ""),
    "ALS-CBS behaviour": ("als-cbs-behavior", ""),
    "TSH": ("thyrotropin", ""),
    "hCG": ("pregnancy-hormone", ""),
    "haemoglobin": ("hemoglobin", ""),
    "ANC": ("neutrophils", ""),
    "segmented": ("neutrophils-segmented", ""),
    "neutrophils %": ("neutrophils-percent", ""),
    "WBC": ("white-cells", ""),
    "degC": ("temperature-celsius", ""),
    "degF": ("temperature-fahrenheit", ""),
    "Ashworth": ("ashworth", ""),
    "cramps": ("cramp-frequency", ""),
    "Braden": ("braden", ""),
    "speaking rate": ("speaking-rate", ""),
    "intelligibility": ("speech-intelligibility", ""),
    "ZBI-22": ("zbi-22", ""),
    "ZBI-12": ("zbi-12", ""),
    **{f"item {n}": (f"alsfrs-item-{n}", "") for n in ITEMS},
}
"""Column of a table → measure, and what its phrases begin with."""
KNOWN = {
    *("patient", "person", "record", "items", "orders", "books", "fails", "hook", "profile"),
    "choices",
    *("outcome", "says", "offers", "reasons", "evidence"),
}
WORDS = {"yes": True, "no": False}
ALS = "condition als, 400 to 200 days ago"


@dataclass(frozen=True)
class Case:
    """One row: what is in the chart, and what must come of it."""

    rule: str
    title: str
    today: date
    hook: str
    cells: Mapping[str, str]
    source: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.rule}: {self.title}"


@dataclass(frozen=True)
class Result:
    """What came of a case: ``warning``, ``not indicated``, ``cannot assess`` …, and its text.

    criteria: what was met, by which a later rise in severity is told.
    """

    outcome: str
    text: str
    card: Json | None = None
    criteria: tuple[str, ...] = ()


def files() -> list[Path]:
    return sorted(FOLDER.glob("*.yaml"))


def load(path: Path) -> Iterator[Case]:
    """The cases of a file; an unknown column is a mistake, not a comment."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    given = {key: str(value) for key, value in (data.get("given") or {}).items()}
    rows = [line for line in data["cases"].splitlines() if line.strip()]
    header = [cell.strip() for cell in rows[0].split(" | ")]
    for unknown in set(header) | set(given):
        if unknown not in KNOWN and unknown not in MEASURES:
            raise ValueError(f"{path.name}: no column {unknown!r}")
    for line in rows[2:]:
        row = dict(zip(header, (cell.strip() for cell in line.split("|")), strict=True))
        cells = given | {key: value for key, value in row.items() if value}
        yield Case(
            rule=data["rule"],
            title=row["patient"],
            today=data["today"],
            hook=cells.get("hook", "patient-view"),
            cells=cells,
            source=path.name,
        )


def chart_of(case: Case) -> list[Json]:
    """Every resource of the patient."""
    found = [resources.person(case.cells.get("person", ""), case.today)]
    for column, text in case.cells.items():
        if column in MEASURES:
            measure, kind = MEASURES[column]
            for phrase in phrases(text):
                found.append(resources.observation(measure, kind + phrase, case.today))
        elif column == "items":
            scores = zip(ITEMS_SCORED, (4, 4, 4, 3, 3, 3, 3, 3, 2, 4, 4, 4), strict=True)
            found += [
                resources.observation(f"alsfrs-item-{item}", f"{score}, {text}", case.today)
                for item, score in scores
            ]
        elif column == "record":
            for phrase in phrases(text.replace("ALS", ALS, 1)):
                found.extend(resources.record(phrase, case.today))
    return found


def phrases(text: str) -> list[str]:
    return [phrase.strip() for phrase in text.split(" + ") if phrase.strip()]


def request_of(case: Case, site: Site) -> HookRequest:
    """The hook request that a client honouring every prefetch template would send."""
    orders = [drafts.draft(phrase) for phrase in phrases(case.cells.get("orders", ""))]
    chart = chart_of(case)
    here = next((r["id"] for r in chart if r["id"] == resources.THIS), None)
    prefetch = as_prefetch(searches(case.hook, site), chart, here)
    for failure in phrases(case.cells.get("fails", "")):
        _fail(prefetch, failure)
    first = f"{orders[0]['resourceType']}/{orders[0]['id']}" if orders else ""
    context = Context(
        patient_id="anna",
        user_id="Practitioner/7",
        encounter_id=here,
        selections=(first,) if case.hook == "order-select" and first else (),
        draft_orders=tuple((None, order) for order in orders),
        appointments=tuple(
            booked
            for phrase in phrases(case.cells.get("books", ""))
            for booked in resources.record(phrase, case.today)
        ),
    )
    return HookRequest(
        case.hook, "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", context, prefetch=prefetch
    )


def _fail(prefetch: Json, failure: str) -> None:
    """``key`` answers with an error, ``-key`` is not sent, ``~key`` has a further page."""
    issue = {"severity": "error", "code": "exception"}
    if failure.startswith("-"):
        del prefetch[failure[1:]]
    elif failure.startswith("~"):
        prefetch[failure[1:]]["link"] = [{"relation": "next", "url": "http://x/next"}]
    else:
        prefetch[failure] = {"resourceType": "OperationOutcome", "issue": [issue]}


def view_of(case: Case, knowledge: Knowledge | None = None) -> View:
    """The chart of a case, for asking about a derived state."""
    site = site_of(case, knowledge)
    request = request_of(case, site)
    return read_chart(request, searches(case.hook, site), site.knowledge, _now(case), UTC)


def knowledge_of(case: Case) -> Knowledge:
    """The knowledge of the profile of a case, with the choices of its site."""
    return _chosen(case.cells.get("profile", "default"), case.cells.get("choices", ""))


@cache
def _chosen(profile: str, choices: str) -> Knowledge:
    """``choices`` is ``parameter=value`` or several: what a site sets that no profile does."""
    used = base().profile(*(name.strip() for name in profile.split(",")))
    pairs = (choice.split("=") for choice in phrases(choices))
    chosen = {
        name: used.parameters[name].overridden(value=WORDS[v] if v in WORDS else Decimal(v))
        for name, v in pairs
    }
    return replace(used, parameters={**used.parameters, **chosen})


def site_of(case: Case, knowledge: Knowledge | None = None) -> Site:
    """The site of the profile of a case, whose clients send everything that is asked for."""
    used = knowledge or knowledge_of(case)
    return Site(used, UTC, "https://cds.example", full_prefetch=True)


def _now(case: Case) -> datetime:
    return datetime(case.today.year, case.today.month, case.today.day, 10, tzinfo=UTC)


def evaluate(case: Case, knowledge: Knowledge | None = None) -> Result:
    """Runs a case through the whole line, under its profile or the given knowledge."""
    site = site_of(case, knowledge)
    [service] = [s for s in services() if s.hook == case.hook]
    try:
        said = answer(service, request_of(case, site), site, _now(case))
    except PrefetchUnavailable as refusal:
        return Result("refused", str(refusal))
    return _result(case, said)


def shared_card(case: Case) -> Json:
    """The card of the whole response that tells the rule of a case, with whatever it shares."""
    site = site_of(case)
    [service] = [s for s in services() if s.hook == case.hook]
    said = answer(service, request_of(case, site), site, _now(case)).body["cards"]
    found: Json = next(c for c in said if case.rule in c["extension"]["org.als-cdshooks"]["rules"])
    return found


def concludes(case: Case, knowledge: Knowledge) -> Result:
    """What the rule of a case says by itself, with no other rule and no card."""
    rule = next(rule for rule in rules.load() if rule.id == case.rule)
    return _concluded(run([rule], view_of(case, knowledge)), None)


def _result(case: Case, said: Answer) -> Result:
    findings = [f for f in said.findings if f.rule.id == case.rule]
    card = next((c.body for c in _own_cards(case, said)), None)
    return _concluded(findings, card)


def _concluded(findings: Sequence[Finding], card: Json | None) -> Result:
    outcomes = [f.outcome for f in findings]
    for outcome in outcomes:
        if isinstance(outcome, Recommend):
            text = "\n".join((outcome.summary, *outcome.because, *outcome.missing))
            return Result(outcome.indicator, text, card, outcome.criteria)
    for outcome in outcomes:
        if isinstance(outcome, CannotAssess):
            return Result("cannot assess", outcome.because)
    for outcome in outcomes:
        if isinstance(outcome, NotIndicated):
            return Result("not indicated", outcome.because)
    return Result("nothing", "")


def _own_cards(case: Case, said: Answer) -> tuple[Card, ...]:
    """The cards of this rule alone: what else is said of a patient is not its concern."""
    own = [finding for finding in said.findings if finding.rule.id == case.rule]
    return cards(own, said.view, "https://cds.example") if said.view else ()


def holds(case: Case, result: Result) -> bool:
    """Whether the outcome and every phrase came true; ``!phrase`` must not be said.

    ``says`` is about the outcome in words; ``offers``, ``reasons`` and ``evidence`` are about
    its card.
    """
    if result.outcome != case.cells["outcome"]:
        return False
    told: dict[str, Callable[[Result], str]] = {
        "says": lambda result: result.text,
        "offers": offered,
        "reasons": reasons,
        "evidence": evidence,
    }
    return all(_said(case.cells.get(column, ""), text(result)) for column, text in told.items())


def _said(phrases: str, text: str) -> bool:
    said = text.casefold()
    for phrase in phrases.split(" / "):
        wanted = phrase.strip().casefold()
        if wanted.startswith("!"):
            if wanted[1:] in said:
                return False
        elif wanted not in said:
            return False
    return True


def offered(result: Result) -> str:
    """What the card offers, one a line: suggestions, override reasons, limits that were crossed.

    A suggestion is its priority, its label and ``(recommended)``; an override
    reason begins with ``override``, a limit with ``limit``, a criterion with ``criterion``.
    """
    card = result.card or {}
    lines = [
        f"{s['actions'][0].get('resource', {}).get('priority', '')} {s['label']}"
        f"{' (recommended)' if s.get('isRecommended') else ''}"
        for s in card.get("suggestions", [])
    ]
    lines += [f"override {reason['code']}" for reason in card.get("overrideReasons", [])]
    body = card.get("extension", {}).get("org.als-cdshooks", {})
    lines += [f"limit {parameter['name']}" for parameter in body.get("parameters", [])]
    lines += [f"criterion {criterion}" for criterion in result.criteria]
    return "\n".join(lines)


def reasons(result: Result) -> str:
    """Why each draft of the card's suggestions says that it is made, one a line."""
    drafts = [
        action.get("resource", {})
        for suggestion in (result.card or {}).get("suggestions", [])
        for action in suggestion["actions"]
    ]
    given = [draft.get("reasonCode") or draft.get("note") or [] for draft in drafts]
    return "\n".join(
        one["text"] for ones in given for one in (ones if isinstance(ones, list) else [ones])
    )


def evidence(result: Result) -> str:
    """What the card lists as its evidence, one a line: label, value, unit and date."""
    body = (result.card or {}).get("extension", {}).get("org.als-cdshooks", {})
    parts = ("label", "value", "unit", "date")
    return "\n".join(
        " ".join(str(fact[part]) for part in parts if part in fact)
        for fact in body.get("evidence", [])
    )
