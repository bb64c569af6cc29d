"""A made-up course of a patient with ALS: what is found at three visits, and what follows."""

from datetime import date
from typing import Any

from cdshooks.population.record import Record
from cdshooks.population.replaying.task import Replay
from cdshooks.population.replaying.visits import Span
from tests.support.resources import PATIENT, concept, observation, record

Json = dict[str, Any]
SPAN = Span(date(2024, 1, 1), date(2024, 12, 31))
FIRST, SECOND, THIRD = date(2024, 2, 1), date(2024, 5, 1), date(2024, 8, 1)
PERSON: Json = {
    "resourceType": "Patient",
    "id": "anna",
    "gender": "female",
    "birthDate": "1960-01-01",
}


def visit(day: date) -> Json:
    return {
        "resourceType": "Encounter",
        "id": f"visit-{day}",
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": PATIENT},
        "period": {"start": f"{day}T09:00:00Z", "end": f"{day}T11:00:00Z"},
    }


def diagnosis(day: date) -> list[Json]:
    return record("condition als, today", day)


def fvc(percent: int, day: date) -> Json:
    return observation("vc-percent", f"{percent} % sitting, today", day)


def order(value_set: str, day: date, **elements: Any) -> Json:
    return {
        "resourceType": "ServiceRequest",
        "id": f"{value_set}-{day}",
        "status": "active",
        "intent": "order",
        "subject": {"reference": PATIENT},
        "code": concept(value_set),
        "authoredOn": str(day),
        **elements,
    }


def prescription(code: str, day: date) -> list[Json]:
    return record(f"prescription {code}, today", day)


def course(*more: Json) -> Record:
    """Diagnosed at the first visit; breathing is good then, and bad at the second and third."""
    common = (
        PERSON,
        *diagnosis(FIRST),
        *(visit(day) for day in (FIRST, SECOND, THIRD)),
        fvc(95, FIRST),
        fvc(45, SECOND),
        fvc(40, THIRD),
    )
    return Record("anna", (*common, *more))


def rows(chart: Record, task: Replay | None = None, kind: str = "") -> list[dict[str, Any]]:
    """What a replay says of a chart, each row without what it leaves empty."""
    task = task or Replay(SPAN)
    found = [dict(zip(task.columns, row, strict=True)) for row in task(chart)]
    return [
        {name: value for name, value in row.items() if value is not None}
        for row in found
        if kind in ("", row["kind"])
    ]
