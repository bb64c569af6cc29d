"""Elements taken out of JSON that no validator would accept."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdshooks.fhir.elements import (
    boolean,
    first,
    number,
    obj,
    objects,
    plain,
    referred,
    string,
    texts,
    values,
)

json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (46, "46"),
        (46.5, "46.5"),
        ("46.5", "46.5"),
        (" -38 ", "-38"),
        ("1e2", "1e2"),
        (".5", ".5"),
        (0, "0"),
        (10**11, "100000000000"),
        (0.1, "0.1"),
    ],
)
def test_a_number_is_read_exactly_as_written(value: object, expected: str) -> None:
    assert number(value) == Decimal(expected)


@pytest.mark.parametrize(
    "value",
    [True, None, [], {}, "", "abc", "1_000", "٣", "1,5", "NaN", "inf", float("nan"), float("inf"),
     10**12, pytest.param(10**5000, id="thousands of digits"),
     "1e99999", "1e-16", "1." + "1" * 40, "46 %"],
)  # fmt: skip
def test_what_is_no_believable_number_is_none(value: object) -> None:
    assert number(value) is None


@given(json)
def test_nothing_that_a_client_sends_raises(value: object) -> None:
    assert isinstance(obj(value), dict)
    assert isinstance(first(value), dict)
    assert all(isinstance(item, dict) for item in objects(value))
    assert None not in values(value)
    assert string(value) is None or isinstance(value, str)
    assert boolean(value) in (None, True, False)
    assert number(value) is None or abs(number(value) or 0) < 10**12
    assert all("\n" not in text for text in texts(value))


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, True), (False, False), ("true", True), (" False ", False), ("yes", None), (1, None)],
)
def test_a_boolean_may_come_as_text(value: object, expected: bool | None) -> None:
    assert boolean(value) is expected


def test_a_list_may_be_missing_or_superfluous() -> None:
    assert list(objects({"a": 1})) == [{"a": 1}]
    assert list(objects([{"a": 1}, None, "x"])) == [{"a": 1}]
    assert (first([None, {"a": 1}]), first({"a": 1}), first("x")) == ({"a": 1}, {"a": 1}, {})
    assert (values(["a", None]), values("a"), values(None)) == (["a"], ["a"], [])


def test_text_to_quote_is_one_short_line() -> None:
    assert plain(" a\n\u202eb\x00  c ") == "a b c"
    assert plain("x" * 60) == "x" * 60
    assert plain("x" * 61) == "x" * 59 + "…"
    assert plain("one two", 5) == "one…"
    assert plain(7) == ""


def test_the_words_of_a_concept_are_its_text_and_its_displays() -> None:
    concept = {"text": "a\nb", "coding": [{"display": "c"}, {"display": 7}, {}]}
    assert list(texts(concept)) == ["a b", "c"]


@given(st.text())
def test_text_to_quote_is_never_longer_than_asked(text: str) -> None:
    assert len(plain(text, 20)) <= 20


@pytest.mark.parametrize(
    "reference",
    [
        "Encounter/7",
        "https://ehr.example/fhir/Encounter/7",
        "Encounter/7/_history/2",
        "https://ehr.example/fhir/Encounter/7/_history/2",
    ],
)
def test_a_reference_of_any_form_is_to_a_type_and_an_id(reference: str) -> None:
    assert referred(reference) == "Encounter/7"


def test_a_reference_by_urn_names_an_id_alone() -> None:
    assert referred("urn:uuid:7") == "7"
