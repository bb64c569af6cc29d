"""What holds of every chart, however damaged, shuffled or mixed up."""

from copy import deepcopy
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdshooks.chart import View, answer
from cdshooks.rules.authoring import (
    Enrolled,
    Input,
    InUse,
    Latest,
    Listed,
    Medication,
    Ordered,
    Patient,
    Performed,
    Refused,
    Reported,
    Series,
    This,
    Together,
    Visited,
)
from tests.support import resources
from tests.support.charts import NOW, TODAY, chart

Json = dict[str, Any]
RECENT = "resp_value_max_age_days"
ASKED: tuple[Input, ...] = (
    Patient(),
    This(),
    Latest("vc-percent", RECENT, not_position="supine"),
    Latest("paco2", RECENT),
    Latest("alt", None),
    Latest("alsfrs-item-11", None),
    Series("vc-percent", None, not_position="supine"),
    Together("night", ("spo2-t90", "spo2-recording-minutes"), ("spo2-t90",), RECENT),
    Listed("orthopnea", history=True),
    Listed("als"),
    Reported("orthopnea"),
    Ordered("home-niv"),
    Performed("niv", ("completed", "in-progress")),
    Visited("inpatient"),
    InUse("niv-device"),
    Refused("home-niv"),
    Enrolled("hospice"),
    Medication("riluzole", ended=True),
)


def patient_story(today: date) -> list[Json]:
    """One of everything, every resource with an id of its own."""
    measured = [
        ("vc-percent", "46 % sitting, 12 days ago"),
        ("vc-percent", "60 %, 12 days ago"),
        ("vc-percent", "svc-percent: 72 %, 90 days ago"),
        ("vc-volume", "2 L, 40 days ago"),
        ("vc-predicted-volume", "4 L, 40 days ago"),
        ("paco2", "6.4 kPa, 30 days ago"),
        ("paco2", "800 mmHg, 3 days ago"),
        ("alt", "90 U/L high=40U/L, 20 days ago"),
        ("alsfrs-item-11", "3, 30 days ago"),
        ("spo2-t90", "12 % oxygen, 30 days ago"),
        ("spo2-recording-minutes", "400 min, 30 days ago"),
    ]
    recorded = (
        "condition als, 400 to 200 days ago",
        "condition orthopnea, 10 days ago",
        "reported orthopnea, 5 days ago",
        "order home-niv, 4 days ago",
        "procedure niv, 40 to 30 days ago",
        "encounter inpatient, 41 to 29 days ago",
        "device-use niv-device, 20 days ago",
        "refusal home-niv, 50 days ago",
        "permission home-niv, 60 days ago",
        "plan hospice activity, undated",
        "prescription 199206 active, 20 days ago",
        "prescription 2058147 stopped changed=30, 90 days ago",
        "statement 35623 completed, 300 to 200 days ago",
        "dispense 199206 completed s30, 60 days ago",
    )
    found = [resources.person("woman, 60 years", today)]
    found += [resources.observation(measure, phrase, today) for measure, phrase in measured]
    found += [resource for phrase in recorded for resource in resources.record(phrase, today)]
    return found


STORY = patient_story(TODAY)


def answers(view: View) -> list[object]:
    return [answer(view, wanted) for wanted in ASKED]


EXPECTED = answers(chart(STORY, *ASKED))

json = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 10**20) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=5) | st.sampled_from(["coding", "code", "system", "value"]),
                      inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every element inside a resource."""
    items = node.items() if isinstance(node, dict) else enumerate(node)
    found = []
    for key, value in items:
        found.append((*path, key))
        if isinstance(value, dict | list):
            found += places(value, (*path, key))
    return found


def put(node: Any, path: tuple[Any, ...], value: object) -> None:
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value


@pytest.mark.req("PFD-6")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_nothing_in_any_place_of_a_resource_raises(data: st.DataObject) -> None:
    story = deepcopy(STORY)
    for _ in range(data.draw(st.integers(1, 4))):
        resource = story[data.draw(st.integers(0, len(story) - 1))]
        path = data.draw(st.sampled_from(places(resource)))
        try:
            put(resource, path, data.draw(json))
        except (KeyError, IndexError, TypeError):  # an earlier damage took the place away
            continue
    view = chart(story, *ASKED, drafts=tuple(story))
    answers(view)
    answers(view.worst_view())
    answers(view.on(TODAY - timedelta(days=35)))


@settings(max_examples=60, deadline=None)
@given(st.permutations(STORY))
def test_the_order_of_resources_changes_no_answer(story: list[Json]) -> None:
    assert answers(chart(story, *ASKED)) == EXPECTED


@pytest.mark.req("PFD-6")
@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(STORY), max_size=6), st.sampled_from([
    {"reference": "Patient/eve"}, [{"reference": "Patient/eve"}], "https://x.example/Patient/eve",
]))  # fmt: skip
def test_another_patients_resources_change_no_answer(taken: list[Json], whose: object) -> None:
    foreign = [
        {**deepcopy(r), "id": f"eve-{r['id']}", "subject": whose, "patient": whose}
        for r in taken
        if r["resourceType"] != "Patient"
    ]
    view = chart([*STORY, *foreign], *ASKED, drafts=tuple(foreign))
    assert answers(view) == EXPECTED
    assert answers(chart([*foreign, *STORY], *ASKED)) == EXPECTED


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(STORY), max_size=6), st.booleans())
def test_what_was_entered_in_error_changes_no_answer(taken: list[Json], first: bool) -> None:
    wrong = [in_error(resource) for resource in taken if resource["resourceType"] != "Patient"]
    story = [*wrong, *STORY] if first else [*STORY, *wrong]
    assert answers(chart(story, *ASKED)) == EXPECTED


def in_error(resource: Json) -> Json:
    """A resource once more, as it stands when somebody has seen that it is wrong."""
    mark = "verificationStatus" if resource["resourceType"] == "Condition" else "status"
    code = "entered-in-error"
    status = {"coding": [{"code": code}]} if mark == "verificationStatus" else code
    return {**deepcopy(resource), "id": f"wrong-{resource['id']}", mark: status}


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(STORY),
    st.sampled_from(["http://loinc.org", "http://snomed.info/sct", "loinc", "als-cds", ""]),
    st.integers(1, 99),
)
def test_a_code_outside_every_value_set_changes_no_answer(
    like: Json, system: str, code: int
) -> None:
    other = {"coding": [{"system": system, "code": f"x{code}"}]}
    places = {"code": other, "type": other, "category": [other], "class": {}, "activity": []}
    stranger = {**deepcopy(like), **places, "id": "stranger"}
    stranger |= {"codeCodeableConcept": other, "medicationCodeableConcept": other}
    if like["resourceType"] in ("Patient", "Consent", "DeviceUseStatement"):
        return
    assert answers(chart([*STORY, stranger], *ASKED)) == EXPECTED


@settings(max_examples=30, deadline=None)
@given(st.integers(-3000, 3000))
def test_when_everything_moves_by_whole_days_only_dates_change(days: int) -> None:
    shift = timedelta(days=days)
    moved = answers(chart(_moved(STORY, shift), *ASKED, now=NOW + shift))
    assert len(EXPECTED) == len(moved)
    for before, after in zip(EXPECTED[1:], moved[1:], strict=True):  # without the patient's age
        assert _undated(before) == _undated(after)


def _moved(node: Any, shift: timedelta) -> Any:
    if isinstance(node, dict):
        return {k: v if k == "birthDate" else _moved(v, shift) for k, v in node.items()}
    if isinstance(node, list):
        return [_moved(item, shift) for item in node]
    if isinstance(node, str) and node[:4].isdigit() and node[4:5] == "-" and node[7:8] == "-":
        return (date.fromisoformat(node[:10]) + shift).isoformat() + node[10:]
    return node


def _undated(found: object) -> tuple[object, ...]:
    parts = found if isinstance(found, tuple) else tuple(getattr(found, "items", ()) or (found,))
    names = ("value", "age", "position", "bound", "why", "status", "id", "reasons", "in_hospital")
    return tuple(getattr(part, name, None) for part in parts for name in names)
