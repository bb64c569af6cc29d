"""A client's resource made valid, with as little lost as possible."""

from typing import Any

import pytest

from cdshooks.fhir.repair import is_valid, repaired

Json = dict[str, Any]
ORDER: Json = {
    "resourceType": "MedicationRequest",
    "id": "request-123",
    "status": "draft",
    "intent": "order",
    "subject": {"reference": "Patient/anna"},
    "medicationCodeableConcept": {"text": "riluzole 50 mg"},
}


def test_a_valid_resource_stays_as_it_is() -> None:
    assert repaired(ORDER) == ORDER
    assert is_valid(ORDER)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"category": {"text": "community"}}, {"category": [{"text": "community"}]}),
        ({"reasonCode": {"text": "ALS"}}, {"reasonCode": [{"text": "ALS"}]}),
        ({"note": None, "encounter": {}, "priority": " "}, {}),
        ({"priority": ["soon"]}, {}),
        ({"invented": 1}, {}),
        (
            {"dosageInstruction": [{"doseAndRate": {"doseQuantity": {"value": 1}}}]},
            {"dosageInstruction": [{"doseAndRate": [{"doseQuantity": {"value": 1}}]}]},
        ),
    ],
)
def test_what_is_broken_is_wrapped_or_left_out(sent: Json, kept: Json) -> None:
    broken = ORDER | sent
    assert repaired(broken) == ORDER | kept
    assert is_valid(ORDER | kept)


@pytest.mark.parametrize("element", ["status", "intent", "subject"])
def test_what_is_required_cannot_be_left_out(element: str) -> None:
    assert repaired({k: v for k, v in ORDER.items() if k != element}) is None
    assert repaired(ORDER | {element: None}) is None


def test_extensions_never_move_to_another_value() -> None:
    patient = {"resourceType": "Patient", "name": [{"given": ["A", "B"], "_given": [None, {}]}]}
    assert repaired(patient) == {"resourceType": "Patient", "name": [{"given": ["A", "B"]}]}


@pytest.mark.parametrize("broken", ["1.0", "text", 7, True, ["1.0"], [{}, 7], None])
def test_what_is_no_extension_is_left_out_of_the_place_of_one(broken: object) -> None:
    assert repaired(ORDER | {"_priority": broken, "priority": "urgent"}) == (
        ORDER | {"priority": "urgent"}
    )


@pytest.mark.parametrize("type", ["VendorThing", "MedicationUsage", "MedicationOrder", 7])
def test_an_order_around_a_resource_that_r4_does_not_have_is_not_repaired(type: object) -> None:
    """What of it is not valid cannot be told then."""
    assert repaired(ORDER | {"contained": [{"resourceType": type, "id": "m"}]}) is None


def test_what_was_sent_is_not_changed() -> None:
    sent = ORDER | {"category": {"text": "community"}, "note": None}
    repaired(sent)
    assert sent == ORDER | {"category": {"text": "community"}, "note": None}


@pytest.mark.parametrize("type", [None, "Nothing", 7, "../x"])
def test_what_is_no_resource_cannot_be_repaired(type: object) -> None:
    assert repaired({"resourceType": type}) is None
    assert not is_valid({"resourceType": type})
