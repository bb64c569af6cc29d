"""The running demo as the public sandbox meets it: from another origin, over a socket."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from flask import Flask

from cdshooks import examples
from cdshooks.app import create_app, site_of
from cdshooks.chart import as_prefetch
from cdshooks.services.answer import searches
from tests.support import sandbox
from tests.support.calls import TODAY, example_request, path_of, settings
from tests.support.sandbox import Sandbox, applied, draft, ordered, shown
from tests.support.watch import leaks

Json = dict[str, Any]
WHOLE = settings().model_copy(update={"prefetch": "full"})
RILUZOLE = ("199206", "riluzole 50 MG Oral Tablet")
LISINOPRIL = ("314076", "lisinopril 10 MG Oral Tablet")


@pytest.fixture(autouse=True)
def answers() -> None:
    """In this module the services answer for themselves."""


@cache
def whole() -> Flask:
    """A service that is sent everything that any rule reads."""
    return create_app(WHOLE)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of ``cdshooks demo`` as a process of its own."""
    folder = tmp_path_factory.mktemp("demo")
    variables = {
        "CDSHOOKS_TODAY": "2026-08-30T09:30:00+00:00",
        "CDSHOOKS_DATABASE_URL": f"sqlite:///{folder}/demo.db",
        "CDSHOOKS_DEADLINE_MS": "8000",
    }
    output = folder / "output"
    with output.open("w") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "cdshooks", "demo", "--port", "0"],
            env=os.environ | variables | {"COLUMNS": "120"},
            stdout=subprocess.PIPE,
            stderr=sink,
            text=True,
        )
        with process:
            try:
                yield _address(process)
            finally:
                process.terminate()
    said = output.read_text().splitlines()
    assert leaks(said) == []
    assert not [line for line in said if "Traceback" in line]


def _address(process: "subprocess.Popen[str]") -> str:
    for line in process.stdout or ():
        told = re.search(r"curl -s http://[^/\s]+:(\d+)/cds-services", line)
        if told:
            # The name by which people type it, which is not the one it listens on.
            return f"http://localhost:{told[1]}"
    raise AssertionError("the demo ended without telling its address")


@pytest.fixture
def page(demo: str) -> Sandbox:
    """A page whose FHIR server and services are those of the demo."""
    opened = Sandbox(fhir=f"{demo}/fhir", discovery=f"{demo}/cds-services")
    assert opened.metadata()["fhirVersion"] == "4.0.1"
    opened.discover()
    return opened


def called(page: Sandbox, hook: str, **context: Any) -> list[Json]:
    [answer] = page.call(hook, **context).values()
    return shown(answer)


def of_the_whole_chart(name: str) -> list[Json]:
    """The cards for an example patient of whom everything is prefetched that any rule reads."""
    bundle = examples.shifted(examples.load(name), TODAY)
    prefetch = as_prefetch(
        searches("patient-view", site_of(WHOLE)), (one["resource"] for one in bundle["entry"])
    )
    body = example_request(name, "patient-view") | {"prefetch": prefetch}
    reply = whole().test_client().post(path_of("patient-view"), json=body)
    assert reply.status_code == 200
    cards: list[Json] = reply.get_json()["cards"]
    return cards


def rules(cards: list[Json]) -> list[str]:
    """Each card as fixtures/stories.yaml writes it."""
    return [
        f"{card['indicator']} {' + '.join(card['extension']['org.als-cdshooks']['rules'])}"
        for card in cards
    ]


def patient_of(name: str) -> str:
    patients = [
        entry["resource"]["id"]
        for entry in examples.load(name)["entry"]
        if entry["resource"]["resourceType"] == "Patient"
    ]
    return str(patients[0])


@pytest.mark.parametrize("query", ["", "?_count=50"])
def test_every_example_patient_can_be_chosen_and_opened(page: Sandbox, query: str) -> None:
    listed = page.patients(query)
    assert {id for id, _ in listed} == {patient_of(name) for name in examples.names()}
    for id, name in listed[:3]:
        page.open_patient(id)
        assert page.patient["name"][0]["given"][0] in name


def test_a_patient_of_another_server_is_not_there(page: Sandbox) -> None:
    with pytest.raises(AssertionError):
        page.open_patient("smart-1288992")


@pytest.mark.parametrize("suffix", ["", "/"])
def test_discovery_offers_a_service_for_every_hook_of_the_sandbox(
    demo: str, page: Sandbox, suffix: str
) -> None:
    page.discovery = f"{demo}/cds-services{suffix}"
    page.discover()
    assert {"patient-view", "order-select", "order-sign"} <= {
        one["hook"] for one in page.services.values()
    }
    assert len(page.services) == len({one["id"] for one in page.services.values()})
    page.open_patient("bulbara")
    assert called(page, "patient-view")


def test_every_key_that_a_service_asks_for_is_answered(page: Sandbox) -> None:
    page.open_patient("bulbara")
    for service in page.services.values():
        asked = {k for k, v in service["prefetch"].items() if "encounterId" not in v}
        found = page.prefetched(service)
        assert set(found) == asked
        bundles = [one for key, one in found.items() if key != "patient"]
        assert all(one["type"] == "searchset" and "total" in one for one in bundles)
        assert not [one for one in bundles if "entry" in one and not one["entry"]]


@pytest.mark.parametrize("name", examples.names())
def test_opening_a_chart_shows_the_cards_of_the_whole_chart(page: Sandbox, name: str) -> None:
    """What prefetch leaves out, the service reads from the example EHR."""
    page.open_patient(patient_of(name))
    assert rules(called(page, "patient-view")) == rules(of_the_whole_chart(name))


def test_without_prefetch_the_service_reads_the_same_from_the_example_ehr(page: Sandbox) -> None:
    page.open_patient("bulbara")
    wanted = called(page, "patient-view")
    for service in page.services.values():
        service["prefetch"] = {}
    assert rules(called(page, "patient-view")) == rules(wanted)


def test_prescribing_from_the_empty_form_to_the_corrected_order(page: Sandbox) -> None:
    page.open_patient("limbert")
    empty = draft("limbert")
    selected = ["MedicationRequest/request-123"]
    assert called(page, "order-select", draftOrders=ordered(empty), selections=selected) == []
    once = draft("limbert", RILUZOLE)
    cards = called(page, "order-select", draftOrders=ordered(once), selections=selected)
    changes = [applied(one) for card in cards for one in card.get("suggestions", ())]
    [corrected] = [one for one in changes if one]
    assert corrected["id"] == "request-123"
    assert corrected["medicationCodeableConcept"]["coding"][0]["code"] == RILUZOLE[0]
    repeat = corrected["dosageInstruction"][0]["timing"]["repeat"]
    assert (repeat["frequency"], repeat["period"], repeat["periodUnit"]) == (1, 12, "h")
    again = called(page, "order-select", draftOrders=ordered(corrected), selections=selected)
    assert not [one for card in again for one in card.get("suggestions", ()) if applied(one)]


def test_signing_riluzole_without_liver_tests_warns_once_and_remembers_the_answer(
    page: Sandbox,
) -> None:
    page.open_patient("startia")
    service = next(url for url, one in page.services.items() if one["hook"] == "order-sign")
    order = ordered(draft("startia", RILUZOLE, signing=True))
    cards = called(page, "order-sign", draftOrders=order)
    assert cards and cards[0]["indicator"] in ("warning", "critical")
    [reason, *_] = cards[0]["overrideReasons"]
    told = {"code": reason["code"], "system": reason["system"]}
    page.give_feedback(
        service, card=cards[0]["uuid"], outcome="overridden", overrideReason={"reason": told}
    )
    # A plain dismissal gives no reason, and one card can be reported twice.
    page.give_feedback(service, card=cards[-1]["uuid"], outcome="overridden")
    accepted = [{"id": "6ba7b810-9dad-41d1-80b4-00c04fd430c8"}]
    page.give_feedback(
        service, card=cards[-1]["uuid"], outcome="accepted", acceptedSuggestions=accepted
    )


def test_a_snoozed_card_stays_away_from_the_next_opening(page: Sandbox) -> None:
    page.open_patient("lapsen")
    service = next(url for url, one in page.services.items() if one["hook"] == "patient-view")
    cards = called(page, "patient-view")
    card = cards[0]
    code = card["overrideReasons"][0]
    page.give_feedback(
        service,
        card=card["uuid"],
        outcome="overridden",
        overrideReason={"reason": {"code": code["code"], "system": code["system"]}},
    )
    assert rules([card])[0] not in rules(called(page, "patient-view"))


def test_orders_of_other_drugs_and_tabs_are_answered_with_silence(page: Sandbox) -> None:
    page.open_patient("limbert")
    other = ordered(draft("limbert", LISINOPRIL))
    selected = ["MedicationRequest/request-123"]
    assert called(page, "order-select", draftOrders=other, selections=selected) == []
    # The tab that is open already, pressed again.
    for hook in ("order-select", "order-sign"):
        assert called(page, hook) == []
    imaging = {
        "resourceType": "ServiceRequest",
        "id": "example-request-id",
        "status": "draft",
        "intent": "plan",
        "code": {"coding": [{}], "text": None},
        "subject": {"reference": "Patient/limbert"},
    }
    context = {
        "draftOrders": ordered(imaging),
        "selections": ["ServiceRequest/example-request-id"],
    }
    assert called(page, "order-select", **context) == []


def test_a_page_of_another_origin_gets_nothing(demo: str) -> None:
    stranger = sandbox.Browser(origin="https://evil.example.org")
    for path in ("fhir/Patient", "cds-services"):
        with pytest.raises(sandbox.Blocked):
            stranger.send("GET", f"{demo}/{path}", headers={"Authorization": "Bearer x"})
