"""Which drafts are assessed, what an order becomes, and what counts as taken."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from cdshooks.chart import View, drafts, read_chart
from cdshooks.chart.medications import medication
from cdshooks.chart.searches import Search
from cdshooks.knowledge import base
from cdshooks.protocol import Context, HookRequest
from cdshooks.rules.authoring import Entry, Medication, Order

Json = dict[str, Any]
NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)
TYPES = ("MedicationRequest", "MedicationStatement", "MedicationDispense")
CONCEPT = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "199206"}]}


def search(type: str) -> Search:
    return Search(type, type, type, type, 1)


def view_of(
    *found: Json,
    orders: tuple[tuple[str | None, Json], ...] = (),
    hook: str = "order-sign",
    selections: tuple[str, ...] = (),
    asked: tuple[str, ...] = TYPES,
    failed: tuple[str, ...] = (),
) -> View:
    context = Context("anna", selections=selections, draft_orders=orders)
    prefetch: Json = {}
    for type in asked:
        entries = [{"resource": r} for r in found if r["resourceType"] == type]
        prefetch[type] = {"resourceType": "Bundle", "entry": entries}
    prefetch |= {type: {"resourceType": "OperationOutcome"} for type in failed}
    request = HookRequest(hook, "x", context, prefetch=prefetch)
    searches = tuple(search(type) for type in asked)
    return read_chart(request, searches, base().profile("default"), NOW, UTC)


def draft(**more: Any) -> Json:
    order: Json = {
        "resourceType": "MedicationRequest",
        "id": "1",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": CONCEPT,
    }
    return {k: v for k, v in (order | more).items() if v is not None}


def assessed(order: Json, hook: str = "order-sign", selections: tuple[str, ...] = ()) -> bool:
    view = view_of(orders=(("urn:uuid:1", order),), hook=hook, selections=selections)
    return bool(drafts(view))


SELECTED = ("MedicationRequest/1",)


@pytest.mark.req("CTX-ORDER-SIGN")
@pytest.mark.parametrize(
    ("change", "selecting", "signing"),
    [
        ({}, True, True),
        ({"status": "active"}, True, True),
        ({"status": "on-hold"}, True, True),
        ({"status": None}, True, True),
        ({"status": "cancelled"}, False, False),
        ({"status": "stopped"}, False, False),
        ({"status": "completed"}, False, False),
        ({"status": "entered-in-error"}, False, False),
        ({"status": "unknown"}, False, False),
        ({"intent": "plan"}, True, True),
        ({"intent": None}, True, True),
        ({"intent": "proposal"}, True, False),
        ({"intent": "option"}, True, False),
        ({"doNotPerform": True}, False, False),
        ({"doNotPerform": False}, True, True),
        ({"reportedBoolean": True}, True, True),
        ({"subject": {"reference": "Patient/anna"}}, True, True),
        ({"subject": {"reference": "Patient/somebody-else"}}, False, False),
        ({"resourceType": "ServiceRequest"}, False, False),
        ({"resourceType": "MedicationStatement"}, False, False),
    ],
)
def test_the_state_of_a_draft_decides_whether_it_is_assessed(
    change: Json, selecting: bool, signing: bool
) -> None:
    order = draft(**change)
    assert assessed(order, "order-select", SELECTED) is selecting
    assert assessed(order) is signing


@pytest.mark.req("CTX-ORDER-SELECT")
@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("MedicationRequest/1", True),
        ("1", True),
        ("urn:uuid:1", True),
        ("MedicationRequest/1/_history/2", True),
        ("https://fhir.example/r4/MedicationRequest/1", True),
        ("https://fhir.example/r4/MedicationRequest/11", False),
        ("https://fhir.example/r4/OldMedicationRequest/1", False),
        ("MedicationRequest/2", False),
        ("2", False),
        ("MedicationOrder/1", False),
        ("", False),
    ],
)
def test_only_what_is_selected_is_assessed(selection: str, expected: bool) -> None:
    assert assessed(draft(), "order-select", ("x", selection)) is expected
    assert assessed(draft(), "order-select") is False


def test_a_draft_without_an_id_is_selected_by_its_full_url_only() -> None:
    assert assessed(draft(id=None), "order-select", ("urn:uuid:1",))
    assert not assessed(draft(id=None), "order-select", ("", "None"))


def test_every_entry_is_signed_and_read_once() -> None:
    view = view_of(orders=((None, draft()), (None, draft(id="2"))))
    assert [order.reference for order in drafts(view)] == [
        "MedicationRequest/1",
        "MedicationRequest/2",
    ]
    assert drafts(view) is drafts(view)


def order_of(**change: Any) -> Order:
    [order] = drafts(view_of(orders=((None, draft(**change)),)))
    return order


def test_an_order_tells_what_it_is() -> None:
    line = {
        "text": "one twice a day",
        "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
        "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "tablet"}}],
    }
    order = order_of(dosageInstruction=[{"text": " "}, line], authoredOn="2026-05-30")
    assert (order.drug, order.label, order.form) == ("riluzole", "riluzole", "tablet")
    assert order.strength == 50
    assert order.strength_per == "tablet"
    assert (order.day, order.version, order.status) == (date(2026, 5, 30), "R4", "draft")
    assert (order.by_name, order.conflict, order.reasons) == (False, None, frozenset())
    assert order.assessed is True
    [origin] = order.origins
    assert (origin.resource, origin.label) == ("MedicationRequest/1", "riluzole order")
    assert "written: one twice a day" in origin.value


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        ([{"text": "as told"}], "dose not read, frequency not read, written: as told"),
        ([], ""),
        (
            [{"doseAndRate": [{"doseQuantity": {"value": 50, "unit": "mg"}}]}],
            "50 mg, frequency not read",
        ),
        (
            [
                {
                    "timing": {"repeat": {"frequency": 3, "period": 2, "periodUnit": "d"}},
                    "doseAndRate": [{"doseQuantity": {"value": 33.333, "unit": "mg"}}],
                }
            ],
            "33.33 mg, 1.5 times a day: 50 mg a day",
        ),
    ],
)
def test_the_evidence_shows_directions_as_read_and_as_written(
    lines: list[Json], shown: str
) -> None:
    assert order_of(dosageInstruction=lines).origins[0].value == shown


def test_long_directions_and_notes_are_cut() -> None:
    value = order_of(dosageInstruction=[{"text": "x" * 81}]).origins[0].value
    assert value.endswith("written: " + "x" * 79 + "…")
    whole = order_of(dosageInstruction=[{"text": "x" * 80}]).origins[0].value
    assert whole.endswith("written: " + "x" * 80)
    note = " clinical trial"
    assert order_of(note="x" * (300 - len(note)) + note).reasons
    assert not order_of(note="x" * (301 - len(note)) + note + "s").reasons


def test_an_order_of_an_unknown_drug_is_a_medication() -> None:
    order = order_of(medicationCodeableConcept={"text": "vitamins"}, status=None, intent=None)
    assert (order.drug, order.label, order.form) == (None, "medication", None)
    assert (order.status, order.intent) == ("draft", "order")
    assert (order.by_name, order.day) == (False, None)


@pytest.mark.req("PFD-7")
@pytest.mark.parametrize(
    ("change", "version"),
    [
        ({}, "R4"),
        ({"requester": {"reference": "Practitioner/1"}}, "R4"),
        ({"dosageInstruction": [{"doseAndRate": []}]}, "R4"),
        ({"dosageInstruction": [{}, {"doseQuantity": {}}]}, "STU3"),
        ({"dosageInstruction": {"doseRange": {}}}, "STU3"),
        ({"requester": {"agent": {}}}, "STU3"),
        ({"context": {}}, "STU3"),
        ({"medication": {}}, "R5"),
        ({"resourceType": "MedicationOrder"}, "DSTU2"),
    ],
)
def test_the_elements_of_an_order_tell_its_version(change: Json, version: str) -> None:
    assert order_of(**change).version == version


def test_the_oldest_version_writes_its_date_elsewhere() -> None:
    assert order_of(resourceType="MedicationOrder", dateWritten="2026-05-01").day == date(
        2026, 5, 1
    )


LOCAL = "http://als-cdshooks.org/CodeSystem/als-cds"
MALARIA = {"resourceType": "Condition", "id": "c", "code": {"text": "Malaria"}}


@pytest.mark.parametrize(
    "change",
    [
        {"reasonCode": {"coding": [{"system": LOCAL, "code": "clinical-trial"}]}},
        {"reasonCode": [{"coding": [{"code": "x", "display": "open-label extension"}]}]},
        {"reasonCodeableConcept": {"text": "study drug"}},
        {"reason": [{"concept": {"text": "trial drug"}}]},
        {"note": [{"text": "part of a clinical trial"}]},
        {"note": "part of a clinical trial"},
        {"reasonReference": [{"reference": "ResearchStudy/7"}]},
        {"reasonReference": {"reference": "https://ehr.example/fhir/ResearchStudy/7"}},
        {"reasonReference": [{"reference": "ResearchStudy/7/_history/2", "display": "LIGHT"}]},
        {"reasonReference": [{"type": "ResearchStudy", "identifier": {"value": "7"}}]},
        {"reason": [{"reference": {"reference": "ResearchStudy/7"}}]},
    ],
)
def test_an_order_of_a_trial_says_so(change: Json) -> None:
    assert order_of(**change).reasons == {"clinical-trial"}


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({"reasonCode": [{"text": "ALS"}, {"text": "Clinical trial"}]}, {"als", "clinical-trial"}),
        ({"reasonCode": [{"text": "ALS"}]}, {"als"}),
        ({"reasonCode": [{"text": "ALS"}, {"text": "something else"}]}, {"als", "other"}),
        ({"note": [{}]}, set()),
        ({"reason": [{}]}, set()),
        ({"note": 5}, set()),
        ({"reasonReference": [{"reference": "Condition/7"}]}, set()),
        ({"reasonReference": [{"reference": "Condition/7", "display": "ALS"}]}, {"als"}),
        ({"reasonReference": [{"display": "Acne"}]}, {"other"}),
        ({"reasonReference": [{"reference": "Observation/7", "display": "Cough"}]}, set()),
        ({"reasonReference": [{"type": "Observation", "display": "Cough"}]}, set()),
        ({"reasonReference": [{"reference": "#c"}], "contained": [MALARIA]}, {"other", "malaria"}),
        ({"reasonReference": [{"reference": "#d"}], "contained": [MALARIA]}, set()),
        ({"reason": [{"reference": {"display": "Malaria"}}]}, {"other", "malaria"}),
    ],
)
def test_an_order_tells_what_it_is_for(change: Json, reasons: set[str]) -> None:
    assert order_of(**change).reasons == reasons


def had(type: str = "MedicationRequest", **more: Any) -> Json:
    body: Json = {"resourceType": type, "id": "9", "status": "active"}
    return body | {"medicationCodeableConcept": CONCEPT, **more}


def entries(*found: Json, ended: bool = True, **more: Any) -> tuple[Entry, ...]:
    return medication(view_of(*found, **more), Medication("riluzole", ended=ended)).items


def span(resource: Json) -> tuple[date | None, date | None] | None:
    found = entries(resource)
    return (found[0].start, found[0].end) if found else None


MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
AUTHORED: Json = {"authoredOn": "2026-05-01"}


def valid_to(day: str) -> Json:
    return {"dispenseRequest": {"validityPeriod": {"end": day}}}


CHANGED: Json = {"meta": {"lastUpdated": "2026-05-20T09:00:00Z"}}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (AUTHORED, (MAY, None)),
        ({}, (None, None)),
        (AUTHORED | {"intent": "plan"}, (MAY, None)),
        (AUTHORED | {"intent": "proposal"}, None),
        (AUTHORED | {"intent": "option"}, None),
        (AUTHORED | {"doNotPerform": True}, None),
        (AUTHORED | {"status": "draft"}, None),
        (AUTHORED | {"status": "unknown"}, None),
        (AUTHORED | {"status": "cancelled"}, None),
        (AUTHORED | {"status": "entered-in-error"}, None),
        ({"authoredOn": "2026-06-01"}, (JUNE, None)),
        ({"authoredOn": "2026-06-02"}, None),
        (AUTHORED | valid_to("2026-05-10"), (MAY, None)),
        (AUTHORED | {"status": "completed"} | valid_to("2026-05-10"), (MAY, date(2026, 5, 10))),
        (AUTHORED | {"status": "completed"}, (MAY, MAY)),
        (AUTHORED | {"status": "stopped"} | CHANGED, (MAY, date(2026, 5, 20))),
        (
            AUTHORED | {"status": "stopped", "statusChanged": "2026-05-18"} | CHANGED,
            (MAY, date(2026, 5, 18)),
        ),
        (
            AUTHORED | {"status": "stopped"} | CHANGED | valid_to("2026-07-01"),
            (MAY, date(2026, 5, 20)),
        ),
        (
            AUTHORED | {"status": "stopped"} | CHANGED | valid_to("2026-05-31"),
            (MAY, date(2026, 5, 31)),
        ),
        (
            AUTHORED | {"status": "stopped"} | CHANGED | valid_to("2026-06-01"),
            (MAY, JUNE),
        ),
        (
            AUTHORED | {"status": "stopped"} | CHANGED | valid_to("2026-06-03"),
            (MAY, date(2026, 5, 20)),
        ),
        (
            AUTHORED | {"status": "on-hold"} | CHANGED | valid_to("2026-05-31"),
            (MAY, date(2026, 5, 20)),
        ),
        ({"status": "stopped"}, None),
        ({"status": "stopped"} | CHANGED, (None, date(2026, 5, 20))),
    ],
)
def test_a_request_runs_from_its_writing_until_it_is_over(
    change: Json, expected: tuple[date | None, date | None] | None
) -> None:
    assert span(had(**({"intent": "order"} | change))) == expected


def adherence(code: str) -> Json:
    """What R5 says of taking, in place of the status."""
    return {"adherence": {"code": {"coding": [{"code": code}]}}}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"effectivePeriod": {"start": "2026-05-01"}}, (MAY, None)),
        ({"effectiveDateTime": "2026-05-01"}, (MAY, None)),
        (
            {"effectivePeriod": {"start": "2026-05-01", "end": "2026-05-31"}},
            (MAY, date(2026, 5, 31)),
        ),
        ({"effectivePeriod": {"start": "2026-05-01", "end": "2026-06-01"}}, (MAY, None)),
        (
            {"status": "completed", "effectivePeriod": {"end": "2026-05-31"}},
            (None, date(2026, 5, 31)),
        ),
        ({"status": "stopped", "effectivePeriod": {"start": "2026-05-01"}}, (MAY, MAY)),
        ({"status": "intended"}, None),
        ({"status": "not-taken"}, None),
        ({"taken": "n"}, None),
        ({"taken": "unk"}, None),
        ({"taken": "na"}, None),
        ({"taken": "y"}, (None, None)),
        ({"taken": "N"}, None),
        ({"status": "recorded"}, (None, None)),
        ({"status": "recorded", **adherence("taking-as-directed")}, (None, None)),
        ({"status": "recorded", **adherence("not-taking")}, None),
        ({"status": "recorded", **adherence("stopped")}, None),
        ({"status": "recorded", **adherence("unknown")}, None),
    ],
)
def test_a_statement_says_from_when_to_when(
    change: Json, expected: tuple[date | None, date | None] | None
) -> None:
    assert span(had("MedicationStatement", **change)) == expected


def supply(days: Any, **unit: str) -> Json:
    amount = {"value": days, **unit}
    return {"status": "completed", "whenHandedOver": "2026-05-01", "daysSupply": amount}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (supply(30), (MAY, date(2026, 5, 31))),
        (supply(31), (MAY, None)),
        (supply(30, unit="Day(s)"), (MAY, date(2026, 5, 31))),
        (supply(4, unit="wk"), (MAY, date(2026, 5, 29))),
        (supply(5, unit="weeks", code="wk"), (MAY, None)),
        (supply(48, code="h"), (MAY, date(2026, 5, 3))),
        (supply(9_000_000), (MAY, None)),
        (supply(-5), (MAY, MAY)),
        (supply(None), (MAY, MAY)),
        (supply(30) | {"whenHandedOver": "2015-01-01"}, (date(2015, 1, 1), date(2015, 1, 31))),
        (supply(90_000) | {"whenHandedOver": "2015-01-01"}, (date(2015, 1, 1), date(2024, 12, 29))),
        ({"status": "completed", "whenPrepared": "2026-05-01"}, (MAY, MAY)),
        ({"status": "completed", "whenPrepared": "2026-06-01"}, (JUNE, None)),
        ({"status": "completed"}, None),
        ({"status": "completed", "whenHandedOver": "soon"}, None),
        ({"status": "in-progress", "whenHandedOver": "2026-05-01"}, None),
        ({"status": "stopped", "whenHandedOver": "2026-05-01"}, None),
        (supply(30) | {"whenHandedOver": "9999-12-30"}, None),
    ],
)
def test_a_dispense_lasts_as_long_as_its_supply(
    change: Json, expected: tuple[date | None, date | None] | None
) -> None:
    assert span(had("MedicationDispense", **change)) == expected


def test_what_has_ended_is_left_out_unless_it_was_asked_for() -> None:
    ended = had(status="completed", **AUTHORED)
    assert entries(ended, ended=False) == ()
    assert len(entries(ended)) == 1
    assert len(entries(had(), ended=False)) == 1


def test_an_entry_tells_what_it_is() -> None:
    [entry] = entries(had(intent="order", **AUTHORED))
    assert (entry.type, entry.id, entry.label) == ("MedicationRequest", "9", "riluzole")
    assert (entry.status, entry.certain) == ("active", True)
    [origin] = entry.origins
    assert (origin.resource, origin.value, origin.day) == ("MedicationRequest/9", "active", MAY)
    [named] = entries(had(medicationCodeableConcept={"text": "riluzole"}))
    assert named.certain is False


def test_the_draft_itself_is_no_history() -> None:
    assert entries(had(), orders=((None, draft(id="9")),)) == ()
    assert len(entries(had(), orders=((None, draft(id="8")),))) == 1
    assert len(entries(had("MedicationStatement"), orders=((None, draft(id="9")),))) == 1
    nameless = had()
    del nameless["id"]
    assert len(entries(nameless, orders=((None, draft(id=None)),))) == 1


def test_another_drug_is_no_history() -> None:
    assert entries(had(medicationCodeableConcept={"text": "edaravone"})) == ()
    assert entries(had(medicationCodeableConcept={"text": "vitamins"})) == ()


@pytest.mark.parametrize(
    ("asked", "failed", "whole"),
    [
        (TYPES, (), True),
        (TYPES[:1], (), True),
        (TYPES, TYPES[:1], False),
        (TYPES, TYPES[1:2], False),
        (TYPES, TYPES[2:], False),
        (TYPES[1:], (), False),
    ],
)
def test_no_history_is_claimed_only_if_all_that_was_asked_was_read(
    asked: tuple[str, ...], failed: tuple[str, ...], whole: bool
) -> None:
    found = medication(view_of(asked=asked, failed=failed), Medication("riluzole"))
    assert (found.whole, found.failed, found.label) == (whole, failed, "riluzole")


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({}, 1),
        ({"status": "cancelled"}, 0),
        ({"doNotPerform": True}, 0),
        ({"intent": "proposal"}, 0),
        ({"subject": {"reference": "Patient/somebody-else"}}, 0),
        ({"medicationCodeableConcept": {"text": "edaravone"}}, 0),
        ({"resourceType": "ServiceRequest"}, 0),
    ],
)
def test_a_draft_of_this_call_counts_where_it_was_asked_for(change: Json, counts: int) -> None:
    drafted = draft(**change)
    view = view_of(orders=((None, drafted),))
    found = medication(view, Medication("riluzole", drafted=True))
    assert [entry.status for entry in found] == ["draft"] * counts
    assert medication(view, Medication("riluzole")).items == ()


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("not tolerated", {"niv-intolerance", "drug-failed"}),
        ("no benefit after a month", {"drug-failed"}),
        ("patient declined", {"refusal"}),
        ("out of stock", set()),
    ],
)
def test_what_was_taken_tells_why_it_ended(reason: str, expected: set[str]) -> None:
    [entry] = entries(had(status="stopped", statusReason={"text": reason}, **AUTHORED))
    assert entry.reasons == expected
