"""Clients and patients by names that a database takes, and by hashes that tell nobody."""

from cdshooks.feedback.model import Caller
from tests.support.stores import KEYS


def test_a_caller_keeps_its_names_where_they_fit() -> None:
    assert Caller.named("https://ehr.example.org", "north") == Caller(
        "https://ehr.example.org", "north"
    )
    assert Caller.named(None, None) == Caller("", "")
    assert Caller.named("x" * 255, None).client == "x" * 255


def test_names_that_do_not_fit_stay_apart() -> None:
    long, longer, odd = (Caller.named(n, n) for n in ("x" * 256, "x" * 257, "a\x00b"))
    assert len({long.client, longer.client, odd.tenant}) == 3
    assert {len(one.client) for one in (long, longer, odd)} == {64}


def test_a_patient_is_a_hash_of_client_tenant_and_id() -> None:
    hashes = {
        KEYS.patient("a", "b", "c"),
        KEYS.patient("ab", "", "c"),
        KEYS.patient("a", "", "bc"),
        KEYS.patient("a", "c", "b"),
        KEYS.user("a", "b", "c"),
    }
    assert {len(one) for one in hashes} == {64}
    assert len(hashes) == 5
    assert "secret" not in repr(KEYS)
