"""The example patients: real FHIR, whole, and as fresh as the day they are looked at."""

import copy
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdshooks import examples
from cdshooks.fhir.repair import is_valid
from cdshooks.knowledge import base

Json = dict[str, Any]
TODAY = date(2026, 11, 22)


def resources(name: str) -> list[Json]:
    return [entry["resource"] for entry in examples.load(name)["entry"]]


def nodes(node: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every member of a document with its name."""
    yield name, node
    if isinstance(node, dict):
        for key, value in node.items():
            yield from nodes(value, key)
    elif isinstance(node, list):
        for item in node:
            yield from nodes(item, name)


def bundle(**members: Any) -> Json:
    return {"resourceType": "Bundle", "timestamp": "2026-06-01T09:00:00Z", **members}


DIRTY = "dirty-data"
"""The one story that is meant to be no valid FHIR, and to hold another patient's result."""
CLEAN = tuple(name for name in examples.names() if name != DIRTY)
LARGE = 400_000
"""Bytes of the largest story; the package is downloaded, and read by people."""


def test_no_story_is_called_after_another_and_none_is_large() -> None:
    files = {path.stem: path.stat().st_size for path in Path("fixtures/fhir").glob("*.json")}
    assert len(examples.names()) >= 12
    assert set(files) == set(examples.names())
    assert max(files.values()) < LARGE


def test_no_two_patients_share_an_id_or_a_name() -> None:
    patients = [r for n in examples.names() for r in resources(n) if r["resourceType"] == "Patient"]
    assert len({patient["id"] for patient in patients}) == len(patients)
    assert len({patient["identifier"][0]["value"] for patient in patients}) == len(patients)
    assert len({patient["name"][0]["given"][0] for patient in patients}) == len(patients)


def test_an_unknown_story_is_refused_with_the_names_of_the_others() -> None:
    with pytest.raises(examples.ExampleUnknown, match="bulbar-onset-fvc-falling"):
        examples.load("../requests/patient-view-not-als")


@pytest.mark.req("JSON-5")
@pytest.mark.parametrize("name", CLEAN)
def test_every_resource_is_valid_r4(name: str) -> None:
    assert is_valid(examples.load(name))
    assert [r["id"] for r in resources(name) if not is_valid(r)] == []


@pytest.mark.req("JSON-5")
def test_the_dirty_story_is_dirty() -> None:
    broken = [r for r in resources(DIRTY) if not is_valid(r)]
    foreign = [v for k, v in nodes(examples.load(DIRTY)) if k == "reference" and "else" in str(v)]
    assert len(broken) > 5
    assert foreign == ["Patient/somebody-else"]


@pytest.mark.parametrize("name", CLEAN)
def test_a_story_is_whole(name: str) -> None:
    bundle = examples.load(name)
    assert (bundle["id"], bundle["type"]) == (name, "collection")
    found = [f"{r['resourceType']}/{r['id']}" for r in resources(name)]
    assert max(Counter(found).values()) == 1
    assert [e["fullUrl"].rpartition("fhir/")[2] for e in bundle["entry"]] == found
    wanted = {value for key, value in nodes(bundle) if key == "reference"}
    assert wanted - set(found) == set()
    assert sum(r["resourceType"] == "Patient" for r in resources(name)) == 1


@pytest.mark.parametrize("name", examples.names())
def test_a_person_is_plainly_made_up(name: str) -> None:
    [patient] = [r for r in resources(name) if r["resourceType"] == "Patient"]
    assert "Synthetic" in patient["name"][0]["given"]
    assert patient["meta"]["security"][0]["code"] == "HTEST"
    assert patient["telecom"][0]["value"].startswith("555-01")


@pytest.mark.parametrize("name", CLEAN)
def test_nothing_happens_after_the_anchor(name: str) -> None:
    last = examples.load(name)["timestamp"]
    times = [v for _, v in nodes(examples.load(name)["entry"]) if isinstance(v, str)]
    dates = [v for v in times if re.fullmatch(r"\d{4}-\d{2}-\d{2}(T.*)?", v)]
    assert len(dates) > 30
    assert max(dates) < last


def test_three_hundred_observations_have_nothing_to_do_with_als() -> None:
    codes = {
        code.code
        for measure in base().measures.values()
        for s in measure.value_sets
        for code in s.exact
    }
    found = [
        r
        for r in resources("new-diagnosis-among-300-observations")
        if r["resourceType"] == "Observation"
    ]
    related = (
        "Alanine",
        "FVC",
        "Sniff",
        "Inspiratory",
        "ALSFRS-R",
        "Aspartate",
        "Bilirubin",
        "PHQ",
    )
    body = ("Body Weight", "Body Height", "Body mass")
    unrelated = [
        r
        for r in found
        if not r["code"]["text"].startswith(body)
        and not any(word in r["code"]["text"] for word in related)
    ]
    assert len(unrelated) == 300
    # CK, thyrotropin, blood counts, eGFR, temperature and a pain score decide nothing here.
    blood = {"718-7", "777-3", "6690-2", "770-8"}
    explaining = {"2157-6", "3016-3", "72514-3", "8310-5", "98979-8"} | blood
    assert {r["code"]["coding"][0]["code"] for r in unrelated} & codes <= explaining


@pytest.mark.parametrize("name", CLEAN)
def test_all_of_a_story_moves_together(name: str) -> None:
    before, after = examples.load(name), examples.shifted(examples.load(name), TODAY)
    assert after["timestamp"] == "2026-11-22T09:00:00Z"
    days = (TODAY - date(2026, 6, 1)).days
    for (key, old), (_, new) in zip(nodes(before), nodes(after), strict=True):
        if isinstance(old, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}(T.*)?", old):
            moved = date.fromisoformat(new[:10]) - date.fromisoformat(old[:10])
            assert moved.days == (0 if key == "birthDate" else days)
            assert new[10:] == old[10:]
        elif not isinstance(old, dict | list) and not re.fullmatch(r"\d{4}-\d{2}", str(old)):
            assert new == old
    assert is_valid(after)


@pytest.mark.parametrize(
    ("today", "written", "moved"),
    [
        (date(2026, 6, 2), "2026-01-31", "2026-02-01"),
        (date(2026, 6, 2), "2024-02-28", "2024-02-29"),
        (date(2026, 6, 2), "2025-02-28", "2025-03-01"),
        (date(2026, 5, 31), "2026-03-01", "2026-02-28"),
        (date(2026, 5, 31), "2026-01-01T00:30:00+02:00", "2025-12-31T00:30:00+02:00"),
        (date(2026, 6, 2), "2025-12-31T23:59:59.123Z", "2026-01-01T23:59:59.123Z"),
        (date(2026, 6, 2), "2026-05", "2026-05"),
        (date(2026, 7, 1), "2026-05", "2026-05"),
        (date(2026, 7, 2), "2026-05", "2026-06"),
        (date(2026, 5, 31), "2026-05", "2026-04"),
        (date(2026, 6, 2), "2025", "2025"),
        (date(2027, 6, 1), "2025", "2026"),
        (date(2026, 6, 2), "9999-12-31", "9999-12-31"),
        (date(2026, 6, 2), "2026-02-30", "2026-02-30"),
        (date(2026, 6, 2), "2026-13", "2026-13"),
        (date(2026, 6, 2), "since 2026-01-01", "since 2026-01-01"),
    ],
)
def test_a_date_keeps_its_precision(today: date, written: str, moved: str) -> None:
    shifted = examples.shifted(bundle(onsetDateTime=written), today)
    assert shifted["onsetDateTime"] == moved


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("birthDate", "1961-03-14"),
        ("id", "2026-01-01"),
        ("value", "2026-01-01"),
        ("code", "2026-01"),
        ("text", "2026-01-01"),
        ("display", "2026-01-01"),
        ("version", "2026-01-01"),
        ("postalCode", "1961"),
        ("number", 2026),
        ("nothing", None),
    ],
)
def test_what_only_looks_like_a_date_stays(name: str, value: Any) -> None:
    assert examples.shifted(bundle(**{name: value}), TODAY)[name] == value


@pytest.mark.parametrize("timestamp", [None, 5, "2026", "2026-06", "soon", "2026-02-30T00:00:00Z"])
def test_without_a_day_to_start_from_nothing_moves(timestamp: Any) -> None:
    still = bundle(timestamp=timestamp, onsetDateTime="2026-01-01")
    assert examples.anchor(still) is None
    assert examples.shifted(still, TODAY) == still
    assert examples.shifted({"onsetDateTime": "2026-01-01"}, TODAY) == {
        "onsetDateTime": "2026-01-01"
    }


@given(
    day=st.dates(date(1950, 1, 1), date(2060, 1, 1)),
    later=st.integers(0, 400),
    by=st.integers(-4000, 4000),
    precision=st.sampled_from([4, 7, 10]),
)
def test_a_shift_never_turns_the_order_of_events(
    day: date, later: int, by: int, precision: int
) -> None:
    events = [{"onsetDateTime": (day + timedelta(days=n)).isoformat()} for n in (0, later)]
    events[0]["onsetDateTime"] = events[0]["onsetDateTime"][:precision]
    story = bundle(entry=events)
    untouched = copy.deepcopy(story)
    moved = examples.shifted(story, date(2026, 6, 1) + timedelta(days=by))
    first, second = (event["onsetDateTime"] for event in moved["entry"])
    assert first <= second
    assert second == (day + timedelta(days=later + by)).isoformat()
    assert story == untouched
