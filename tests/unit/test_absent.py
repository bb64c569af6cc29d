"""Answers about absent things are shared between calls, and only where they are the same."""

from typing import Any

from cdshooks.chart import answer
from cdshooks.chart.absent import is_absent, shared_answers
from cdshooks.rules.authoring import Entries, Latest, Listed, Missing, Ordered, Why
from tests.support.charts import chart, observation

Json = dict[str, Any]
FVC = Latest("vc-percent", "resp_value_max_age_days")
SNIP = Latest("snip", "resp_value_max_age_days")
STUDY = Ordered("liver-tests")
PART = {"resourceType": "Bundle", "type": "searchset", "link": [{"relation": "next", "url": "x"}]}


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


def test_a_chart_of_which_a_page_was_read_shares_nothing() -> None:
    read = chart([], FVC)
    key = next(r.search.key for r in read.results if r.search.type == "Observation")
    assert shared_answers(chart([], FVC, changed={key: PART})) is None


def test_the_chart_of_an_earlier_day_shares_nothing() -> None:
    view = chart([], FVC)
    assert shared_answers(view.on(view.today.replace(day=1, month=1))) is None


def test_a_draft_that_may_be_the_order_is_looked_at_each_time() -> None:
    draft = {"resourceType": "ServiceRequest", "id": "new", "status": "draft", "intent": "order"}
    assert is_absent(chart([], STUDY), STUDY)
    assert not is_absent(chart([], STUDY, drafts=(draft,)), STUDY)


def test_a_failed_search_is_named_to_every_call_that_shares_its_answer() -> None:
    read = chart([], Listed("als"))
    key = next(r.search.key for r in read.results if r.search.type == "Condition")
    for _ in range(2):
        view = chart([], Listed("als"), without=(key,))
        found = answer(view, Listed("als"))
        assert isinstance(found, Entries)
        assert found.failed == (key,)
        assert view.doubtful == {Listed("als"): found}
