"""Whatever JSON is posted wherever, the answer is no server error."""

from typing import Any

import orjson
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdshooks.services import services

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
PATHS = [f"/cds-services/{one.id}" for one in services()]
MEMBERS = ["hook", "hookInstance", "context", "fhirServer", "fhirAuthorization", "prefetch"]
SHARED_APP = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@SHARED_APP
@given(path=st.sampled_from([*PATHS, "/cds-services/nobody", "/"]), value=JSON)
def test_any_json_value_gets_an_answer(app: Flask, path: str, value: Any) -> None:
    reply = app.test_client().post(path, data=orjson.dumps(value), content_type="application/json")
    assert 400 <= reply.status_code < 500


@SHARED_APP
@given(service=st.sampled_from(services()), spoilt=st.dictionaries(st.sampled_from(MEMBERS), JSON))
def test_any_spoilt_request_gets_an_answer(app: Flask, service: Any, spoilt: Any) -> None:
    request = {
        "hook": service.hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/1", "patientId": "1", "encounterId": "1"},
    }
    data = orjson.dumps(request | spoilt)
    reply = app.test_client().post(
        f"/cds-services/{service.id}", data=data, content_type="application/json"
    )
    assert reply.status_code in (200, 400)


@SHARED_APP
@given(path=st.sampled_from(PATHS), data=st.binary(min_size=1, max_size=200))
def test_any_bytes_get_an_answer(app: Flask, path: str, data: bytes) -> None:
    reply = app.test_client().post(path, data=data, content_type="application/json")
    assert reply.status_code == 400
