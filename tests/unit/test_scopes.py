"""SMART scopes of both versions: what they let one read, and what they do not."""

import pytest

from cdshooks.fhir.scopes import grants, scopes

SEARCH = "Observation?patient=anna&code=1-1"
READ = "Observation/1"


def allowed(text: str, query: str = SEARCH, *, own: bool = True) -> bool:
    return grants(scopes(text), "Observation", query, own_patient=own)


@pytest.mark.req("FHIR-5")
@pytest.mark.parametrize(
    "text",
    [
        "patient/Observation.read",
        "patient/*.read",
        "patient/*.*",
        "patient/Observation.*",
        "user/Observation.read",
        "user/*.*",
        "system/*.read",
        "patient/Observation.rs",
        "patient/Observation.s",
        "patient/Observation.cruds",
        "patient/*.rs",
        "system/Observation.rs",
        "launch openid profile patient/Observation.rs offline_access",
        "user/Patient.read\tuser/Observation.read",
        "patient/Observation.rs?patient=anna",
        "patient/Observation.rs?category=laboratory patient/Observation.rs",
    ],
)
def test_a_scope_that_grants_a_search(text: str) -> None:
    assert allowed(text)


@pytest.mark.req("FHIR-5")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "openid profile launch",
        "patient/Condition.read",
        "patient/Observation.write",
        "patient/Observation.r",
        "patient/Observation.cud",
        "patient/Observation.sr",
        "patient/Observation.",
        "patient/Observation",
        "patient/observation.read",
        "patients/Observation.read",
        "group/Observation.read",
        "patient/Observation.read.",
        "patient/Observation.rs?category=laboratory",
        "patient/Observation.rs?patient=eve",
        "patient/*.rs?category=laboratory&patient=anna",
    ],
)
def test_a_scope_that_does_not_grant_a_search(text: str) -> None:
    assert not allowed(text)


@pytest.mark.req("FHIR-5")
@pytest.mark.parametrize(
    ("text", "granted"),
    [
        ("patient/Observation.r", True),
        ("patient/Observation.rs", True),
        ("patient/Observation.read", True),
        ("patient/Observation.*", True),
        ("patient/Observation.s", False),
        ("patient/Observation.write", False),
        ("patient/Observation.cu", False),
    ],
)
def test_reading_one_resource_is_another_right_than_searching(text: str, granted: bool) -> None:
    assert allowed(text, READ) is granted


@pytest.mark.req("FHIR-5")
def test_patient_scopes_grant_nothing_about_somebody_else() -> None:
    assert not allowed("patient/*.rs", own=False)
    assert allowed("patient/*.rs user/*.rs", own=False)
    assert allowed("system/*.read", own=False)
