"""What a chart showed on an earlier day: nothing later, nothing lost, and as it looked then."""

from datetime import UTC, date, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdshooks.population.record import Record
from cdshooks.population.replaying.endings import ENDINGS
from cdshooks.population.replaying.seen import HAPPENED, RECORDED, Timeline, timeline, written

Json = dict[str, Any]
PERSON: Json = {"resourceType": "Patient", "id": "p", "birthDate": "1960-01-01"}
FIRST = date(2024, 1, 1)
DAYS = st.integers(-1, 70).map(lambda days: FIRST + timedelta(days=days))
TYPES = sorted(RECORDED)


def line(*resources: Json) -> Timeline:
    return timeline(Record("p", (PERSON, *resources)), UTC)


def seen(resource: Json, day: str, *others: Json) -> Json | None:
    """The resource as an open chart showed it on a day."""
    shown = line(resource, *others).on(date.fromisoformat(day))
    return next((r for r in shown if r.get("id") == resource["id"]), None)


def order(**elements: object) -> Json:
    return {"resourceType": "ServiceRequest", "id": "o", "status": "active", **elements}


def drug(**elements: object) -> Json:
    return {"resourceType": "MedicationRequest", "id": "m", "status": "active", **elements}


def result(**elements: object) -> Json:
    return {"resourceType": "Observation", "id": "v", "status": "final", **elements}


def test_a_result_is_seen_on_the_day_on_which_it_was_given_out() -> None:
    late = result(effectiveDateTime="2024-03-01", issued="2024-03-05T10:00:00Z")
    assert seen(late, "2024-03-04") is None
    assert seen(late, "2024-03-05") == late


def test_a_result_is_not_seen_before_what_it_measured_was_over() -> None:
    night = result(
        issued="2024-03-01T08:00:00Z",
        effectivePeriod={"start": "2024-03-02T22:00:00Z", "end": "2024-03-03T06:00:00Z"},
    )
    assert seen(night, "2024-03-02") is None
    assert seen(night, "2024-03-03") == night


def test_a_measurement_of_the_day_is_seen_and_its_orders_are_not() -> None:
    measured = result(effectiveDateTime="2024-03-01")
    asked = order(authoredOn="2024-03-01")
    shown = line(measured, asked)
    assert measured in shown.on(date(2024, 3, 1))
    assert asked not in shown.on(date(2024, 3, 1))
    assert asked in shown.on(date(2024, 3, 2))


@pytest.mark.parametrize(
    ("text", "first"),
    [("2024", "2024-12-31"), ("2024-02", "2024-02-29"), ("2024-02-03", "2024-02-03")],
)
def test_what_names_no_day_is_seen_from_the_last_that_it_can_mean(text: str, first: str) -> None:
    condition = {"resourceType": "Condition", "id": "c", "recordedDate": text}
    assert written(condition, UTC) == date.fromisoformat(first)


def test_the_day_is_the_calendar_day_of_the_site() -> None:
    late = result(effectiveDateTime="2024-03-01T23:30:00Z")
    assert written(late, UTC) == date(2024, 3, 1)
    assert written(late, ZoneInfo("Europe/Zurich")) == date(2024, 3, 2)


def test_when_it_was_recorded_wins_over_when_it_began() -> None:
    disease = {
        "resourceType": "Condition",
        "id": "c",
        "onsetDateTime": "2021-05-01",
        "recordedDate": "2023-02-01",
    }
    assert written(disease, UTC) == date(2023, 2, 1)


def test_a_device_is_seen_from_the_first_entry_that_refers_to_it() -> None:
    device = {
        "resourceType": "Device",
        "id": "d",
        "meta": {"lastUpdated": "2025-01-01T00:00:00Z"},
    }
    use = {
        "resourceType": "DeviceUseStatement",
        "id": "u",
        "device": {"reference": "https://ehr.example/fhir/Device/d/_history/3"},
        "timingPeriod": {"start": "2024-06-01"},
    }
    assert seen(device, "2024-05-31", use) is None
    assert seen(device, "2024-06-01", use) == device
    assert seen(device, "2024-12-31") is None
    assert seen(device, "2025-01-01") == device


def test_what_has_no_date_at_all_is_never_seen_and_is_counted() -> None:
    plan = {"resourceType": "CarePlan", "id": "c", "status": "active"}
    made = line(plan)
    assert made.on(date.max) == (PERSON,)
    assert made.undated == (plan,)
    assert plan in made.ever(date.min)


def test_the_patient_is_there_throughout_and_alive() -> None:
    died = PERSON | {"deceasedDateTime": "2024-05-01"}
    assert timeline(Record("p", (died,)), UTC).on(date(2020, 1, 1)) == (PERSON,)


def test_a_stopped_drug_was_taken_until_its_end() -> None:
    stopped = drug(
        status="stopped",
        authoredOn="2024-01-10",
        dispenseRequest={"validityPeriod": {"end": "2024-06-30"}},
        statusReason={"text": "raised ALT"},
        meta={"lastUpdated": "2025-01-01T00:00:00Z"},
    )
    before = seen(stopped, "2024-06-30")
    assert before is not None
    assert before["status"] == "active"
    assert "statusReason" not in before
    assert seen(stopped, "2024-07-01") == stopped


def test_without_an_end_a_drug_was_taken_until_its_entry_was_last_changed() -> None:
    stopped = drug(
        status="stopped", authoredOn="2024-01-10", meta={"lastUpdated": "2024-04-02T09:00:00Z"}
    )
    assert (seen(stopped, "2024-04-02") or {})["status"] == "active"
    assert (seen(stopped, "2024-04-03") or {})["status"] == "stopped"


def test_a_drug_of_which_nobody_knows_when_it_was_stopped_looks_stopped_throughout() -> None:
    stopped = drug(status="stopped", authoredOn="2024-01-10")
    assert (seen(stopped, "2024-01-11") or {})["status"] == "stopped"


def test_an_order_stood_until_something_was_done_for_it() -> None:
    done = order(status="completed", authoredOn="2024-01-10")
    answer = result(effectiveDateTime="2024-02-01", basedOn=[{"reference": "ServiceRequest/o"}])
    assert (seen(done, "2024-02-01", answer) or {})["status"] == "active"
    assert (seen(done, "2024-02-02", answer) or {})["status"] == "completed"
    assert (seen(done, "2024-01-11") or {})["status"] == "completed"


def test_a_condition_was_active_until_it_abated() -> None:
    resolved = {
        "resourceType": "Condition",
        "id": "c",
        "clinicalStatus": {"coding": [{"system": "s", "code": "resolved"}]},
        "recordedDate": "2024-01-01",
        "abatementPeriod": {"start": "2024-03-01", "end": "2024-03-20"},
    }
    before = seen(resolved, "2024-03-20")
    assert before is not None
    assert before["clinicalStatus"]["coding"][0]["code"] == "active"
    assert "abatementPeriod" not in before
    assert seen(resolved, "2024-03-21") == resolved


def test_an_encounter_was_under_way_until_its_end_and_nobody_knew_where_it_led() -> None:
    stay = {
        "resourceType": "Encounter",
        "id": "e",
        "status": "finished",
        "period": {"start": "2024-03-01", "end": "2024-03-09"},
        "hospitalization": {"dischargeDisposition": {"text": "home"}, "origin": {}},
    }
    before = seen(stay, "2024-03-09")
    assert before is not None
    assert before["status"] == "in-progress"
    assert before["period"] == {"start": "2024-03-01"}
    assert before["hospitalization"] == {"origin": {}}
    assert seen(stay, "2024-03-10") == stay


def test_an_appointment_was_booked_until_its_day() -> None:
    kept = {
        "resourceType": "Appointment",
        "id": "a",
        "status": "fulfilled",
        "created": "2024-01-01",
        "start": "2024-03-01T09:00:00Z",
    }
    assert (seen(kept, "2024-03-01") or {})["status"] == "booked"
    assert (seen(kept, "2024-03-02") or {})["status"] == "fulfilled"


def chart_of(seed: int) -> tuple[Json, ...]:
    """Resources of any types with any of the elements that tell their days and their ends."""
    random = Random(seed)
    return tuple(dated(random, str(number)) for number in range(random.randint(0, 8)))


def dated(random: Random, id: str) -> Json:
    type = random.choice(TYPES)
    endings = ENDINGS.get(type, ())
    paths = [*RECORDED[type], *HAPPENED.get(type, ()), *(p for e in endings for p in e.days)]
    statuses = sorted({s for ending in endings for s in (*ending.over, ending.before)})
    chosen = random.sample(paths, k=min(len(paths), random.randint(0, 4)))
    days = {path: FIRST + timedelta(days=random.randint(0, 60)) for path in chosen}
    return built(type, random.choice(statuses or ["final"]), days) | {"id": id}


def built(type: str, status: str, days: dict[str, date]) -> Json:
    made: Json = {"resourceType": type, "status": status}
    if type in ("Condition", "AllergyIntolerance"):
        made = {"resourceType": type, "clinicalStatus": {"coding": [{"code": status}]}}
    for path, day in days.items():
        node = made
        *parents, name = path.replace("[x]", "Period" if "." in path else "DateTime").split(".")
        for parent in parents:
            child = node.setdefault(parent, {})
            node = child if isinstance(child, dict) else node
        node[name] = day.isoformat()
    return made


CHARTS = st.integers(0, 2**32).map(chart_of)


def ids(resources: tuple[Json, ...]) -> set[str]:
    return {str(resource["id"]) for resource in resources}


@settings(deadline=None)
@given(chart=CHARTS, one=DAYS, other=DAYS)
def test_what_was_seen_once_is_seen_later(chart: tuple[Json, ...], one: date, other: date) -> None:
    made = line(*chart)
    early, late = sorted((one, other))
    assert ids(made.on(early)) <= ids(made.on(late)) <= ids(made.ever(late))


@settings(deadline=None)
@given(chart=CHARTS, day=DAYS)
def test_nothing_that_was_written_later_is_seen(chart: tuple[Json, ...], day: date) -> None:
    made = line(*chart)
    known = {entry.resource["id"]: entry.written for entry in made.entries}
    for resource in made.on(day)[1:]:
        assert known[resource["id"]] <= day


@settings(deadline=None)
@given(chart=CHARTS, day=DAYS)
def test_an_end_is_not_known_before_it_came(chart: tuple[Json, ...], day: date) -> None:
    made = line(*chart)
    by_id = {resource["id"]: resource for resource in chart}
    ends = {made.entries[place].resource["id"]: end for place, end in made.endings}
    for resource in made.on(day)[1:]:
        end = ends.get(resource["id"])
        expected = end.before if end and day <= end.day else by_id[resource["id"]]
        assert resource == expected


@settings(deadline=None)
@given(chart=CHARTS)
def test_in_the_end_the_chart_is_what_was_read(chart: tuple[Json, ...]) -> None:
    made = line(*chart)
    shown = made.on(date(2030, 1, 1))
    assert sorted(ids(shown)) == sorted({"p", *ids(chart)} - ids(made.undated))
    assert all(resource in (PERSON, *chart) for resource in shown)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "x", "2024", "2024-01-02"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["start", "end", "reference", "coding", "x"]), inner)
    ),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(type=st.sampled_from([*TYPES, "Device", "Nonsense"]), values=st.lists(ANY, max_size=12))
def test_no_element_however_broken_stops_a_replay(type: str, values: list[object]) -> None:
    names = [path.split(".")[0].replace("[x]", "DateTime") for path in RECORDED.get(type, ())]
    names += ["id", "status", "clinicalStatus", "meta", "basedOn", "period", "dosageInstruction"]
    body = dict(zip(names, values, strict=False))
    made = line({"resourceType": type, **body}, order(authoredOn="2024-01-01"))
    made.on(date(2024, 1, 2))
    made.ever(date.max)
