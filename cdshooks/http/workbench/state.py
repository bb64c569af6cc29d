"""What the workbench is about at the moment: carried by its forms, kept nowhere."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from cdshooks.chart import ORDER_HOOKS
from cdshooks.errors import RequestInvalid
from cdshooks.fhir.elements import Json
from cdshooks.protocol import check_shape
from cdshooks.services import services
from cdshooks.services.workbench.orders import WRONG_DOSE, Form

FIRST_PATIENT = "bulbar-onset-fvc-falling"
FIRST_HOOK = "patient-view"
DRAFTS_AT_MOST = 50


@dataclass(frozen=True, slots=True)
class State:
    """The open chart, the hook that was chosen, and the orders that are drafted."""

    patient: str = FIRST_PATIENT
    hook: str = FIRST_HOOK
    drafts: tuple[Json, ...] = ()
    form: Form = WRONG_DOSE

    @property
    def of_orders(self) -> bool:
        """Whether the hook is about orders."""
        return self.hook in ORDER_HOOKS

    @property
    def calls(self) -> bool:
        """Whether there is something to ask: at hooks about orders only with an order."""
        return bool(self.drafts) or not self.of_orders

    def with_drafts(self, drafts: tuple[Json, ...]) -> "State":
        """The same with other drafts."""
        return replace(self, drafts=drafts)


def state_of(sent: Mapping[str, str]) -> State:
    """The state in a form or an address; raises RequestInvalid for what no page has sent."""
    hook = sent.get("hook", FIRST_HOOK)
    if all(service.hook != hook for service in services()):
        raise RequestInvalid("hook", "the hook of a service")
    return State(sent.get("patient", FIRST_PATIENT), hook, _drafts(sent), _form(sent))


def _drafts(sent: Mapping[str, str]) -> tuple[Json, ...]:
    found = read_list(sent.get("drafts", "[]"), "drafts")
    if len(found) > DRAFTS_AT_MOST or any(not _is_named(one) for one in found):
        raise RequestInvalid("drafts", f"at most {DRAFTS_AT_MOST} resources with type and id")
    return tuple(found)


def read_list(text: str, where: str) -> list[Json]:
    """A JSON list of objects from a field of a form."""
    try:
        found: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise RequestInvalid(where, "JSON", "structure") from None
    check_shape(text.encode())
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise RequestInvalid(where, "a list of objects", "structure")
    return found


def _is_named(one: Json) -> bool:
    return all(isinstance(one.get(member), str) for member in ("resourceType", "id"))


def _form(sent: Mapping[str, str]) -> Form:
    if "product" not in sent:
        return WRONG_DOSE
    times = sent.get("times", "")
    return Form(
        product=sent["product"].strip()[:200],
        dose=sent.get("dose", "").strip()[:10],
        unit=sent.get("unit", "").strip()[:10],
        times=int(times) if times.isascii() and times.isdigit() and len(times) < 3 else 0,
        directions=sent.get("directions", "").strip()[:300],
    )
