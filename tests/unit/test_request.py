"""The hook request: what is accepted, what is refused, and with which path."""

from typing import Any

import pytest

from cdshooks.errors import RequestInvalid
from cdshooks.protocol import HookRequest, parse_request

INSTANCE = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
DRAFT = {"resourceType": "MedicationRequest", "id": "request-123", "status": "draft"}


def body(hook: str = "patient-view", /, **members: Any) -> dict[str, Any]:
    context = {"userId": "Practitioner/7", "patientId": "amy-17"} | members.pop("context", {})
    return {"hook": hook, "hookInstance": INSTANCE, "context": context} | members


def parsed(hook: str = "patient-view", /, **members: Any) -> HookRequest:
    return parse_request(body(hook, **members))


def refused(sent: object) -> RequestInvalid:
    with pytest.raises(RequestInvalid) as refusal:
        parse_request(sent)
    return refusal.value


def without(name: str, hook: str = "patient-view") -> dict[str, Any]:
    sent = body(hook)
    del (sent if name in sent else sent["context"])[name]
    return sent


def test_the_smallest_request_needs_neither_server_nor_prefetch() -> None:
    request = parsed()
    assert request.hook == "patient-view"
    assert (request.context.patient_id, request.context.user_id) == ("amy-17", "Practitioner/7")
    assert request.fhir_server is None
    assert request.fhir_authorization is None
    assert request.prefetch == {}


@pytest.mark.req("REQ-9")
@pytest.mark.parametrize("sent", [None, True, 3, "text", [], [body()]])
def test_a_body_that_is_no_object_is_refused(sent: object) -> None:
    assert refused(sent).where == "body"


@pytest.mark.req("REQ-2", "REQ-3", "REQ-6")
@pytest.mark.parametrize("name", ["hook", "hookInstance", "context"])
def test_required_members_are_named_when_missing(name: str) -> None:
    error = refused(without(name))
    assert (error.where, error.code) == (name, "required")


@pytest.mark.parametrize("hook", [3, "", "  ", None, ["patient-view"]])
def test_the_hook_is_a_string(hook: object) -> None:
    assert refused(body() | {"hook": hook}).where == "hook"


@pytest.mark.req("REQ-3")
@pytest.mark.parametrize(
    "instance",
    [
        "d1577c69-dfbe-66ad-ba6d-3e05e953b2ea",
        "D1577C69-DFBE-77AD-0A6D-3E05E953B2EA",
        "00000000-0000-0000-0000-000000000000",
    ],
)
def test_a_hook_instance_is_a_uuid_of_any_version_and_case(instance: str) -> None:
    assert parsed(hookInstance=instance).hook_instance == instance


@pytest.mark.req("REQ-3")
@pytest.mark.parametrize(
    "instance",
    [
        "",
        5,
        "d1577c69dfbe44adba6d3e05e953b2ea",
        "{d1577c69-dfbe-44ad-ba6d-3e05e953b2ea}",
        "urn:uuid:d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        INSTANCE + "\n",
        "d1577c69-dfbe-44ad-ba6d-3e05e953b2va",
    ],
)
def test_other_forms_of_hook_instance_are_refused(instance: object) -> None:
    assert refused(body(hookInstance=instance)).where == "hookInstance"


@pytest.mark.req("REQ-10")
@pytest.mark.parametrize("name", ["patientId", "encounterId"])
@pytest.mark.parametrize("value", ["Patient/1", "a b", "a\n", "a\x00b", "\u2028", 17, [], {}])
def test_ids_are_bare(name: str, value: object) -> None:
    assert refused(body(context={name: value})).where == f"context.{name}"


@pytest.mark.req("REQ-10")
def test_ids_may_be_longer_than_fhir_allows() -> None:
    assert parsed(context={"patientId": "a" * 190}).context.patient_id == "a" * 190


def test_an_empty_patient_id_is_refused() -> None:
    assert refused(body(context={"patientId": ""})).where == "context.patientId"


def test_a_patient_id_is_required_for_hooks_that_nobody_has_published() -> None:
    assert refused(without("patientId", "noun-verb")).where == "context.patientId"


@pytest.mark.req(
    "REQ-6",
    "CTX-PATIENT-VIEW",
    "CTX-ORDER-SELECT",
    "CTX-ORDER-SIGN",
    "CTX-APPOINTMENT-BOOK",
    "CTX-ENCOUNTER-START",
    "CTX-ENCOUNTER-DISCHARGE",
)
@pytest.mark.parametrize(
    "hook",
    [
        "patient-view",
        "order-select",
        "order-sign",
        "encounter-start",
        "encounter-discharge",
        "appointment-book",
    ],
)
def test_hooks_with_a_user_need_one(hook: str) -> None:
    assert refused(without("userId", hook)).where == "context.userId"


@pytest.mark.parametrize("hook", ["order-dispatch", "medication-refill"])
def test_other_hooks_do_without_a_user(hook: str) -> None:
    assert parse_request(without("userId", hook)).context.user_id is None


@pytest.mark.req("REQ-10")
@pytest.mark.parametrize("user", ["Practitioner", "/7", "Practitioner/", "a/b/c", 7, ""])
def test_a_user_is_a_reference(user: object) -> None:
    assert refused(body(context={"userId": user})).where == "context.userId"


@pytest.mark.req("CTX-ENCOUNTER-START", "CTX-ENCOUNTER-DISCHARGE")
@pytest.mark.parametrize("hook", ["encounter-start", "encounter-discharge"])
def test_encounter_hooks_need_an_encounter(hook: str) -> None:
    assert refused(body(hook)).where == "context.encounterId"
    assert refused(body(hook, context={"encounterId": ""})).where == "context.encounterId"
    assert parsed(hook, context={"encounterId": "e1"}).context.encounter_id == "e1"


@pytest.mark.req("CTX-PATIENT-VIEW")
@pytest.mark.parametrize("absent", [None, ""])
def test_an_optional_encounter_may_be_null_or_empty(absent: object) -> None:
    assert parsed(context={"encounterId": absent}).context.encounter_id is None


@pytest.mark.req("REQ-4")
def test_an_authorization_needs_a_server() -> None:
    error = refused(body(fhirAuthorization={"access_token": "secret"}))
    assert (error.where, error.code) == ("fhirServer", "required")


@pytest.mark.req("REQ-4")
@pytest.mark.parametrize("server", ["https://ehr.example.org/fhir", "http://127.0.0.1:8080/r4/"])
def test_a_server_is_an_http_address_as_sent(server: str) -> None:
    assert parsed(fhirServer=server).fhir_server == server


@pytest.mark.parametrize(
    "server",
    [
        "",
        "ftp://a.org",
        "/fhir",
        "https://",
        "http://[",
        "http://a:b",
        "http://a b",
        "http://a\n",
        4,
    ],
)
def test_what_is_no_http_address_is_refused(server: object) -> None:
    assert refused(body(fhirServer=server)).where == "fhirServer"


@pytest.mark.req("REQ-5")
def test_an_authorization_needs_only_its_token() -> None:
    sent = {"access_token": "secret", "expires_in": "300", "scope": 5, "patient": None, "x": []}
    lent = parsed(fhirServer="https://a.org", fhirAuthorization=sent).fhir_authorization
    assert lent is not None
    assert (lent.access_token, lent.expires_in, lent.scope) == ("secret", 300, None)
    assert "secret" not in repr(lent)


@pytest.mark.parametrize(
    ("sent", "read"),
    [(300, 300), (300.0, 300), ("300", 300), (True, None), ("soon", None), ("9" * 5000, None)],
)
def test_expiry_is_a_number_or_a_numeral(sent: object, read: int | None) -> None:
    authorization = {"access_token": "t", "expires_in": sent}
    lent = parsed(fhirServer="https://a.org", fhirAuthorization=authorization).fhir_authorization
    assert lent is not None
    assert lent.expires_in == read


@pytest.mark.parametrize("sent", ["Bearer x", [], {}, {"access_token": 4}, {"access_token": " "}])
def test_an_authorization_without_token_is_refused(sent: object) -> None:
    error = refused(body(fhirServer="https://a.org", fhirAuthorization=sent))
    assert error.where.startswith("fhirAuthorization")


@pytest.mark.req("REQ-6")
@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
def test_order_hooks_of_the_sandbox_may_lack_orders_and_selections(hook: str) -> None:
    context = parsed(hook).context
    assert (context.draft_orders, context.selections) == ((), ())


@pytest.mark.req("CTX-DRAFTS")
def test_draft_orders_come_with_their_full_url_in_order() -> None:
    entries = [
        {"fullUrl": "urn:uuid:1", "resource": DRAFT},
        {"fullUrl": 4},
        None,
        {"resource": "text"},
        {"resource": {"resourceType": "ServiceRequest"}},
    ]
    drafts = {"resourceType": "Bundle", "entry": entries}
    context = parsed("order-sign", context={"draftOrders": drafts}).context
    assert context.draft_orders == (
        ("urn:uuid:1", DRAFT),
        (None, {"resourceType": "ServiceRequest"}),
    )


def test_a_lone_entry_counts_as_a_list_of_one() -> None:
    drafts = {"entry": {"resource": DRAFT}}
    context = parsed("order-select", context={"draftOrders": drafts}).context
    assert context.draft_orders == ((None, DRAFT),)


@pytest.mark.parametrize("drafts", ["", "text", 5, True, [], [DRAFT]])
def test_draft_orders_of_another_type_are_refused(drafts: object) -> None:
    assert refused(body("order-sign", context={"draftOrders": drafts})).where == (
        "context.draftOrders"
    )


def test_a_lone_order_in_place_of_the_bundle_is_refused_and_not_lost() -> None:
    error = refused(body("order-sign", context={"draftOrders": DRAFT}))
    assert error.where == "context.draftOrders.resourceType"


def test_entries_of_another_type_are_refused() -> None:
    error = refused(body("order-sign", context={"draftOrders": {"entry": "text"}}))
    assert error.where == "context.draftOrders.entry"


@pytest.mark.req("CTX-ORDER-SELECT")
def test_selections_are_strings_as_sent() -> None:
    selections = ["MedicationRequest/request-123", "bare"]
    context = parsed("order-select", context={"selections": selections}).context
    assert context.selections == tuple(selections)


@pytest.mark.parametrize(
    ("selections", "where"),
    [("MedicationRequest/1", ""), ({}, ""), (["a/1", 4], "[1]"), ([None], "[0]")],
)
def test_other_selections_are_refused(selections: object, where: str) -> None:
    error = refused(body("order-select", context={"selections": selections}))
    assert error.where == f"context.selections{where}"


@pytest.mark.req("REQ-8", "HOOK-1", "CTX-ORDER-SIGN")
def test_members_that_a_hook_does_not_have_are_ignored() -> None:
    assert parsed("order-sign", context={"selections": 5}).context.selections == ()
    assert parsed(context={"draftOrders": 5, "appointments": 5}).context.draft_orders == ()
    assert parsed(extension=4, unknown=None).hook == "patient-view"


@pytest.mark.req("CTX-APPOINTMENT-BOOK")
def test_appointments_are_the_resources_of_their_bundle() -> None:
    appointment = {"resourceType": "Appointment", "status": "proposed"}
    context = {"appointments": {"resourceType": "Bundle", "entry": [{"resource": appointment}]}}
    assert parsed("appointment-book", context=context).context.appointments == (appointment,)


@pytest.mark.req("REQ-7")
def test_prefetch_keeps_its_values_and_absence() -> None:
    sent = {"patient": None, "other": "text", "conditions": {"resourceType": "Bundle"}}
    assert parsed(prefetch=sent).prefetch == sent
    assert parsed(prefetch=None).prefetch == {}


@pytest.mark.parametrize("prefetch", ["", 4, [], False])
def test_prefetch_of_another_type_is_refused(prefetch: object) -> None:
    assert refused(body(prefetch=prefetch)).where == "prefetch"


@pytest.mark.req("REQ-9")
def test_a_refusal_never_quotes_what_was_sent() -> None:
    error = refused(body(context={"patientId": "Patient/Jane-Doe"}))
    assert "Jane" not in str(error)
    assert str(error).startswith("context.patientId: expected")
