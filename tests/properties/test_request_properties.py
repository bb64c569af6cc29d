"""Whatever JSON is sent, a request is read or refused: nothing else happens."""

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cdshooks.errors import RequestInvalid
from cdshooks.protocol import HookRequest, parse_request

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
HOOKS = ["patient-view", "order-select", "order-sign", "encounter-start", "appointment-book", "x"]
MEMBERS = ["hook", "hookInstance", "context", "fhirServer", "fhirAuthorization", "prefetch"]
FIELDS = ["userId", "patientId", "encounterId", "selections", "draftOrders", "appointments"]
NAME = "Zaphod"


def valid(hook: str) -> dict[str, Any]:
    return {
        "hook": hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "fhirServer": "https://ehr.example.org",
        "fhirAuthorization": {"access_token": "t"},
        "context": {
            "userId": "Practitioner/1",
            "patientId": "1",
            "encounterId": "1",
            "draftOrders": {"entry": [{"resource": {}}]},
        },
        "prefetch": {},
    }


@given(JSON)
def test_any_json_is_read_or_refused(body: Any) -> None:
    try:
        assert isinstance(parse_request(body), HookRequest)
    except RequestInvalid as refusal:
        assert refusal.where


@given(
    st.sampled_from(HOOKS),
    st.dictionaries(st.sampled_from(MEMBERS), JSON),
    st.dictionaries(st.sampled_from(FIELDS), JSON),
)
def test_a_request_with_spoilt_members_is_read_or_refused(
    hook: str, members: dict[str, Any], fields: dict[str, Any]
) -> None:
    body = valid(hook)
    body["context"] |= fields
    try:
        assert isinstance(parse_request(body | members), HookRequest)
    except RequestInvalid as refusal:
        assert re.match(r"(hook|context|fhir|prefetch)", refusal.where)


@given(st.sampled_from(HOOKS), st.sampled_from(FIELDS), st.sampled_from(["/", " ", "\n", "\x00"]))
def test_a_refusal_never_quotes_a_value(hook: str, field: str, spoiler: str) -> None:
    body = valid(hook)
    body["context"][field] = f"{NAME}{spoiler}{NAME}"
    try:
        parse_request(body)
    except RequestInvalid as refusal:
        assert NAME not in f"{refusal} {refusal.where} {refusal.expected}"
