"""What a service asks for, derived from what its rules read."""

from cdshooks.chart.searches import CORE, as_prefetch, needs, plan
from cdshooks.chart.standing import DECLINABLE, ENROLMENT
from cdshooks.rules.authoring import (
    Enrolled,
    Input,
    InUse,
    Latest,
    Listed,
    Medication,
    Patient,
    Refused,
    Reported,
    Together,
)
from tests.support.charts import KNOWLEDGE, observation

MANY = (
    Patient(),
    Listed("als"),
    Latest("vc-percent", None),
    Latest("alt", None),
    Reported("orthopnea"),
    InUse("niv-device"),
    Refused("home-niv"),
    Enrolled("hospice"),
    Medication("riluzole"),
    Together("night", ("spo2-t90",), ("spo2-t90",), None),
)


def test_only_the_core_is_asked_for_unless_everything_is_wanted() -> None:
    core, full = plan(MANY, KNOWLEDGE, full=False), plan(MANY, KNOWLEDGE, full=True)
    assert core == full[: len(core)]
    assert len(core) <= CORE <= len(full) <= 32
    assert [s.key for s in full[:3]] == ["patient", "conditions", "breathing"]


def test_a_search_is_short_and_simple() -> None:
    for search in plan(MANY, KNOWLEDGE, full=True):
        assert len(search.query) < 2048
        query = search.query.partition("?")[2]
        names = [pair.partition("=")[0] for pair in query.split("&") if pair]
        assert len(names) == len(set(names))
        assert set(names) <= {"patient", "code", "_sort", "_count"}


def test_a_computed_value_asks_for_what_it_is_computed_from() -> None:
    [search] = plan([Latest("vc-percent", None)], KNOWLEDGE, full=True)
    for code in ("19872-1", "98088-8", "19868-9", "19869-7", "fvc-supine-pct"):
        assert code in search.query
    assert "2019-8" not in search.query


def test_panels_that_hold_a_value_as_a_component_are_asked_for_too() -> None:
    asked = plan([Latest("paco2", None), Latest("alt", None)], KNOWLEDGE, full=True)
    breathing, laboratory = (search.query for search in asked)
    assert all(code in breathing for code in ("24336-0", "24338-6", "81458-2", "18759-1"))
    panels = ("24325-3", "24323-8", "57021-8", "58410-2", "34534-8")
    assert all(code in laboratory for code in panels)


def test_the_plan_does_not_depend_on_the_order_of_the_rules() -> None:
    assert plan(MANY, KNOWLEDGE, full=True) == plan(MANY[::-1], KNOWLEDGE, full=True)


def test_the_encounter_of_the_context_is_read_by_its_id_and_among_the_core() -> None:
    many = [*MANY, *(InUse(name) for name in ("cpap", "oxygen"))]
    asked = plan(many, KNOWLEDGE, full=False, encounter=True)
    found = next(s for s in asked if s.key == "encounter")
    assert (found.type, found.query) == ("Encounter", "Encounter/{{context.encounterId}}")
    assert asked[0].key == "patient"
    assert "encounter" not in [s.key for s in plan(many, KNOWLEDGE, full=True)]


def test_a_client_sends_the_encounter_of_the_context_and_no_other() -> None:
    asked = plan([Patient()], KNOWLEDGE, full=True, encounter=True)
    stays = [{"resourceType": "Encounter", "id": id} for id in ("e1", "e2")]
    assert as_prefetch(asked, stays, "e2")["encounter"] == stays[1]
    assert as_prefetch(asked, stays)["encounter"] is None


def test_a_client_answers_by_type_and_code() -> None:
    searches = plan([Latest("vc-percent", None), Patient()], KNOWLEDGE, full=True)
    patient = {"resourceType": "Patient", "id": "anna"}
    fvc, gas = observation("19872-1"), observation("2019-8")
    sent = as_prefetch(searches, [patient, fvc, gas])
    assert sent["patient"] == patient
    assert sent["breathing"]["entry"] == [{"resource": fvc}]
    empty = as_prefetch(searches, [])
    assert empty == {
        "patient": None,
        "breathing": {"resourceType": "Bundle", "type": "searchset"},
    }


def test_whatever_may_be_an_enrolment_or_a_refusal_is_asked_for() -> None:
    assert _types(Enrolled("home-care")) == set(ENROLMENT)
    assert _types(Refused("home-niv")) >= set(DECLINABLE)


def _types(declaration: Input) -> set[str]:
    return {type for type, _ in needs(declaration, KNOWLEDGE)}
