"""What is fetched: as little as decides, only where it is allowed, before the deadline."""

from collections.abc import Iterator
from typing import Any

import pytest

from cdshooks.app import create_app, site_of
from cdshooks.protocol import parse_request
from cdshooks.security.policy import Policy
from cdshooks.services.answer import Answer, answer
from cdshooks.settings import DemoSettings, Settings
from tests.support import calls, fhir_calls
from tests.support.base_patient import base_patient, resource
from tests.support.fhir_server import FhirServer, later, running, status

Json = dict[str, Any]
SNOMED = "http://snomed.info/sct"
DECIDING = {"Patient", "Condition", "MedicationRequest"}


@pytest.fixture
def server() -> Iterator[FhirServer]:
    with running(FhirServer(base_patient().resources())) as started:
        yield started


def without_als() -> list[Json]:
    return base_patient().remove("als", "riluzole").resources()


def ask(request: Json, server: FhirServer, **terms: Any) -> Answer:
    """The answer of the service to a caller on these terms."""
    site = site_of(DemoSettings(today=fhir_calls.NOW))
    policy = Policy(**({"fhir_servers": (server.url,)} | terms))
    service = calls.service_of(request["hook"])
    return answer(service, parse_request(request), site, fhir_calls.NOW, policy, seconds=2)


def missed(said: Answer) -> set[str]:
    """The rules that were not assessed."""
    told = said.body.get("extension", {}).get(fhir_calls.OURS, {}).get("notAssessed", [])
    return {one["rule"] for one in told}


def titles(said: Answer) -> set[str]:
    return {r for card in said.body["cards"] for r in card["extension"][fhir_calls.OURS]["rules"]}


@pytest.mark.req("PFD-1", "FHIR-8")
@pytest.mark.parametrize("hook", fhir_calls.HOOKS)
def test_nothing_is_fetched_for_a_patient_without_als(hook: str) -> None:
    with running(FhirServer(without_als())) as server:
        request = fhir_calls.request(hook, server.url, without_als())
        if hook != "patient-view":
            [entry] = request["context"]["draftOrders"]["entry"]
            entry["resource"]["medicationCodeableConcept"] = {"text": "paracetamol"}
        assert fhir_calls.say(request).rules == set()
    assert server.asked == []


@pytest.mark.req("PFD-1", "FHIR-8")
def test_without_prefetch_only_what_decides_is_read_of_a_patient_without_als() -> None:
    with running(FhirServer(without_als())) as server:
        request = fhir_calls.request("patient-view", server.url, [], prefetch={})
        assert fhir_calls.say(request).body["cards"] == []
    assert set(server.types) == DECIDING


@pytest.mark.req("PFD-1")
def test_of_a_patient_who_has_died_only_what_tells_who_is_left_behind_is_read() -> None:
    chart = base_patient()
    chart.facts["patient"][0]["deceasedBoolean"] = True
    with running(FhirServer(chart.resources())) as server:
        request = fhir_calls.request("patient-view", server.url, chart.resources())
        del request["prefetch"]["allergies"]
        assert fhir_calls.say(request).rules == set()
    assert {asked.type for asked in server.asked} <= {"RelatedPerson", "Task", "Communication"}


@pytest.mark.req("PFD-1")
def test_with_als_the_types_that_prefetch_leaves_out_are_read(server: FhirServer) -> None:
    request = fhir_calls.request("patient-view", server.url, server.resources)
    assert fhir_calls.say(request).rules == set()
    core = {s.type for s in fhir_calls.asked("patient-view")}
    full = {s.type for s in fhir_calls.asked("patient-view", full=True)}
    # Gene tests are the one family of observations that the core leaves out.
    assert set(server.types) == (full - core) | {"Observation"}


def test_with_another_motor_neuron_disease_a_pacer_is_looked_for_and_nothing_is_said() -> None:
    pls = resource(
        "Condition",
        subject={"reference": "Patient/anna"},
        code={"coding": [{"system": SNOMED, "code": "81211007"}]},
    )
    chart = base_patient().remove("riluzole").put("als", pls)
    with running(FhirServer(chart.resources())) as server:
        said = fhir_calls.say(fhir_calls.request("patient-view", server.url, [], prefetch={}))
    assert "Device" in server.types
    assert said.rules == set()


@pytest.mark.req("PFD-1")
def test_what_no_rule_for_this_draft_reads_is_not_fetched(server: FhirServer) -> None:
    request = fhir_calls.request("order-sign", server.url, server.resources, prefetch={})
    [entry] = request["context"]["draftOrders"]["entry"]
    entry["resource"]["medicationCodeableConcept"] = {"text": "paracetamol"}
    fhir_calls.say(request)
    assert set(server.types) <= DECIDING | {"MedicationStatement", "MedicationDispense"}


@pytest.mark.req("FHIR-2")
def test_the_token_is_sent_with_every_call(server: FhirServer) -> None:
    request = fhir_calls.request("patient-view", server.url, [], prefetch={})
    fhir_calls.say(request | {"fhirAuthorization": fhir_calls.authorization()})
    sent = {one.headers.get("Authorization") for one in server.asked}
    assert sent == {f"Bearer {fhir_calls.TOKEN}"}
    assert all("json" in one.headers["Accept"] for one in server.asked)


@pytest.mark.req("FHIR-1")
def test_without_authorization_no_token_is_sent(server: FhirServer) -> None:
    fhir_calls.say(fhir_calls.request("patient-view", server.url, [], prefetch={}))
    assert server.asked
    assert not any("Authorization" in one.headers for one in server.asked)


@pytest.mark.req("FHIR-5")
def test_a_type_outside_the_scope_is_not_asked_for_and_not_missed(server: FhirServer) -> None:
    request = fhir_calls.request("patient-view", server.url, server.resources)
    given = fhir_calls.authorization(scope="patient/Appointment.rs")
    said = fhir_calls.say(request | {"fhirAuthorization": given})
    assert server.types == ["Appointment"]
    assert (said.status, said.unread) == (200, "")


@pytest.mark.req("FHIR-6", "FHIR-7")
@pytest.mark.parametrize(
    "terms", [{"fhir_servers": ()}, {"fetch": False}, {"fhir_servers": ("https://ehr.example",)}]
)
def test_a_server_that_may_not_be_read_is_neither_called_nor_refused(
    terms: dict[str, Any], server: FhirServer
) -> None:
    request = fhir_calls.request("patient-view", server.url, server.resources)
    del request["prefetch"]["allergies"]
    alone = ask({k: v for k, v in request.items() if k != "fhirServer"}, server)
    said = ask(request, server, **terms)
    assert missed(said) == missed(alone)
    assert server.asked == []


@pytest.mark.req("FHIR-6")
def test_outside_the_demo_a_server_over_http_is_not_called(server: FhirServer) -> None:
    settings = Settings(auth="off", today=fhir_calls.NOW, fhir_allowed=(server.url,))
    request = fhir_calls.request("patient-view", server.url, server.resources)
    client = create_app(settings).test_client()
    assert client.post(calls.path_of("patient-view"), json=request).status_code == 200
    assert server.asked == []


@pytest.mark.req("PFD-3")
def test_what_a_client_never_sends_is_neither_fetched_nor_called_unreadable(
    server: FhirServer,
) -> None:
    request = fhir_calls.request("patient-view", server.url, server.resources)
    del request["prefetch"]["breathing"]
    said = ask(request, server, never_sends=frozenset({"breathing", "genetics", "carePlans"}))
    assert "data-unavailable" not in titles(said)
    assert "pft-baseline-missing" not in titles(said)
    assert missed(said)
    assert not {"Observation", "CarePlan"} & set(server.types)


@pytest.mark.req("PFD-3")
def test_what_is_said_never_to_be_sent_is_used_when_it_comes(server: FhirServer) -> None:
    request = fhir_calls.request("patient-view", server.url, server.resources)
    plain = ask(request, server)
    said = ask(request, server, never_sends=frozenset(request["prefetch"]))
    assert missed(said) == missed(plain)


@pytest.mark.req("PFD-5")
@pytest.mark.parametrize("page", [1, 3])
def test_pages_are_followed_to_the_end(page: int) -> None:
    chart = base_patient().resources()
    with running(FhirServer(chart, page=page)) as server:
        request = fhir_calls.request("patient-view", server.url, chart)
        request["prefetch"]["encounters"] = server.held("/fhir/Encounter?patient=anna")[1]
        request["fhirAuthorization"] = fhir_calls.authorization()
        said = fhir_calls.say(request)
    paths = [one.path for one in server.asked if one.type == "Encounter"]
    assert paths
    assert all("_start=" in path for path in paths)
    assert (said.rules, said.unread) == (set(), "")


@pytest.mark.req("PFD-5")
def test_more_pages_than_are_read_leave_a_part() -> None:
    chart = base_patient().remove("riluzole")
    extra = [
        resource("AllergyIntolerance", patient={"reference": "Patient/anna"}) for _ in range(9)
    ]
    chart.add("allergies", *extra)
    with running(FhirServer(chart.resources(), page=1)) as server:
        request = fhir_calls.request("patient-view", server.url, chart.resources())
        del request["prefetch"]["allergies"]
        said = fhir_calls.say(request)
    assert len([one for one in server.asked if one.type == "AllergyIntolerance"]) == 6
    assert said.status == 200


def by_reference(id: str, display: str | None = None) -> Json:
    """A prescription that only refers to its Medication."""
    reference: Json = {"reference": f"Medication/{id}"}
    if display:
        reference["display"] = display
    return resource(
        "MedicationRequest",
        status="active",
        intent="order",
        subject={"reference": "Patient/anna"},
        authoredOn="2025-07-15",
        medicationReference=reference,
    )


RILUZOLE: Json = {
    "resourceType": "Medication",
    "id": "r",
    "code": {
        "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "199206"}]
    },
}


def test_a_referenced_medication_is_read_and_recognised() -> None:
    chart = base_patient().put("riluzole", by_reference("r"))
    with running(FhirServer([*chart.resources(), RILUZOLE])) as server:
        said = fhir_calls.say(fhir_calls.request("patient-view", server.url, chart.resources()))
    assert "Medication" in server.types
    assert "riluzole-consider" not in said.rules
    assert said.unread == ""


def test_the_medication_of_a_draft_is_read_before_it_is_known_which_rules_speak() -> None:
    """Succinylcholine, which only the Medication on the server names."""
    drug = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "10154"}
    medication = RILUZOLE | {"code": {"coding": [drug]}}
    draft = by_reference("r") | {"status": "draft"}
    with running(FhirServer([*base_patient().resources(), medication])) as server:
        request = fhir_calls.request("order-sign", server.url, [], prefetch={})
        request["context"]["draftOrders"]["entry"] = [{"resource": draft}]
        said = fhir_calls.say(request)
    assert "nmb-succinylcholine" in said.rules


@pytest.mark.req("PFD-3")
def test_a_drug_is_not_called_absent_while_a_medication_is_unread() -> None:
    chart = base_patient().put("riluzole", by_reference("r"))
    with running(FhirServer(chart.resources())) as server:
        said = fhir_calls.say(fhir_calls.request("patient-view", server.url, chart.resources()))
    assert "riluzole-consider" not in said.rules
    assert "prescriptions" in said.unread


def test_at_most_twenty_medications_are_read_and_only_those_that_may_matter() -> None:
    others = [by_reference(f"m{n}") for n in range(30)]
    named = [by_reference("n", "Paracetamol 500 mg"), by_reference("y", "Riluzole 50 mg")]
    foreign = by_reference("f")
    foreign["medicationReference"]["reference"] = "https://elsewhere.example/fhir/Medication/f"
    odd = by_reference("..")
    chart = base_patient().put("riluzole", *named, foreign, odd, *others)
    with running(FhirServer(chart.resources())) as server:
        fhir_calls.say(fhir_calls.request("patient-view", server.url, chart.resources()))
    read = [one.path.rpartition("/")[2] for one in server.asked if one.type == "Medication"]
    assert len(read) == 20
    assert "y" in read
    assert not {"n", "f", ".."} & set(read)


def in_a_study(reference: str = "ResearchStudy/trial", status: str = "on-study") -> Json:
    """A participation that only refers to its study."""
    return resource(
        "ResearchSubject",
        status=status,
        individual={"reference": "Patient/anna"},
        study={"reference": reference},
    )


def trial_of(focus: str) -> Json:
    """The study, with what it is about as a code of this project."""
    coding = {"system": "http://als-cdshooks.org/CodeSystem/als-cds", "code": focus}
    about = [{"coding": [coding]}]
    return {"resourceType": "ResearchStudy", "id": "trial", "status": "active", "focus": about}


def about_stem_cells(*chart: Json) -> tuple[fhir_calls.Said, list[str]]:
    """The answer to signing an order of stem cells, and the types that were read for it."""
    order = resource(
        "ServiceRequest",
        status="draft",
        intent="order",
        subject={"reference": "Patient/anna"},
        code=trial_of("stem-cell-therapy")["focus"][0],
    )
    with running(FhirServer([*base_patient().resources(), *chart])) as server:
        request = fhir_calls.request("order-sign", server.url, base_patient().resources())
        request["context"]["draftOrders"]["entry"] = [{"resource": order}]
        return fhir_calls.say(request), list(server.types)


@pytest.mark.parametrize(("focus", "warned"), [("stem-cell-therapy", False), ("rtms", True)])
def test_the_study_of_a_participant_is_read_for_what_it_is_about(focus: str, warned: bool) -> None:
    said, read = about_stem_cells(in_a_study(), trial_of(focus))
    assert "ResearchStudy" in read
    assert ("research-only-therapy" in said.rules) is warned


def test_a_study_that_cannot_be_read_may_be_about_anything() -> None:
    said, read = about_stem_cells(in_a_study())
    assert "ResearchStudy" in read
    assert "research-only-therapy" not in said.rules


@pytest.mark.parametrize(
    ("reference", "status", "warned"),
    [
        ("ResearchStudy/trial", "withdrawn", True),
        ("https://elsewhere.example/fhir/ResearchStudy/trial", "on-study", False),
    ],
)
def test_no_study_is_read_that_is_over_or_elsewhere(
    reference: str, status: str, warned: bool
) -> None:
    said, read = about_stem_cells(in_a_study(reference, status), trial_of("rtms"))
    assert "ResearchStudy" not in read
    assert ("research-only-therapy" in said.rules) is warned


def refused(what: str) -> Json:
    """A refusal that stands, of a procedure by its SNOMED CT code."""
    deny = {"type": "deny", "code": [{"coding": [{"system": SNOMED, "code": what}]}]}
    patient = {"reference": "Patient/anna"}
    return resource("Consent", status="active", patient=patient, provision=deny)


@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
def test_what_stands_against_an_order_of_no_drug_is_read(hook: str) -> None:
    order = resource(
        "ServiceRequest",
        status="draft",
        intent="order",
        subject={"reference": "Patient/anna"},
        code={"coding": [{"system": SNOMED, "code": "232685002"}]},
    )
    with running(FhirServer([*base_patient().resources(), refused("232685002")])) as server:
        request = fhir_calls.request(hook, server.url, [], prefetch={})
        request["context"]["draftOrders"]["entry"] = [{"resource": order}]
        request["context"]["selections"] = [f"ServiceRequest/{order['id']}"]
        said = fhir_calls.say(request)
    assert "Consent" in server.types
    [card] = said.body["cards"]
    assert (card["indicator"], card["source"]["topic"]["code"]) == (
        "critical",
        "tracheostomy-order-check",
    )


@pytest.mark.req("FHIR-4")
def test_the_token_is_not_used_after_it_expires(server: FhirServer) -> None:
    server.faults["*"] = later(1.5)
    request = fhir_calls.request("patient-view", server.url, [], prefetch={})
    given = fhir_calls.authorization(expires_in=1)
    said = fhir_calls.say(request | {"fhirAuthorization": given}, deadline_ms=5000)
    assert said.status == 412
    assert said.seconds < 1.4
    assert len(server.asked) <= 3


@pytest.mark.req("FHIR-4")
def test_the_log_holds_neither_token_nor_patient(
    server: FhirServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.faults["AllergyIntolerance"] = status(403)
    request = fhir_calls.request("patient-view", server.url, [], prefetch={})
    fhir_calls.say(request | {"fhirAuthorization": fhir_calls.authorization(expires_in=None)})
    logged = capsys.readouterr().err
    assert "AllergyIntolerance: status 403" in logged
    assert "without expires_in" in logged
    assert fhir_calls.TOKEN not in logged
    assert "anna" not in logged
    assert server.url not in logged


@pytest.mark.req("FHIR-6")
def test_a_server_that_is_not_listed_is_logged_only_if_a_token_was_lent_for_it(
    server: FhirServer,
) -> None:
    request = fhir_calls.request("patient-view", server.url, server.resources)
    assert ask(request, server, fhir_servers=()).notes == ()
    request["fhirAuthorization"] = fhir_calls.authorization()
    assert ask(request, server, fhir_servers=()).notes == (
        "the fhirServer is not listed for this client",
    )


def test_the_time_of_fetching_is_told(server: FhirServer) -> None:
    request = fhir_calls.request("patient-view", server.url, server.resources)
    assert "fetch;dur=" in fhir_calls.say(request).timing
    del request["fhirServer"]
    assert "fetch;dur=" not in fhir_calls.say(request).timing


def test_a_fault_in_fetching_does_not_sink_the_call(
    server: FhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cdshooks.services.fetch.complete", lambda *_: 1 / 0)
    said = ask(fhir_calls.request("patient-view", server.url, server.resources), server)
    assert said.notes == ("ZeroDivisionError",)
