"""Answers about absent things are shared between calls, and only where they are the same."""

from datetime import timedelta
from typing import Any

import pytest

from cdshooks import examples, rules
from cdshooks.chart import View, answer, as_prefetch, read_chart
from cdshooks.chart.absent import Layout, lay_out, may_hold
from cdshooks.chart.questions import question
from cdshooks.engine import answerable, run
from cdshooks.protocol import Context, HookRequest
from cdshooks.rules.authoring import (
    Entries,
    Input,
    Latest,
    Listed,
    Medication,
    Missing,
    Ordered,
    This,
    Visited,
    Why,
    gates,
)
from cdshooks.services.answer import Site, searches
from tests.support.charts import KNOWLEDGE, NOW, chart, observation

Json = dict[str, Any]
FVC = Latest("vc-percent", "resp_value_max_age_days")
SNIP = Latest("snip", "resp_value_max_age_days")
STUDY = Ordered("liver-tests")
PART = {"resourceType": "Bundle", "type": "searchset", "link": [{"relation": "next", "url": "x"}]}
HOOKS = ("patient-view", "order-sign")


def missing(found: object) -> Missing:
    assert isinstance(found, Missing)
    return found


def fvc(value: float) -> Json:
    return observation("19872-1", {"value": value, "unit": "%"})


def test_two_charts_read_alike_share_the_answer_about_what_neither_holds() -> None:
    first, second = chart([], FVC), chart([], FVC)
    assert answer(first, FVC) is answer(second, FVC)


def test_a_chart_that_holds_the_value_never_takes_the_shared_answer() -> None:
    assert missing(answer(chart([], FVC), FVC)).why is Why.NEVER
    assert not isinstance(answer(chart([fvc(60)], FVC), FVC), Missing)


def test_what_was_shared_before_is_given_at_once_and_what_is_held_never() -> None:
    answer(chart([], FVC, SNIP), FVC)
    answer(chart([], FVC, SNIP), SNIP)
    view = chart([fvc(60)], FVC, SNIP)
    lay_out(view)
    assert question(SNIP).number in view.memory
    assert question(FVC).number not in view.memory


def test_a_question_that_another_call_asks_meanwhile_is_not_forgotten() -> None:
    """The first calls of a process run side by side, and each asks what none has asked before."""
    new = Listed("fvc-percent", lookback="speech_score_days")
    [code, *_] = KNOWLEDGE.base.value_sets["fvc-percent"].exact
    layout = Layout(KNOWLEDGE)
    layout.learn()

    class AnotherCall:
        def __contains__(self, _code: object) -> bool:
            question(new)
            layout.learn()
            return False

    layout._prefixed["Condition"] = [(AnotherCall(), 0)]  # type: ignore[list-item]
    layout.of("Condition", [code])
    assert layout.of("Condition", [code]) & question(new).bit


def test_a_search_that_was_not_answered_has_answers_of_its_own() -> None:
    read = chart([], FVC)
    key = next(r.search.key for r in read.results if r.search.type == "Observation")
    silent = chart([], FVC, without=(key,))
    assert missing(answer(read, FVC)).why is Why.NEVER
    assert missing(answer(silent, FVC)).why is Why.UNREAD


def test_one_key_that_asks_for_other_codes_has_answers_of_its_own() -> None:
    wide, narrow = chart([], FVC, SNIP), chart([], FVC)
    assert missing(answer(wide, SNIP)).why is Why.NEVER
    assert missing(answer(narrow, SNIP)).why is Why.UNASKED


def test_a_type_of_which_a_page_was_read_is_looked_at_each_time() -> None:
    read = chart([], FVC, Listed("als"))
    key = next(r.search.key for r in read.results if r.search.type == "Observation")
    part = chart([], FVC, Listed("als"), changed={key: PART})
    assert not may_hold(read, question(FVC))
    assert may_hold(part, question(FVC))
    assert not may_hold(part, question(Listed("als")))


def test_the_chart_of_an_earlier_day_has_a_day_of_its_own() -> None:
    view = chart([], FVC)
    earlier = view.on(view.today.replace(day=1, month=1))
    assert not may_hold(view, question(This()))
    assert may_hold(earlier, question(This()))
    assert not may_hold(earlier, question(FVC))


def test_a_draft_that_may_be_the_order_is_looked_at_each_time() -> None:
    draft = {"resourceType": "ServiceRequest", "id": "new", "status": "draft", "intent": "order"}
    asked = question(STUDY)
    assert not may_hold(chart([], STUDY), asked)
    assert may_hold(chart([], STUDY, drafts=(draft,)), asked)


def test_a_failed_search_is_named_to_every_call_that_shares_its_answer() -> None:
    read = chart([], Listed("als"))
    key = next(r.search.key for r in read.results if r.search.type == "Condition")
    number = question(Listed("als")).number
    for _ in range(2):
        view = chart([], Listed("als"), without=(key,))
        lay_out(view)
        found = answer(view, Listed("als"))
        assert isinstance(found, Entries)
        assert found.failed == (key,)
        assert view.doubtful.answers == {number: found}


def test_the_order_of_another_call_is_never_remembered() -> None:
    riluzole = {
        "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "35623"}]
    }
    draft = {
        "resourceType": "MedicationRequest",
        "id": "new",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": riluzole,
    }
    wanted = Medication("riluzole", drafted=True)
    drafted = answer(chart([], wanted, drafts=(draft,)), wanted)
    assert isinstance(drafted, Entries)
    assert list(drafted)
    later = answer(chart([], wanted), wanted)
    assert isinstance(later, Entries)
    assert not list(later)


def declarations(hook: str) -> list[Input]:
    found: set[Input] = set()
    for function in (*(r for r in rules.load() if hook in r.hooks), *gates()):
        found |= function.reads
    return [declared for declared in found if answerable(declared)]


def example(name: str, hook: str, without: tuple[str, ...] = ()) -> View:
    """An example patient as a client that sends everything would send them."""
    site = Site(KNOWLEDGE, NOW.tzinfo, "https://cds.example", full_prefetch=True)  # type: ignore[arg-type]
    resources = [
        entry["resource"] for entry in examples.shifted(examples.load(name), NOW.date())["entry"]
    ]
    patient = next(r["id"] for r in resources if r["resourceType"] == "Patient")
    planned = searches(hook, site)
    prefetch = as_prefetch(planned, resources)
    for key in without:
        prefetch.pop(key, None)
    drafts = [
        (None, {**r, "status": "draft"})
        for r in resources
        if r["resourceType"] == "MedicationRequest"
    ]
    context = Context(patient, draft_orders=tuple(drafts[:2]) if hook == "order-sign" else ())
    request = HookRequest(hook, "one", context, prefetch=prefetch)
    return read_chart(request, planned, KNOWLEDGE, NOW, NOW.tzinfo)  # type: ignore[arg-type]


def concluded(view: View) -> list[object]:
    return [
        (
            f.rule.id,
            f.order and f.order.reference,
            f.outcome,
            f.gated,
            f.conflict,
            f.failed,
            f.error,
        )
        for f in run(rules.load(), view)
    ]


@pytest.mark.parametrize("hook", HOOKS)
def test_no_conclusion_depends_on_what_was_kept_from_other_calls(hook: str) -> None:
    for name in examples.names():
        alone = example(name, hook)
        alone.memory["blank"] = None
        first = example(name, hook)
        assert concluded(first) == concluded(alone), name
        again = example(name, hook)
        assert concluded(again) == concluded(alone), name


@pytest.mark.parametrize("key", ["conditions", "laboratory", "breathing", "medications"])
def test_nor_does_it_where_a_search_is_missing(key: str) -> None:
    for name in examples.names()[::4]:
        alone = example(name, "patient-view", (key,))
        alone.memory["blank"] = None
        for _ in range(2):
            assert concluded(example(name, "patient-view", (key,))) == concluded(alone), name


@pytest.mark.parametrize("hook", HOOKS)
def test_what_a_chart_cannot_hold_is_answered_as_by_an_empty_chart(hook: str) -> None:
    for name in examples.names():
        view, alone = example(name, hook), example(name, hook)
        day = NOW.date() - timedelta(days=100)
        pairs = ((view, alone), (view.on(day), alone.on(day)))
        for seen, seen_alone in pairs:
            seen_alone.memory["blank"] = None
            for wanted in declarations(hook):
                if not may_hold(seen, question(wanted)):
                    assert answer(seen, wanted) == answer(seen_alone, wanted), (name, wanted)


def order(**medication: Any) -> Json:
    whose = {"subject": {"reference": "Patient/anna"}, "authoredOn": "2026-05-01"}
    stands = {"id": "m1", "status": "active", "intent": "order"}
    return {"resourceType": "MedicationRequest", **stands, **whose, **medication}


UNREAD = order(medicationReference={"reference": "Medication/zz"})


@pytest.mark.parametrize(
    ("found", "held"),
    [
        (order(medicationCodeableConcept={"text": "Riluzole 50 mg"}), (True, False)),
        (order(medicationCodeableConcept={"text": "Paracetamol 500 mg"}), (False, False)),
        (UNREAD, (True, True)),
        (UNREAD | {"status": "draft"}, (False, False)),
    ],
)
def test_a_drug_is_asked_for_where_one_was_recognised_or_could_not_be(
    found: Json, held: tuple[bool, bool]
) -> None:
    wanted = (Medication("riluzole"), Medication("tofersen"))
    view = chart([found], *wanted)
    assert tuple(may_hold(view, question(one)) for one in wanted) == held


def test_of_a_page_of_medication_every_drug_is_asked_for() -> None:
    read = chart([], Medication("riluzole"))
    keys = [r.search.key for r in read.results if r.search.type == "MedicationRequest"]
    part = chart([], Medication("riluzole"), changed=dict.fromkeys(keys, PART))
    assert not may_hold(read, question(Medication("riluzole")))
    assert may_hold(part, question(Medication("riluzole")))


@pytest.mark.parametrize("element", ["type", "reasonCode", None])
def test_a_visit_is_known_by_what_it_was_or_what_it_was_for(element: str | None) -> None:
    [code, *_] = KNOWLEDGE.base.value_sets["palliative-care"].exact
    concept = {"coding": [{"system": KNOWLEDGE.base.systems.uri(code.system), "code": code.code}]}
    visit = {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "subject": {"reference": "Patient/anna"},
        "period": {"start": "2026-05-01", "end": "2026-05-01"},
    }
    wanted = Visited("palliative-care")
    for _ in range(2):
        view = chart([visit | ({element: [concept]} if element else {})], wanted)
        lay_out(view)
        found = answer(view, wanted)
        assert isinstance(found, Entries)
        assert bool(found) is (element is not None)
        assert (question(wanted).number in view.plain) is (element is None)
