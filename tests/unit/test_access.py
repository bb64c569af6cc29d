"""Which server a call may read, with which token: else none, and nobody is called."""

from typing import Any

import pytest

from cdshooks.fhir.access import Access, access, is_allowed
from cdshooks.fhir.templates import filled
from cdshooks.protocol import Context, FhirAuthorization, HookRequest
from cdshooks.security.policy import Policy

EHR = "https://ehr.example.org/fhir"
GIVEN: dict[str, Any] = {
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "patient/*.read",
    "patient": "anna",
}


def asked(
    policy: Policy | None = None, server: str | None = EHR, token: str = "t", **changed: Any
) -> Access | str:
    """What a call with a token may read where the server is listed."""
    given = FhirAuthorization(token, **(GIVEN | changed))
    request = HookRequest("patient-view", "one", Context("anna"), server, given)
    return access(request, policy or Policy(fhir_servers=(EHR,)))


def allows(found: Access | str, type: str = "Condition") -> bool:
    return isinstance(found, Access) and found.allows(type, f"{type}?patient=anna")


@pytest.mark.req("FHIR-2", "FHIR-3")
def test_a_listed_server_is_read_with_the_token() -> None:
    found = asked()
    assert isinstance(found, Access)
    assert (found.base, found.token, found.expires_in, found.notes) == (EHR, "t", 300, ())
    assert allows(found)


@pytest.mark.req("FHIR-6")
def test_without_authorization_a_listed_server_is_read_without_a_token() -> None:
    request = HookRequest("patient-view", "one", Context("anna"), f"{EHR}/")
    assert access(request, Policy(fhir_servers=(EHR,))) == Access(EHR)
    assert Access(EHR).allows("Condition", "Condition?patient=anna")


@pytest.mark.req("FHIR-6")
@pytest.mark.parametrize(
    ("policy", "server", "why"),
    [
        (Policy(), EHR, "not listed"),
        (Policy(fhir_servers=(EHR,)), None, "no fhirServer"),
        (Policy(fhir_servers=(EHR,), fetch=False), EHR, "nothing is to be fetched"),
        (Policy(fhir_servers=("https://other.example.org/fhir",)), EHR, "not listed"),
    ],
)
def test_what_is_not_listed_is_not_read(policy: Policy, server: str | None, why: str) -> None:
    found = asked(policy, server)
    assert isinstance(found, str)
    assert why in found


@pytest.mark.req("FHIR-3", "FHIR-4")
@pytest.mark.parametrize("kind", ["bearer", "BEARER", " Bearer ", None, ""])
def test_the_token_type_is_bearer_however_it_is_written(kind: str | None) -> None:
    assert allows(asked(token_type=kind))


@pytest.mark.req("FHIR-3", "FHIR-4")
@pytest.mark.parametrize(
    "changed",
    [
        {"token_type": "MAC"},
        {"token_type": "DPoP"},
        {"expires_in": 0},
        {"expires_in": -1},
        {"token": "two words"},
        {"token": "line\r\nX-Injected: 1"},
        {"token": "tökén"},
    ],
)
def test_a_token_that_cannot_be_used_is_not_replaced_by_none(changed: dict[str, Any]) -> None:
    assert isinstance(asked(**changed), str)


@pytest.mark.req("FHIR-3")
def test_what_the_authorization_leaves_out_is_noted() -> None:
    found = asked(scope=None, expires_in=None, patient=None)
    assert isinstance(found, Access)
    assert found.notes == (
        "fhirAuthorization without scope",
        "fhirAuthorization without expires_in",
    )
    assert allows(found)


@pytest.mark.req("FHIR-5")
@pytest.mark.parametrize(
    ("scope", "patient", "granted"),
    [
        ("patient/*.read", "anna", True),
        ("patient/*.read", "eve", False),
        ("patient/*.read", None, False),
        ("patient/*.read user/*.read", None, True),
        ("user/*.read", "eve", True),
        (None, "eve", False),
        (None, "anna", True),
        (" ", None, True),
        ("user/Observation.read", None, False),
    ],
)
def test_patient_scopes_are_for_the_patient_of_the_call(
    scope: str | None, patient: str | None, granted: bool
) -> None:
    assert allows(asked(scope=scope, patient=patient)) is granted


@pytest.mark.req("FHIR-6")
@pytest.mark.parametrize(
    ("server", "allowed"),
    [
        (EHR, True),
        (f"{EHR}/", True),
        ("HTTPS://EHR.EXAMPLE.ORG/fhir", True),
        ("https://ehr.example.org:443/fhir", True),
        ("http://ehr.example.org/fhir", False),
        ("https://ehr.example.org:8443/fhir", False),
        ("https://ehr.example.org/", False),
        ("https://ehr.example.org/fhir/tenant", False),
        ("https://ehr.example.org/fhir2", False),
        ("https://ehr.example.org/FHIR", False),
        ("https://ehr.example.org/fhir?x=1", False),
        ("https://ehr.example.org/fhir#x", False),
        ("https://ehr.example.org/x/../fhir", False),
        ("https://ehr.example.org.evil.example/fhir", False),
        ("https://user@ehr.example.org/fhir", False),
        ("https://ehr.example.org@evil.example/fhir", False),
        ("https://ehr.example.org\\@evil.example/fhir", False),
    ],
)
def test_a_server_is_the_listed_one_or_not(server: str, allowed: bool) -> None:
    assert is_allowed(server, (EHR,)) is allowed


@pytest.mark.req("FHIR-6")
@pytest.mark.parametrize(
    ("server", "allowed"),
    [
        ("http://localhost:8080/fhir", True),
        ("http://localhost/fhir", True),
        ("https://localhost:8080/fhir", False),
        ("http://localhost.evil.example:8080/fhir", False),
        ("http://localhost:8080@evil.example/fhir", False),
    ],
)
def test_any_port_of_a_host_can_be_listed(server: str, allowed: bool) -> None:
    assert is_allowed(server, ("http://localhost:*",)) is allowed


@pytest.mark.req("FHIR-6")
@pytest.mark.parametrize(
    ("id", "query"),
    [
        ("anna", "Patient/anna"),
        ("a.b-C_1", "Patient/a.b-C_1"),
        ("1&_id=2", "Patient/1%26_id%3D2"),
        ("../x", "Patient/..%2Fx"),
        ("é", "Patient/%C3%A9"),
        ("..", None),
        (".", None),
    ],
)
def test_an_id_fills_a_template_and_nothing_else(id: str, query: str | None) -> None:
    assert filled("Patient/{{context.patientId}}", Context(id)) == query


def test_a_template_without_its_value_is_no_query() -> None:
    template = "Encounter/{{context.encounterId}}"
    assert filled(template, Context("anna")) is None
    assert filled(template, Context("anna", encounter_id="7")) == "Encounter/7"
    assert filled("Task?x={{context.unknown}}", Context("anna")) is None


@pytest.mark.req("FHIR-4")
def test_a_token_is_in_no_representation() -> None:
    assert "secret" not in repr(asked(token="secret"))
