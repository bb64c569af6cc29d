"""Draft orders by what they ask for: a service, a device, or a medication by its code."""

from collections.abc import Iterator
from dataclasses import dataclass

from cdshooks.chart.entries import reasons_of
from cdshooks.chart.naming import naming
from cdshooks.chart.orders import ORDER_HOOKS, to_assess
from cdshooks.chart.reasons import reasons_for
from cdshooks.chart.view import View
from cdshooks.fhir.dates import when
from cdshooks.fhir.elements import Json, fhir_code, reference_to, string, texts
from cdshooks.knowledge import Code, ValueSet
from cdshooks.rules.authoring import Order, Origin

CONCEPTS = {
    "ServiceRequest": "code",
    "DeviceRequest": "codeCodeableConcept",
}
"""Types that ask for something, and the element that says for what."""
DRUGS = "MedicationRequest"
"""The type that may say it by referring to a Medication."""


def asks_for(view: View, value_set: str) -> bool:
    """Whether a draft under assessment asks for something of the value set."""
    return bool(asked(view, value_set))


def asked(view: View, value_set: str, parts: tuple[str, ...] = ()) -> tuple[Order, ...]:
    """Every draft under assessment that asks for something of the value set, or of its parts."""
    key = ("asked", value_set, parts)
    if key not in view.memory:
        asking = _asked(view, value_set, parts) if view.hook in ORDER_HOOKS else ()
        view.memory[key] = tuple(asking)
    found: tuple[Order, ...] = view.memory[key]
    return found


@dataclass(frozen=True, slots=True)
class _Asking:
    """A draft under assessment that asks for something: by which codes, in which words."""

    draft: Json
    codes: tuple[Code, ...]
    wording: tuple[str, ...]

    def means(self, wanted: ValueSet) -> bool:
        """By a code, or by wording where the value set has any."""
        return wanted.holds_any(self.codes) or any(map(wanted.named_in, self.wording))


def _asked(view: View, value_set: str, parts: tuple[str, ...]) -> Iterator[Order]:
    wanted = view.value_set(value_set)
    for one in view.remembered("asking", _asking):
        if one.means(wanted):
            told = {name for name in parts if one.means(view.value_set(name))}
            yield _order(one.draft, wanted.meaning, view, told)


def _asking(view: View) -> tuple[_Asking, ...]:
    return tuple(one for draft in to_assess(view) if (one := _asks(draft, view)))


def _asks(draft: Json, view: View) -> _Asking | None:
    type = str(draft.get("resourceType"))
    if type == DRUGS:
        named = naming(view, draft)
        return _Asking(draft, named.codes, named.texts)
    if type not in CONCEPTS:
        return None
    # A device request keeps the element of a service request where a client mixes them up.
    concept = draft.get(CONCEPTS[type]) or draft.get("code")
    codes = view.index.concept(concept) or view.index.codes(draft)
    return _Asking(draft, codes, tuple(texts(concept)))


def _order(draft: Json, label: str, view: View, told: set[str]) -> Order:
    type, id = str(draft.get("resourceType")), string(draft.get("id")) or ""
    authored = when(draft.get("authoredOn"), view.zone)
    status = fhir_code(draft.get("status")) or "draft"
    return Order(
        type=type,
        id=id,
        status=status,
        intent=fhir_code(draft.get("intent")) or "order",
        drug=None,
        label=label,
        day=authored.day if authored else None,
        reasons=reasons_of(draft, view) | reasons_for(draft, view) | told,
        origins=(Origin(reference_to(type, id), f"{label} order", status, "", None),),
    )
