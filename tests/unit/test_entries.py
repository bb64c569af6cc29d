"""Coded facts: problems, answers, requests, procedures, devices, refusals, enrolments."""

from datetime import date
from typing import Any

import pytest

from cdshooks.chart import answer
from cdshooks.rules.authoring import (
    Enrolled,
    Entries,
    Input,
    InUse,
    Listed,
    Ordered,
    Performed,
    Refused,
    Reported,
    Visited,
)
from tests.support.charts import chart
from tests.support.resources import concept

Json = dict[str, Any]
ME = {"reference": "Patient/anna"}
ORTHOPNEA, NIV = concept("orthopnea"), concept("home-niv")
RECENT = "symptom_condition_days"


def ask(wanted: Input, *resources: Json, on: date | None = None, **options: Any) -> Entries:
    view = chart(list(resources), wanted, **options)
    found = answer(view.on(on) if on else view, wanted)
    assert isinstance(found, Entries)
    return found


def made(kind: str, /, **members: Any) -> Json:
    return {"resourceType": kind, "id": kind.lower(), "subject": ME, **members}


def condition(**members: Any) -> Json:
    return made("Condition", **({"code": ORTHOPNEA} | members))


def stated(code: str) -> Json:
    return {"coding": [{"system": "local", "code": "1"}, {"code": code}]}


@pytest.mark.parametrize("status", ["active", "recurrence", "relapse", "unknown", "Active"])
def test_a_condition_holds_unless_it_is_over(status: str) -> None:
    assert ask(Listed("orthopnea"), condition(clinicalStatus=stated(status)))
    assert ask(Listed("orthopnea"), condition(clinicalStatus=status))
    assert ask(Listed("orthopnea"), condition())


@pytest.mark.parametrize("status", ["inactive", "resolved", "remission", "Resolved"])
def test_a_condition_that_is_over_counts_only_as_history(status: str) -> None:
    for written in (stated(status), status, {"text": status}):
        over = condition(clinicalStatus=written)
        assert not ask(Listed("orthopnea"), over)
        assert ask(Listed("orthopnea", history=True), over).items[0].status == status.lower()


@pytest.mark.parametrize(
    ("verified", "found", "certain"),
    [
        ("confirmed", True, True),
        ("provisional", True, False),
        ("differential", True, False),
        ("unconfirmed", True, False),
        ("refuted", False, None),
        ("entered-in-error", False, None),
    ],
)
def test_a_refuted_condition_is_none_and_a_doubtful_one_uncertain(
    verified: str, found: bool, certain: bool | None
) -> None:
    entries = ask(Listed("orthopnea"), condition(verificationStatus=stated(verified)))
    assert bool(entries) is found
    assert [e.certain for e in entries] == [certain] * found


def test_a_status_may_be_said_in_words() -> None:
    for said in ({"text": "Entered in Error"}, {"coding": [{"code": "9", "display": "Refuted"}]}):
        assert not ask(Listed("orthopnea"), condition(verificationStatus=said))
    inactive = {"coding": [{"code": "73425007", "display": "Inactive"}]}
    assert not ask(Listed("orthopnea"), condition(clinicalStatus=inactive))
    assert ask(Listed("orthopnea"), condition(clinicalStatus={"text": "Active problem"}))


def test_a_condition_without_status_that_has_ended_is_over() -> None:
    assert not ask(Listed("orthopnea"), condition(abatementDateTime="2026-05-01"))
    assert ask(Listed("orthopnea"), condition(abatementDateTime="2026-07-01"))
    period = {"start": "2026-01-01", "end": "2026-02-01"}
    assert not ask(Listed("orthopnea"), condition(abatementPeriod=period))
    kept = condition(abatementDateTime="2026-05-01", clinicalStatus=stated("active"))
    assert ask(Listed("orthopnea"), kept).items[0].end == date(2026, 5, 1)


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ({"abatementBoolean": True}, False),
        ({"abatementBoolean": "true"}, False),
        ({"abatementBoolean": False}, True),
        ({"abatementAge": {"value": 60, "code": "a"}}, False),
        ({"abatementString": "unknown"}, True),
        ({"abatementBoolean": True, "clinicalStatus": stated("active")}, True),
    ],
)
def test_a_condition_without_status_that_ended_at_no_day_is_over(
    members: dict[str, Any], found: bool
) -> None:
    assert bool(ask(Listed("orthopnea"), condition(**members))) is found


def test_a_condition_is_as_new_as_its_assertion_where_nothing_else_is_dated() -> None:
    url = "http://hl7.org/fhir/StructureDefinition/condition-assertedDate"
    asserted = {"extension": [{"url": url, "valueDateTime": "2026-05-20"}]}
    assert ask(Listed("orthopnea", RECENT), condition(**asserted))
    assert ask(Listed("orthopnea", RECENT), condition(assertedDate="2026-05-20"))
    assert not ask(Listed("orthopnea", RECENT), condition(recordedDate="2020-05-20", **asserted))


def test_an_impossible_date_does_not_unmake_a_condition() -> None:
    for element in ("recordedDate", "onsetDateTime"):
        [entry] = ask(Listed("orthopnea"), condition(**{element: "2062-05-01"})).items
        assert entry.day is None


@pytest.mark.parametrize(("day", "found"), [("2025-05-31", True), ("2025-05-30", False)])
def test_a_lookback_counts_from_the_newest_day(day: str, found: bool) -> None:
    assert bool(ask(Listed("orthopnea", RECENT), condition(recordedDate=day))) is found
    assert not ask(Listed("orthopnea", RECENT), condition())


def test_an_earlier_day_knows_only_what_was_recorded_by_then() -> None:
    then = date(2026, 2, 1)
    assert ask(Listed("orthopnea"), condition(recordedDate="2026-02-01"), on=then)
    late = condition(recordedDate="2026-02-02", onsetDateTime="2025-01-01")
    assert not ask(Listed("orthopnea"), late, on=then)
    assert not ask(Listed("orthopnea"), condition(), on=then)
    since = condition(
        recordedDate="2026-01-01", clinicalStatus="resolved", abatementDateTime="2026-03-01"
    )
    [entry] = ask(Listed("orthopnea"), since, on=then).items
    assert (entry.status, entry.end) == ("active", None)


def told(value: Json, at: str, id: str) -> Json:
    return made("Observation", status="final", code=ORTHOPNEA, effectiveDateTime=at) | value | {
        "id": id
    }  # fmt: skip


def test_an_answer_that_says_yes_stands_until_a_later_no() -> None:
    wanted = Reported("orthopnea")
    yes, no = {"valueBoolean": True}, {"valueBoolean": False}
    assert ask(wanted, told(yes, "2026-05-01", "a"))
    assert ask(wanted, told({"valueCodeableConcept": concept("present")}, "2026-05-01", "a"))
    assert not ask(wanted, told({"valueCodeableConcept": ORTHOPNEA}, "2026-05-01", "a"))
    assert not ask(wanted, told(yes, "2026-05-01", "a"), told(no, "2026-05-02", "b"))
    assert ask(wanted, told(yes, "2026-05-02", "a"), told(no, "2026-05-02", "b"))
    assert ask(wanted, told(yes, "2026-05-02", "a"), told(no, "2026-05-01", "b"))
    assert not ask(wanted, told(yes | {"status": "preliminary"}, "2026-05-01", "a"))
    assert not ask(wanted, told(yes, "2027-05-01", "a"))
    assert not ask(wanted, told(yes, "2026-05-02", "a"), on=date(2026, 5, 1))


@pytest.mark.parametrize(
    ("answer", "stands"),
    [
        ({"valueCodeableConcept": {"text": "No"}}, False),
        ({"valueCodeableConcept": {"coding": [{"code": "N", "display": "No"}]}}, False),
        ({"valueString": "Denies"}, False),
        ({"valueString": "no change"}, True),
        ({"valueString": "not asked"}, True),
        ({"valueCodeableConcept": {"text": "Yes"}}, True),
    ],
)
def test_a_no_in_words_takes_back_an_earlier_yes(answer: Json, stands: bool) -> None:
    earlier = told({"valueBoolean": True}, "2026-05-01", "a")
    found = ask(Reported("orthopnea"), earlier, told(answer, "2026-05-02", "b"))
    assert bool(found) is stands


def order(**members: Any) -> Json:
    return made("ServiceRequest", status="active", intent="order", code=NIV) | members


def test_a_request_counts_while_it_stands() -> None:
    wanted = Ordered("home-niv", drafts=False)
    assert ask(wanted, order(authoredOn="2026-05-01")).items[0].day == date(2026, 5, 1)
    assert ask(wanted, order(occurrenceDateTime="2026-05-01")).items[0].day == date(2026, 5, 1)
    assert ask(wanted, order(occurrenceDateTime="2026-08-01")).items[0].day is None
    for members in (
        {"status": "revoked"},
        {"doNotPerform": True},
        {"intent": "proposal"},
        {"intent": "option"},
        {"subject": {"reference": "Patient/eve"}},
    ):
        assert not ask(wanted, order(**members))


def test_a_draft_of_this_patient_counts_as_ordered() -> None:
    wanted = Ordered("home-niv")
    assert ask(wanted, drafts=(order(status="draft"),)).items[0].status == "draft"
    assert not ask(Ordered("home-niv", drafts=False), drafts=(order(status="draft"),))
    for members in (
        {"subject": {"reference": "Patient/eve"}},
        {"doNotPerform": True},
        {"status": "cancelled"},
        {"intent": "proposal"},
        {"code": ORTHOPNEA},
    ):
        assert not ask(wanted, drafts=(order(**members),))


def procedure(**members: Any) -> Json:
    return made("Procedure", status="completed", code=concept("niv")) | members


def stay(**members: Any) -> Json:
    inpatient = {"class": {"code": "IMP"}, "status": "finished"}
    return made("Encounter", **inpatient) | members


@pytest.mark.parametrize(
    ("encounter", "inside"),
    [
        ({"period": {"start": "2026-05-01", "end": "2026-05-10"}}, True),
        ({"period": {"start": "2026-05-05", "end": "2026-05-05"}}, True),
        ({"period": {"start": "2026-05-06", "end": "2026-05-10"}}, False),
        ({"period": {"start": "2026-05-01", "end": "2026-05-04"}}, False),
        ({"period": {"start": "2026-05-01"}}, False),
        ({"period": {"start": "2026-05-05"}}, True),
        ({"period": {"start": "2026-05-01"}, "status": "in-progress"}, True),
        ({"period": {"start": "2026-05-01", "end": "2026-05-10"}, "status": "planned"}, False),
        ({"class": {"code": "AMB"}, "period": {"start": "2026-05-01"}}, False),
    ],
)
def test_a_procedure_during_a_stay_is_in_hospital(encounter: Json, inside: bool) -> None:
    wanted = Performed("niv", ("completed",))
    done = procedure(performedDateTime="2026-05-05")
    [entry] = ask(wanted, done, stay(**encounter)).items
    assert entry.in_hospital is inside


def test_the_encounter_that_a_procedure_names_decides() -> None:
    wanted = Performed("niv", ("completed",))
    done = procedure(performedDateTime="2026-05-05", encounter={"reference": "Encounter/home"})
    home = stay(id="home", **{"class": {"code": "AMB"}})
    ward = stay(period={"start": "2026-05-01", "end": "2026-05-10"})
    assert [e.in_hospital for e in ask(wanted, done, ward, home)] == [False]
    assert [e.in_hospital for e in ask(wanted, done, ward)] == [True]


def test_what_ended_later_was_still_going_on() -> None:
    done = procedure(performedPeriod={"start": "2026-01-01", "end": "2026-05-01"})
    assert ask(Performed("niv", ("completed",)), done)
    running = ask(Performed("niv", ("in-progress",)), done, on=date(2026, 2, 1))
    assert [e.end for e in running] == [None]
    assert not ask(Performed("niv", ("in-progress",)), done, on=date(2025, 12, 31))


def test_an_encounter_counts_when_it_took_place() -> None:
    for status, found in (("finished", 1), ("in-progress", 1), ("arrived", 1), ("planned", 0)):
        visit = stay(status=status, period={"start": "2026-05-01"})
        assert len(ask(Visited("inpatient"), visit).items) == found


def device(**members: Any) -> Json:
    body = {"resourceType": "Device", "id": "d", "status": "active", "patient": ME}
    return body | {"type": concept("niv-device")} | members


def use(**members: Any) -> Json:
    return made("DeviceUseStatement", status="active", device={"reference": "Device/d"}) | members


def test_a_device_counts_with_a_status_and_a_patient() -> None:
    assert ask(InUse("niv-device"), device())
    for members in ({"status": "inactive"}, {"status": None}, {"patient": None}):
        assert not ask(InUse("niv-device"), device(**members))


def test_a_statement_of_use_counts_for_its_device() -> None:
    idle = device(status="inactive")
    wanted = InUse("niv-device")
    assert ask(wanted, use(), idle)
    assert not ask(wanted, use(status="completed"), idle)
    assert not ask(wanted, use())
    inside = {"contained": [{"resourceType": "Device", "id": "c", "type": concept("niv-device")}]}
    assert ask(wanted, use(device={"reference": "#c"}, **inside))
    assert not ask(wanted, use(device={"reference": "#x"}, **inside))
    other = {"contained": [inside["contained"][0] | {"patient": {"reference": "Patient/other"}}]}
    assert not ask(wanted, use(device={"reference": "#c"}, **other))
    assert not ask(wanted, use(timingPeriod={"start": "2026-09-01"}), idle)
    ended = use(status="completed", timingPeriod={"start": "2026-01-01", "end": "2026-05-01"})
    assert ask(wanted, ended, idle, on=date(2026, 2, 1))
    assert not ask(InUse("niv-device", ("completed",)), ended, idle, on=date(2026, 2, 1))


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"type": {"text": "BiPAP"}}, True),
        ({"type": {"coding": [{"display": "Bilevel ventilator"}]}}, True),
        ({"deviceName": [{"name": "Portable ventilator 9", "type": "other"}]}, True),
        ({"type": {"text": "CPAP"}}, False),
        ({"type": {"text": "BiPAP mask"}}, False),
        ({"type": {"text": "BiPAP, returned"}}, False),
        ({"type": {"text": "Wheelchair"}}, False),
        ({}, False),
    ],
)
def test_a_device_may_be_known_by_its_name_where_that_will_do(said: Json, found: bool) -> None:
    wanted = InUse("niv-device-named", named=True)
    bare = {"resourceType": "Device", "id": "d", "status": "active", "patient": ME} | said
    assert bool(ask(wanted, bare)) is found
    assert not ask(InUse("niv-device-named"), bare)
    assert not ask(wanted, bare | {"status": "inactive"})
    inside = use(device={"reference": "#c"}, contained=[bare | {"id": "c"}])
    assert bool(ask(wanted, inside)) is found
    assert ask(wanted, device())


def test_a_statement_of_use_may_only_name_its_device() -> None:
    wanted = InUse("niv-device-named", named=True)
    assert ask(wanted, use(device={"display": "BiPAP"}))
    assert not ask(wanted, use(device={"display": "Cane"}))
    assert not ask(InUse("niv-device"), use(device={"display": "BiPAP"}))


def test_a_use_whose_time_is_over_has_ended_whatever_its_status_says() -> None:
    idle = device(status="inactive")
    for day, ended in (("2026-05-31", True), ("2026-06-01", False), ("2026-07-01", False)):
        left = use(timingPeriod={"start": "2026-01-01", "end": day})
        assert bool(ask(InUse("niv-device"), left, idle)) is not ended
        assert bool(ask(InUse("niv-device", ("completed",)), left, idle)) is ended
    left = use(timingPeriod={"start": "2026-01-01", "end": "2026-05-01"})
    assert ask(InUse("niv-device"), left, idle, on=date(2026, 2, 1))


def test_a_request_may_refer_to_the_device_that_it_asks_for() -> None:
    wanted = Ordered("home-niv", types=("DeviceRequest",), drafts=False)
    made_of = {"status": "active", "intent": "order", "authoredOn": "2026-05-20"}
    inside = {"contained": [{"resourceType": "Device", "id": "c", "type": concept("niv-device")}]}
    contained = made("DeviceRequest", **made_of, codeReference={"reference": "#c"}, **inside)
    assert ask(wanted, contained)
    assert not ask(wanted, contained | {"codeReference": {"reference": "#x"}})
    referred = made("DeviceRequest", **made_of, codeReference={"reference": "Device/d"})

    def beside(*devices: Json) -> Entries:
        view = chart([referred, *devices], wanted, InUse("niv-device"))
        found = answer(view, wanted)
        assert isinstance(found, Entries)
        return found

    assert beside(device(status="inactive"))
    assert beside(device(status=None, patient=None))
    assert not beside()
    assert not beside(device(type=concept("cpap")))


def consent(kind: str, at: str | None, *inner: Json, **members: Any) -> Json:
    provision = {"type": kind, "code": [NIV], "provision": list(inner)} | members
    body = {"resourceType": "Consent", "id": f"{kind}-{at}", "status": "active", "patient": ME}
    return body | {"provision": provision, "dateTime": at}


@pytest.mark.parametrize(
    ("consents", "stands"),
    [
        ([consent("deny", "2026-05-01")], True),
        ([consent("deny", None)], True),
        ([consent("permit", "2026-05-01")], False),
        ([consent("deny", "2026-05-01"), consent("permit", "2026-05-02")], False),
        ([consent("deny", "2026-05-02"), consent("permit", "2026-05-01")], True),
        (
            [consent("deny", "2026-05-02T15:00:00Z"), consent("permit", "2026-05-02T09:00:00Z")],
            True,
        ),
        (
            [consent("deny", "2026-05-02T09:00:00Z"), consent("permit", "2026-05-02T15:00:00Z")],
            False,
        ),
        ([consent("deny", None), consent("permit", "2026-05-01")], False),
        ([consent("deny", "2026-05-01") | {"status": "inactive"}], False),
        ([consent("deny", "2026-05-01", period={"end": "2026-05-31"})], False),
        ([consent("deny", "2026-05-01", period={"end": "2026-06-01"})], True),
        ([consent("deny", "2026-05-01", period={"start": "2026-06-02"})], False),
        ([consent("permit", "2026-05-01", {"type": "deny", "code": NIV})], True),
        ([consent("deny", "2026-05-01", {"type": "permit", "code": NIV})], False),
        ([consent("deny", "2026-05-01", code=[ORTHOPNEA])], False),
    ],
)
def test_the_newest_decision_on_a_treatment_stands(consents: list[Json], stands: bool) -> None:
    assert bool(ask(Refused("home-niv"), *consents)) is stands


def test_a_consent_that_came_later_lifts_nothing_before() -> None:
    both = (consent("deny", "2026-01-01"), consent("permit", "2026-05-01"))
    assert not ask(Refused("home-niv"), *both)
    assert ask(Refused("home-niv"), *both, on=date(2026, 2, 1))


@pytest.mark.parametrize(
    ("members", "stands"),
    [
        ({"status": "revoked"}, True),
        ({"doNotPerform": True}, True),
        ({"doNotPerform": True, "status": "revoked"}, False),
        ({"doNotPerform": True, "status": "entered-in-error"}, False),
        ({}, False),
        ({"status": "revoked", "reasonCode": [{"text": "out of stock"}]}, False),
        ({"status": "revoked", "reasonCode": ["patient declined"]}, True),
    ],
)
def test_a_request_dropped_by_the_patient_is_a_refusal(members: Json, stands: bool) -> None:
    reason = {"reasonCode": [{"text": "patient declined"}]}
    assert bool(ask(Refused("home-niv"), order(**reason | members))) is stands


def test_whether_nobody_refused_needs_every_search() -> None:
    wanted = Refused("home-niv")
    assert ask(wanted).none
    for key in ("consents", "procedures", "serviceRequests", "deviceRequests"):
        found = ask(wanted, without=(key,))
        assert not found.none
        assert found.failed == (key,)


def plan(**members: Any) -> Json:
    return made("CarePlan", status="active") | members


def activity(**members: Any) -> Json:
    return plan(activity=[{"detail": {"code": concept("hospice"), **members}}])


@pytest.mark.parametrize(
    ("resource", "found"),
    [
        (plan(category=[concept("hospice")]), 1),
        (plan(category=[concept("hospice")], status="completed"), 0),
        (plan(category=[concept("hospice")], intent="proposal"), 0),
        (plan(category=[concept("hospice")]) | activity(), 1),
        (activity(), 1),
        (activity(status="in-progress"), 1),
        (activity(status="cancelled"), 0),
        (activity(status="not-started"), 0),
        (activity(doNotPerform=True), 0),
        (order(code=concept("hospice")), 1),
        (order(code=concept("hospice"), doNotPerform=True), 0),
        (made("EpisodeOfCare", status="active", type=[concept("hospice")]), 1),
        (made("EpisodeOfCare", status="finished", type=[concept("hospice")]), 0),
        (stay(status="onleave", type=[concept("hospice")]), 1),
        (stay(type=[concept("hospice")]), 0),
        (procedure(code=concept("hospice")), 1),
        (plan(category=[concept("hospice")], period={"start": "2026-09-01"}), 0),
    ],
)
def test_only_an_open_enrolment_enrols(resource: Json, found: int) -> None:
    assert len(ask(Enrolled("hospice"), resource).items) == found


@pytest.mark.parametrize(
    ("end", "kept"),
    [("2026-05-31", True), ("2026-05", True), ("2026-06-01", False), ("2026-06", False)],
)
def test_the_last_day_of_an_enrolment_belongs_to_it(end: str, kept: bool) -> None:
    ends = plan(category=[concept("hospice")], period={"start": "2026-01-01", "end": end})
    [entry] = ask(Enrolled("hospice"), ends).items
    assert (entry.end is not None) is kept


def test_entries_are_in_the_order_of_their_days() -> None:
    first, last = condition(id="b", recordedDate="2026-01-01"), condition(id="a")
    both = [last | {"recordedDate": "2026-03-01"}, first, condition(id="0")]
    found = ask(Listed("orthopnea"), *both)
    assert [e.id for e in found] == ["0", "b", "a"]
    assert found == ask(Listed("orthopnea"), *reversed(both))


LEG = concept("leg-swelling")
LEFT = {"coding": [{"system": "http://snomed.info/sct", "code": "32153003"}]}


@pytest.mark.parametrize(
    ("members", "one"),
    [
        ({}, False),
        ({"bodySite": [LEFT]}, True),
        ({"bodySite": [{"text": "right leg"}]}, True),
        ({"bodySite": {"text": "Left calf"}}, True),
        ({"code": LEG | {"text": "swollen left leg"}}, True),
        ({"code": LEG | {"text": "bilateral swelling, left and right"}}, False),
        ({"bodySite": [{"text": "both legs, the left more"}]}, False),
        ({"code": LEG | {"text": "leftover swelling"}}, False),
        ({"bodySite": 5}, False),
    ],
)
def test_a_part_of_a_finding_is_told_by_code_site_or_words(members: Json, one: bool) -> None:
    wanted = Listed("leg-sign", parts=("one-leg", "leg-swelling"))
    [entry] = ask(wanted, condition(**({"code": LEG} | members)))
    assert ("one-leg" in entry.reasons) is one
    assert "leg-swelling" in entry.reasons


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        (ORTHOPNEA | {"text": "cannot lie\nflat"}, "cannot lie flat"),
        ({"coding": [{**ORTHOPNEA["coding"][0], "display": "Orthopnea (finding)"}]}, "Orthopnea"),
        ({"coding": [{**ORTHOPNEA["coding"][0], "display": " "}]}, "Breathlessness on lying flat"),
    ],
)
def test_a_card_shows_what_the_chart_itself_calls_a_fact(code: Json, shown: str) -> None:
    [found] = ask(Listed("orthopnea"), condition(code=code))
    assert found.label == "Breathlessness on lying flat"
    assert [origin.label for origin in found.origins] == [shown]
