"""Stories of advice that was overridden or accepted, over days and changes of the chart."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

import pytest

from cdshooks.app import create_app
from cdshooks.settings import DemoSettings
from tests.support import calls
from tests.support.calls import NOW

Json = dict[str, Any]
REVIEW = "/cds-services/als-chart-review"
SIGN = "/cds-services/als-order-sign"
EXTENSION = "org.als-cdshooks"
NIV = "bulbar-onset-fvc-falling"


class Clinic:
    """A service with a clock to be moved, and the patient whose FVC is 46%."""

    def __init__(self) -> None:
        self.now = NOW
        settings = DemoSettings(database_url="sqlite://", public_url=calls.URL)
        self.app = create_app(settings, clock=lambda: self.now)
        self.client = self.app.test_client()
        self.request = calls.example_request(NIV, "patient-view")

    def open(self, days: float = 0, request: Json | None = None, path: str = REVIEW) -> list[Json]:
        """The cards that are shown so many days after the first time."""
        self.now = NOW + timedelta(days=days)
        body = self.client.post(path, json=request or self.request).json
        assert body is not None
        self.app.extensions["memory"].recorder.flush()
        self.trace = {line["rule"]: line for line in body["extension"][EXTENSION]["trace"]}
        cards: list[Json] = body["cards"]
        return cards

    def about(self, rule: str, days: float = 0, request: Json | None = None) -> bool:
        """Whether a rule speaks."""
        return any(rule in rules_of(card) for card in self.open(days, request))

    def override(self, card: Json, code: str | None = None, path: str = REVIEW) -> None:
        reason = {"overrideReason": {"reason": {"code": code}}} if code else {}
        self._report({"card": card["uuid"], "outcome": "overridden", **reason}, SIGN)

    def accept(self, card: Json, suggestion: int = 0, path: str = REVIEW) -> None:
        chosen = [{"id": card["suggestions"][suggestion]["uuid"]}]
        report = {"card": card["uuid"], "outcome": "accepted", "acceptedSuggestions": chosen}
        self._report(report, SIGN)

    def _report(self, report: Json, path: str) -> None:
        stamped = report | {"outcomeTimestamp": self.now.isoformat()}
        reply = self.client.post(f"{path}/feedback", json={"feedback": [stamped]})
        assert reply.status_code == 200

    def with_also(self, key: str, *resources: Json) -> Json:
        """The request with more in one of its prefetch answers."""
        changed = deepcopy(self.request)
        patient = {"reference": f"Patient/{changed['context']['patientId']}"}
        entries = changed["prefetch"][key].setdefault("entry", [])
        entries += [{"resource": {"subject": patient} | one} for one in resources]
        changed["prefetch"][key]["total"] = len(entries)
        return changed


def rules_of(card: Json) -> list[str]:
    rules: list[str] = card["extension"][EXTENSION]["rules"]
    return rules


@pytest.fixture
def clinic() -> Iterator[Clinic]:
    made = Clinic()
    yield made
    made.app.extensions["memory"].recorder.drain()


def the_niv_card(cards: list[Json]) -> Json:
    [card] = [card for card in cards if "niv-consider" in rules_of(card)]
    return card


def observation(loinc: str, value: float, unit: str, at: datetime) -> Json:
    return {
        "resourceType": "Observation",
        "id": f"new-{loinc}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": loinc}]},
        "effectiveDateTime": at.isoformat(),
        "valueQuantity": {
            "value": value,
            "unit": unit,
            "system": "http://unitsofmeasure.org",
            "code": unit,
        },
    }


def breathing(clinic: Clinic, loinc: str, value: float, unit: str, days: float) -> Json:
    """The request with a further test, made so many days after the card was first shown."""
    key = next(
        key
        for key, answer in clinic.request["prefetch"].items()
        if "19872-1" in str(answer) and key != "patient"
    )
    return clinic.with_also(key, observation(loinc, value, unit, NOW + timedelta(days=days)))


def test_niv_under_specialist_review_is_silent_for_92_days_and_back_on_day_93(
    clinic: Clinic,
) -> None:
    clinic.override(the_niv_card(clinic.open()), "under-specialist-review")
    assert not clinic.about("niv-consider")
    line = clinic.trace["niv-consider"]
    assert line["outcome"] == "snoozed"
    assert line["because"].startswith("snoozed until 2026-12-01 (under-specialist-review)")
    assert not clinic.about("niv-consider", 1)
    assert not clinic.about("niv-consider", 92)
    assert clinic.about("niv-consider", 93)


def test_niv_is_back_at_once_when_carbon_dioxide_passes_50(clinic: Clinic) -> None:
    clinic.override(the_niv_card(clinic.open()), "under-specialist-review")
    normal = breathing(clinic, "2019-8", 41, "mm[Hg]", 9)
    assert not clinic.about("niv-consider", 10, normal)
    high = breathing(clinic, "2019-8", 50.1, "mm[Hg]", 9)
    [card] = [card for card in clinic.open(10, high) if "niv-consider" in rules_of(card)]
    assert card["indicator"] == "critical"


def test_niv_is_back_when_a_further_criterion_is_met(clinic: Clinic) -> None:
    clinic.override(the_niv_card(clinic.open()), "under-specialist-review")
    assert clinic.about("niv-consider", 10, breathing(clinic, "2019-8", 45.1, "mm[Hg]", 9))


@pytest.mark.parametrize(("fvc", "back"), [(37, False), (36, True)])
def test_niv_is_back_when_vital_capacity_falls_by_ten_points(
    clinic: Clinic, fvc: float, back: bool
) -> None:
    clinic.override(the_niv_card(clinic.open()), "under-specialist-review")
    assert clinic.about("niv-consider", 40, breathing(clinic, "19872-1", fvc, "%", 39)) is back


def test_critical_advice_is_back_after_72_hours_and_with_any_newer_result(clinic: Clinic) -> None:
    high = breathing(clinic, "2019-8", 53, "mm[Hg]", -1)
    clinic.override(the_niv_card(clinic.open(0, high)), "under-specialist-review")
    assert not clinic.about("niv-consider", 2.9, high)
    assert clinic.about("niv-consider", 3, high)
    clinic.override(the_niv_card(clinic.open(4, high)), "under-specialist-review")
    assert not clinic.about("niv-consider", 5, high)
    newer = breathing(clinic, "2019-8", 52, "mm[Hg]", 4.5)
    assert clinic.about("niv-consider", 5, newer)


def test_critical_advice_is_not_dismissed_without_a_reason(clinic: Clinic) -> None:
    high = breathing(clinic, "2019-8", 53, "mm[Hg]", -1)
    clinic.override(the_niv_card(clinic.open(0, high)))
    assert clinic.about("niv-consider", 0, high)


def test_a_card_dismissed_without_a_reason_is_back_after_the_next_day(clinic: Clinic) -> None:
    clinic.override(the_niv_card(clinic.open()))
    assert not clinic.about("niv-consider", 1)
    assert clinic.about("niv-consider", 2)


def test_an_admission_brings_advice_back(clinic: Clinic) -> None:
    clinic.override(the_niv_card(clinic.open()), "under-specialist-review")
    started = NOW + timedelta(days=5)
    encounter = {
        "resourceType": "Encounter",
        "id": "ward",
        "status": "in-progress",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
        "period": {"start": started.isoformat()},
    }
    admitted = clinic.with_also("encounters", encounter)
    assert not clinic.about("niv-consider", 4, admitted)
    assert clinic.about("niv-consider", 6, admitted)


def test_an_accepted_card_stays_away_for_31_days(clinic: Clinic) -> None:
    clinic.accept(the_niv_card(clinic.open()))
    assert not clinic.about("niv-consider", 31)
    assert "(accepted)" in clinic.trace["niv-consider"]["because"]
    assert clinic.about("niv-consider", 32)


def test_an_accepted_card_is_back_when_its_order_is_revoked(clinic: Clinic) -> None:
    card = the_niv_card(clinic.open())
    [action, *_] = card["suggestions"][0]["actions"]
    clinic.accept(card)
    order = action["resource"] | {"id": "order-1", "authoredOn": NOW.date().isoformat()}
    revoked = clinic.with_also("serviceRequests", order | {"status": "revoked"})
    assert clinic.about("niv-consider", 2, revoked)
    earlier = order | {"status": "revoked", "authoredOn": "2026-08-01"}
    assert not clinic.about("niv-consider", 2, clinic.with_also("serviceRequests", earlier))


def test_wrong_data_are_silent_until_they_change(clinic: Clinic) -> None:
    clinic.override(the_niv_card(clinic.open()), "data-incorrect")
    assert not clinic.about("niv-consider", 10)
    assert clinic.about("niv-consider", 10, breathing(clinic, "19872-1", 47, "%", 9))


def test_a_snooze_is_of_one_patient_and_not_of_the_fhir_server(clinic: Clinic) -> None:
    clinic.override(the_niv_card(clinic.open()), "under-specialist-review")
    elsewhere = clinic.request | {"fhirServer": "https://fhir.example.org/other"}
    assert not clinic.about("niv-consider", 1, elsewhere)
    text = json.dumps(clinic.request).replace(
        clinic.request["context"]["patientId"], "somebody-else"
    )
    another: Json = json.loads(text)
    assert clinic.about("niv-consider", 1, another)


def test_an_override_at_signing_is_about_that_order_alone(clinic: Clinic) -> None:
    first = calls.recorded("order-sign-riluzole-once-daily")
    cards = clinic.open(0, first, SIGN)
    quiet = [card for card in cards if card["indicator"] != "critical"]
    assert quiet
    for card in quiet:
        code = card["overrideReasons"][0]["code"]
        clinic.override(card, code, SIGN)
    silenced = {rule for card in quiet for rule in rules_of(card)}
    again = {rule for card in clinic.open(0, first, SIGN) for rule in rules_of(card)}
    assert not again & silenced
    changed = deepcopy(first)
    [entry] = changed["context"]["draftOrders"]["entry"]
    instruction = entry["resource"]["dosageInstruction"][0]
    instruction["timing"]["repeat"] = {"frequency": 3, "period": 1, "periodUnit": "d"}
    assert clinic.open(0, changed, SIGN)


def test_a_mistake_in_the_memory_takes_no_card_away(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: Any) -> None:
        raise KeyError("Jane Doe")

    clinic.override(the_niv_card(clinic.open()), "under-specialist-review")
    monkeypatch.setattr("cdshooks.http.memory.silenced", broken)
    monkeypatch.setattr("cdshooks.http.memory.issued", broken)
    assert clinic.about("niv-consider", 1)
    assert clinic.client.get("/readyz").json["callsNotRecorded"] == 1  # type: ignore[index]
    logged = capsys.readouterr().err
    assert "memory failed" in logged
    assert "Jane" not in logged


@pytest.mark.parametrize("code", [None, "under-specialist-review"])
def test_a_suicide_risk_is_shown_at_every_view_whatever_was_answered(
    clinic: Clinic, code: str | None
) -> None:
    thoughts = clinic.with_also("scores", observation("44260-8", 2, "{score}", NOW))
    [card] = [c for c in clinic.open(request=thoughts) if "suicide-risk" in rules_of(c)]
    clinic.override(card, code)
    assert clinic.about("suicide-risk", request=thoughts)
    assert clinic.about("suicide-risk", 1, request=thoughts)


PRINTS = """
import cdshooks.http.memory as memory
from tests.contract import test_snoozes as stories
memory.stored_secret = lambda _store: b"one secret"
clinic = stories.Clinic()
clinic.open(0, stories.with_code_status(clinic))
clinic.open(0, stories.calls.recorded("order-sign-riluzole-once-daily"), stories.SIGN)
with clinic.app.extensions["memory"].store.transaction() as connection:
    print(connection.exec_driver_sql('SELECT goals, "order" FROM card ORDER BY 1, 2').all())
"""


def with_code_status(clinic: Clinic) -> Json:
    """The request of a patient whose code status was discussed, with reasons."""
    resuscitation = {
        "resourceType": "ServiceRequest",
        "id": "dnr",
        "status": "active",
        "intent": "order",
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "304253006"}]},
        "authoredOn": "2026-08-01",
        "reasonCode": [{"coding": [{"system": "urn:s", "code": code}]} for code in "abcdef"],
    }
    return clinic.with_also("serviceRequests", resuscitation)


def test_fingerprints_are_the_same_in_every_process() -> None:
    said = {
        subprocess.run(
            [sys.executable, "-c", PRINTS],
            env=os.environ | {"PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1
    assert len(said.pop()) > 40
