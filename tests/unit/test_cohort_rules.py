"""The rules on a synthetic cohort: dirt included, each chart gets its answer, and no rule fails."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import orjson

from cdshooks.app import site_of
from cdshooks.cohort import Cohort, patient
from cdshooks.cohort.chance import Chance
from cdshooks.cohort.dirt import line
from cdshooks.cohort.drugs import medications
from cdshooks.protocol import parse_request
from cdshooks.services.answer import answer, searches
from cdshooks.services.asking import request_body
from tests.support.calls import service_of, settings

Json = dict[str, Any]
UNTIL = date(2026, 6, 30)
NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
HOOK = "patient-view"
BROKEN = "an internal error; it was logged"


def answered(resources: list[Json], id: str) -> Json:
    site = replace(site_of(settings()), full_prefetch=True, trace=True)
    bundle = {"entry": [{"resource": r} for r in (*resources, *medications())]}
    body = request_body(HOOK, bundle, id, "Practitioner/1", (), searches(HOOK, site))
    found: Json = answer(service_of(HOOK), parse_request(body), site, NOW).body
    return found


def read(row: bytes) -> list[Json]:
    """The resources of a line of an export; none of a broken one."""
    try:
        return [orjson.loads(one) for one in row.split(b"\n")]
    except orjson.JSONDecodeError:
        return []


def test_every_patient_gets_an_answer_and_no_rule_fails_on_dirt() -> None:
    cohort, rules = Cohort(3, UNTIL, not_als=0, dirt=0.1), Counter[str]()
    for index in range(10):
        clean, dirt = patient(cohort, index), Chance(3, index, "dirt")
        dirty = [r for row in (line(c, dirt, 0.1) for c in clean[1:]) for r in read(row)]
        body = answered([clean[0], *dirty], clean[0]["id"])
        told = body.get("extension", {}).get("org.als-cdshooks", {}).get("notAssessed", [])
        assert [entry for entry in told if entry["because"] == BROKEN] == []
        for card in body["cards"]:
            rules.update(card["extension"]["org.als-cdshooks"]["rules"])
    assert len(rules) > 20


def test_a_chart_without_als_gets_no_card() -> None:
    cohort = Cohort(5, UNTIL, not_als=1, dirt=0)
    for index in range(6):
        resources = patient(cohort, index)
        assert answered(resources, resources[0]["id"])["cards"] == []
