"""Is everything that an installation stands on whole: knowledge, profile, rules, drafts?

Without a patient and without a server. What stops the service at start is found by
trying; what would only be noticed on a card is looked at piece by piece.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from typing import Any

from cdshooks import rules
from cdshooks.cards.drafts import fill
from cdshooks.fhir.validate import faults
from cdshooks.knowledge import Base, Knowledge
from cdshooks.rules.authoring import Rule
from cdshooks.services.answer import Site, prepare
from cdshooks.services.catalogue import describe

LOOK_AGAIN_AFTER = timedelta(days=365)
"""After this a number is due for another look at its source."""

Json = dict[str, Any]
WHOLE_ORDER: Json = {
    "status": "draft",
    "intent": "order",
    "subject": {"reference": "Patient/p"},
}
"""What a client's order brings to a template that only corrects a part of it."""
A_DRUG: Json = {"medicationCodeableConcept": {"text": "a drug"}}
"""The same of a medication order."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong: where, and what."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def wrong(site: Site) -> Iterator[Fault]:
    """Everything that would stop the service, a rule or a card of this site."""
    knowledge = site.knowledge
    yield from _start(site)
    for rule in rules.load():
        yield from _rule(rule, knowledge)
    yield from _drafts(knowledge.base)


def _start(site: Site) -> Iterator[Fault]:
    """Whether the service starts. Any exception counts: it is what an operator would see."""
    try:
        prepare(site)
    except Exception as problem:
        yield Fault("start", said(problem))


def _rule(rule: Rule, knowledge: Knowledge) -> Iterator[Fault]:
    """Whether all that a rule names exists: sources, reasons, concepts, parameters."""
    base = knowledge.base
    missing = [("source", n) for n in rule.sources if n not in base.sources]
    missing += [("override reason", n) for n in rule.overrides if n not in base.overrides]
    if missing:
        yield from (Fault(f"rule {rule.id}", f"no {kind} {name!r}") for kind, name in missing)
        return
    try:
        describe(rule, knowledge)
    except Exception as problem:
        yield Fault(f"rule {rule.id}", said(problem))


def said(problem: Exception) -> str:
    """An exception in a line; a bare KeyError says only the key."""
    text = f"nothing named {problem}" if isinstance(problem, KeyError) else str(problem)
    return text or type(problem).__name__


def _drafts(base: Base) -> Iterator[Fault]:
    """Every draft template in every variant of its slots, as R4."""
    for name, draft in base.drafts.items():
        found = dict.fromkeys(
            fault for variant in variants(draft.resource) for fault in faults(variant)
        )
        yield from (Fault(f"draft {name}", fault) for fault in found)


def variants(template: Json) -> Iterator[Json]:
    """A template filled in each way that a call can fill it."""
    medication = template.get("resourceType") == "MedicationRequest"
    is_correction = (
        (medication or template.get("resourceType") == "ServiceRequest")
        and "subject" not in template
        and template.get("status") in (None, "stopped")
    )
    brought = {**WHOLE_ORDER, **(A_DRUG if medication else {})}
    whole = {**brought, **template} if is_correction else template
    evidence = [{"reference": "Observation/o"}]
    for encounter, priority, reason, references in product(
        ("Encounter/e", None), ("routine", "urgent"), ("a reason", None), (evidence, None)
    ):
        slots = {
            "{patient}": "Patient/p",
            "{encounter}": encounter,
            "{today}": "2026-01-31",
            "{priority}": priority,
            "{reason}": reason,
            "{evidence}": references,
        }
        filled = fill(whole, slots)
        yield filled if isinstance(filled, dict) else {}


def unchecked(knowledge: Knowledge, today: date) -> tuple[Fault, ...]:
    """Parameters whose source nobody looked at for a year, the oldest first."""
    late = [p for p in knowledge.parameters.values() if p.checked < today - LOOK_AGAIN_AFTER]
    late.sort(key=lambda p: p.checked)
    return tuple(Fault(f"{p.group}.yaml", f"{p.name} last checked {p.checked}") for p in late)
