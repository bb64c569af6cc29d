"""A hook request of CDS Hooks 1.0, 2.0 or 3.0, checked at the boundary."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cdshooks.errors import RequestInvalid
from cdshooks.protocol import reading
from cdshooks.protocol.reading import Json


@dataclass(frozen=True, slots=True)
class FhirAuthorization:
    """The token that a client lends for this one call. Never logged, stored or echoed."""

    access_token: str = field(repr=False)
    token_type: str | None = None
    expires_in: int | None = None
    scope: str | None = None
    subject: str | None = None
    patient: str | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """The hook's context, of whichever hook; what a hook does not have is None or empty.

    draft_orders: the resources of the Bundle, in order, each with its fullUrl if any.
    selections: ``Type/id`` strings, as sent (a bare id is tolerated).
    """

    patient_id: str
    user_id: str | None = None
    encounter_id: str | None = None
    selections: tuple[str, ...] = ()
    draft_orders: tuple[tuple[str | None, dict[str, Any]], ...] = ()
    appointments: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class HookRequest:
    """One call. ``prefetch`` holds the values as sent; a key that was not sent is absent."""

    hook: str
    hook_instance: str
    context: Context
    fhir_server: str | None = None
    fhir_authorization: FhirAuthorization | None = None
    prefetch: Mapping[str, Any] = field(default_factory=dict)


# The hooks whose context tables make userId or encounterId REQUIRED.
NEED_ENCOUNTER = frozenset({"encounter-start", "encounter-discharge"})
"""The hooks whose context always names an encounter."""
_NEED_USER = NEED_ENCOUNTER | {
    "patient-view",
    "order-select",
    "order-sign",
    "appointment-book",
}
_WITH_DRAFTS = frozenset({"order-select", "order-sign"})


def parse_request(body: object) -> HookRequest:
    """``body`` as a typed request; raises RequestInvalid with the JSON path.

    Members that the hook does not define are ignored, as are draft orders and
    selections that are not there: the public sandbox sends such calls.
    """
    if not isinstance(body, dict):
        raise RequestInvalid("body", "a JSON object", "structure")
    hook = reading.text(
        reading.required(body, "hook", "hook", "the name of a hook"),
        "hook",
        "the name of a hook",
    )
    instance = reading.required(body, "hookInstance", "hookInstance", "a UUID")
    context = reading.required(body, "context", "context", "a JSON object")
    return HookRequest(
        hook=hook,
        hook_instance=reading.uuid(instance, "hookInstance"),
        context=_context(hook, reading.json_object(context, "context")),
        fhir_server=_fhir_server(body),
        fhir_authorization=_fhir_authorization(body.get("fhirAuthorization")),
        prefetch=reading.json_object(body.get("prefetch"), "prefetch"),
    )


def _context(hook: str, context: Json) -> Context:
    patient = reading.required(context, "patientId", "context.patientId", "a FHIR id")
    drafts = context.get("draftOrders") if hook in _WITH_DRAFTS else None
    selections = context.get("selections") if hook == "order-select" else None
    appointments = context.get("appointments") if hook == "appointment-book" else None
    return Context(
        patient_id=reading.bare_id(patient, "context.patientId"),
        user_id=_user(hook, context),
        encounter_id=_encounter(hook, context),
        selections=reading.strings(selections, "context.selections"),
        draft_orders=reading.bundled(drafts, "context.draftOrders"),
        appointments=tuple(
            resource for _, resource in reading.bundled(appointments, "context.appointments")
        ),
    )


def _user(hook: str, context: Json) -> str | None:
    where = "context.userId"
    if hook in _NEED_USER:
        reading.required(context, "userId", where, "a reference of the form Type/id")
    value = context.get("userId")
    return None if value is None else reading.reference(value, where)


def _encounter(hook: str, context: Json) -> str | None:
    where = "context.encounterId"
    if hook in NEED_ENCOUNTER:
        reading.required(context, "encounterId", where, "a FHIR id")
    elif context.get("encounterId") == "":
        # Clients with a fixed template send it empty when the chart is open outside an encounter.
        return None
    value = context.get("encounterId")
    return None if value is None else reading.bare_id(value, where)


def _fhir_server(body: Json) -> str | None:
    if body.get("fhirAuthorization") is not None:
        expected = "an http or https URL, since fhirAuthorization is present"
        reading.required(body, "fhirServer", "fhirServer", expected)
    value = body.get("fhirServer")
    return None if value is None else reading.web_address(value, "fhirServer")


def _fhir_authorization(value: object) -> FhirAuthorization | None:
    if value is None:
        return None
    where = "fhirAuthorization"
    members = reading.json_object(value, where)
    token = reading.required(members, "access_token", f"{where}.access_token", "a string")
    return FhirAuthorization(
        access_token=reading.text(token, f"{where}.access_token", "a string"),
        token_type=_if_string(members.get("token_type")),
        expires_in=reading.seconds(members.get("expires_in")),
        scope=_if_string(members.get("scope")),
        subject=_if_string(members.get("subject")),
        patient=_if_string(members.get("patient")),
    )


def _if_string(value: object) -> str | None:
    return value if isinstance(value, str) else None
