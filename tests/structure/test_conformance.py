"""Every requirement is proven by a test or has its reason; every mark names a requirement."""

from tools.conformance import STATES, marked, pending, requirements

KNOWN = {one.id: one for one in requirements()}


def test_every_requirement_has_a_test_or_a_reason() -> None:
    bare = [
        one.id
        for one in requirements()
        if not one.why_not and one.id not in marked() and one.id not in pending()
    ]
    assert bare == []


def test_every_mark_names_a_requirement() -> None:
    unknown = {id: tests for id, tests in marked().items() if id not in KNOWN}
    assert unknown == {}


def test_every_reason_is_a_sentence_of_its_state() -> None:
    for one in requirements():
        assert bool(one.why_not) is (one.state in STATES.values())
        assert one.asks.strip() and one.level.strip()


def test_what_is_in_progress_is_a_requirement_without_a_reason() -> None:
    assert [id for id in pending() if id not in KNOWN or KNOWN[id].why_not] == []


def test_marks_are_found_as_text_and_as_unpacked_tuples() -> None:
    proofs = marked()["JSON-2"]
    file = "tests/contract/test_responses.py"
    assert f"{file}::test_the_response_keeps_the_rules_of_the_specification" in proofs
