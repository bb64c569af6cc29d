"""A chart that is twice as long takes twice the work, however its parts refer to each other."""

import sys
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from cdshooks.cards.detail import EVIDENCE_AT_MOST
from tests.support import calls

Json = dict[str, Any]
PATIENT = {"reference": "Patient/p"}
LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
OWN = "http://als-cdshooks.org/CodeSystem/als-cds"
SOME = 400
"""Results of a chart; enough that pairing each with each would outweigh all else."""
MOST = 2.5
"""How many times the work a chart of twice the length may take."""


def bundle(*resources: Json) -> Json:
    return {"resourceType": "Bundle", "entry": [{"resource": one} for one in resources]}


def result(id: str, code: str, unit: str, when: str, **more: Any) -> Json:
    quantity = {"value": 30, "unit": unit, "system": UCUM, "code": unit}
    return {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "subject": PATIENT,
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "effectiveDateTime": when,
        "valueQuantity": quantity,
        **more,
    }


def at(number: int, second: int) -> str:
    return f"2026-08-20T{number // 60 % 24:02}:{number % 60:02}:{second:02}Z"


def order(**more: Any) -> Json:
    return {
        "resourceType": "MedicationRequest",
        "id": "m",
        "status": "draft",
        "intent": "order",
        "subject": PATIENT,
        **more,
    }


def reports(many: int, stem: str) -> list[Json]:
    def listed(first: int) -> list[Json]:
        return [{"reference": f"Observation/{stem}{n}"} for n in range(first, first + 5)]

    return [
        {
            "resourceType": "DiagnosticReport",
            "id": f"d{number}",
            "status": "final",
            "subject": PATIENT,
            "result": listed(number),
        }
        for number in range(many)
    ]


RILUZOLE = {"text": "riluzole"}


def white_cells_and_shares(many: int) -> Json:
    cells = [result(f"w{n}", "6690-2", "10*3/uL", at(n, 1)) for n in range(many)]
    shares = [result(f"s{n}", "770-8", "%", at(n, 2)) for n in range(many)]
    taken = order(medicationCodeableConcept=RILUZOLE, authoredOn="2026-06-01") | {
        "status": "active"
    }
    found = bundle(*cells, *shares, *reports(many, "w"))
    return {"laboratory": found, "medications": bundle(taken)}


def litres_and_predictions(many: int) -> Json:
    litres = [result(f"l{n}", "19868-9", "L", at(n, 1)) for n in range(many)]
    predicted = [result(f"p{n}", "19869-7", "L", at(n, 2)) for n in range(many)]
    return {"breathing": bundle(*litres, *predicted, *reports(many, "l"))}


def results_without_a_range(many: int) -> Json:
    taken = order(medicationCodeableConcept=RILUZOLE, authoredOn="2026-06-01") | {
        "status": "active"
    }
    by = [{"display": "Laboratory"}]
    days = [(date(2026, 8, 29) - timedelta(days=number)).isoformat() for number in range(many)]
    found = [result(f"a{day}", "1742-6", "U/L", day, performer=by) for day in days]
    return {"laboratory": bundle(*found), "medications": bundle(taken)}


def components_of_one_result(many: int) -> Json:
    part = result("x", "19872-1", "%", at(1, 1))
    parts = [{name: part[name] for name in ("code", "valueQuantity")} for _ in range(many)]
    noted = [{"text": f"effort {number}"} for number in range(many)]
    whole = result("x", "19872-1", "%", at(1, 1), component=parts, note=noted)
    return {"breathing": bundle(whole)}


def old_orders_and_supplies(many: int) -> Json:
    named = {"subject": PATIENT, "medicationCodeableConcept": RILUZOLE}
    orders = [
        {**order(authoredOn="2024-06-01"), **named, "id": f"r{number}", "status": "active"}
        for number in range(many)
    ]
    supplies = [
        {
            "resourceType": "MedicationDispense",
            "id": f"g{number}",
            "status": "completed",
            "whenHandedOver": "2024-01-01",
            **named,
        }
        for number in range(many)
    ]
    return {"medications": bundle(*orders, *supplies)}


def nights_too_short(many: int) -> Json:
    shares = [result(f"s{n}", "spo2-t90", "%", at(n, 1)) for n in range(many)]
    nights = [result(f"n{n}", "spo2-rec-min", "min", at(n, 1)) for n in range(many)]
    for one in (*shares, *nights):
        one["code"]["coding"][0]["system"] = OWN
    return {"breathing": bundle(*shares, *nights)}


def weights_set_aside(many: int) -> Json:
    days = [(date(2026, 8, 29) - timedelta(days=number)).isoformat() for number in range(many)]
    found = [result(f"w{day}", "29463-7", "kg", day) for day in days]
    for number, one in enumerate(found):
        one["valueQuantity"]["value"] = 70 if number % 3 else 154
    return {"body": bundle(*found)}


def talks_and_hospital_stays(many: int) -> Json:
    days = [(date(2026, 8, 29) - timedelta(days=number)).isoformat() for number in range(many)]
    talk = {"coding": [{"system": OWN, "code": "goals-of-care-discussion"}]}
    talks = [
        {
            "resourceType": "Procedure",
            "id": f"t{day}",
            "status": "completed",
            "subject": PATIENT,
            "code": talk,
            "performedDateTime": day,
        }
        for day in days
    ]
    stays = [
        {
            "resourceType": "Encounter",
            "id": f"e{day}",
            "status": "finished",
            "subject": PATIENT,
            "class": {"code": "EMER"},
            "period": {"start": day, "end": day},
        }
        for day in days
    ]
    return {"procedures": bundle(*talks), "encounters": bundle(*stays)}


def symptoms_on_riluzole(many: int) -> Json:
    nausea = {"coding": [{"system": SNOMED, "code": "422587007"}]}
    found = [
        {
            "resourceType": "Condition",
            "id": f"n{number}",
            "subject": PATIENT,
            "code": nausea,
            "clinicalStatus": {"coding": [{"code": "active"}]},
            "recordedDate": "2026-08-01",
        }
        for number in range(many)
    ]
    als = {**found[0], "id": "als", "code": {"coding": [{"system": SNOMED, "code": "86044005"}]}}
    taken = order(medicationCodeableConcept=RILUZOLE, authoredOn="2026-07-01", status="active")
    return {"conditions": bundle(als, *found), "medications": bundle(taken)}


@pytest.mark.parametrize(
    "chart",
    [
        nights_too_short,
        weights_set_aside,
        talks_and_hospital_stays,
        symptoms_on_riluzole,
        old_orders_and_supplies,
        white_cells_and_shares,
        litres_and_predictions,
        results_without_a_range,
        components_of_one_result,
    ],
)
def test_a_long_chart_takes_work_in_proportion(chart: Callable[[int], Json]) -> None:
    assert grows(lambda many: ("patient-view", chart(many), {}))


def ingredients_and_substances(many: int) -> Json:
    inside = [{"itemReference": {"reference": f"#s{number}"}} for number in range(many)]
    substances = [{"resourceType": "Substance", "id": f"s{number}"} for number in range(many)]
    medication = {"resourceType": "Medication", "id": "med", "ingredient": inside}
    return order(medicationReference={"reference": "#med"}, contained=[medication, *substances])


def reasons_and_conditions(many: int) -> Json:
    return order(
        medicationCodeableConcept=RILUZOLE,
        reasonReference=[{"reference": f"#c{number}"} for number in range(many)],
        contained=[{"resourceType": "Condition", "id": f"c{number}"} for number in range(many)],
    )


@pytest.mark.parametrize("draft", [ingredients_and_substances, reasons_and_conditions])
def test_a_draft_with_many_parts_takes_work_in_proportion(draft: Callable[[int], Json]) -> None:
    def call(many: int) -> tuple[str, Json, Json]:
        return "order-sign", {}, {"draftOrders": bundle(draft(many))}

    assert grows(call)


def test_some_drafts_beside_a_long_list_take_work_in_proportion() -> None:
    named = {"medicationCodeableConcept": RILUZOLE}
    drafts = bundle(*(order(**named) | {"id": f"d{number}"} for number in range(5)))

    def call(many: int) -> tuple[str, Json, Json]:
        taken = (order(authoredOn="2026-07-01", **named) | {"id": f"m{n}"} for n in range(many))
        found = bundle(*(one | {"status": "active"} for one in taken))
        return "order-sign", {"medications": found}, {"draftOrders": drafts}

    assert grows(call)


def grows(call: Callable[[int], tuple[str, Json, Json]]) -> bool:
    client = calls.app().test_client()
    work(client, *call(1))
    once, twice = (work(client, *call(many)) for many in (SOME, 2 * SOME))
    return twice <= MOST * once


def request_of(hook: str, chart: Json, context: Json) -> Json:
    als = {"coding": [{"system": SNOMED, "code": "86044005"}]}
    condition = {"resourceType": "Condition", "id": "als", "subject": PATIENT, "code": als}
    return {
        "hook": hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/d", "patientId": "p", **context},
        "prefetch": {
            "patient": {"resourceType": "Patient", "id": "p"},
            "conditions": bundle(condition),
            **chart,
        },
    }


def work(client: FlaskClient, hook: str, chart: Json, context: Json) -> int:
    """How many functions were called for an answer."""
    body = request_of(hook, chart, context)
    path, done = calls.path_of(hook), 0

    def count(*_event: object) -> None:
        nonlocal done
        done += 1

    sys.setprofile(count)
    try:
        reply = client.post(path, json=body)
    finally:
        sys.setprofile(None)
    assert reply.status_code == 200
    return done


def test_a_card_tells_of_a_long_list_what_can_be_read() -> None:
    named = {"text": "ciprofloxacin"}
    taken = (order(medicationCodeableConcept=named, authoredOn="2026-07-01") for _ in range(SOME))
    found = bundle(*(one | {"id": f"m{n}", "status": "active"} for n, one in enumerate(taken)))
    draft = bundle(order(medicationCodeableConcept=RILUZOLE))
    body = request_of("order-sign", {"medications": found}, {"draftOrders": draft})
    reply = calls.app().test_client().post(calls.path_of("order-sign"), json=body)
    card = next(card for card in reply.json["cards"] if "iprofloxacin" in card["summary"])
    assert len(card["extension"]["org.als-cdshooks"]["evidence"]) == EVIDENCE_AT_MOST
    assert f"| and {SOME + 1 - EVIDENCE_AT_MOST} more |" in card["detail"]
