"""Draft orders of services, devices and medications, and the reports and studies of a chart."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from cdshooks.chart import answer, asked, asks_for
from cdshooks.rules.authoring import Entries, Filed, Latest, Listed, Reading, Studied
from tests.support import drafts
from tests.support.charts import TODAY, chart
from tests.support.resources import concept, observation, record

Json = dict[str, Any]


def orders(*made: Json, hook: str = "order-sign", selections: tuple[str, ...] = ()) -> Any:
    view = chart([], Listed("als"), drafts=made)
    context = replace(view.context, selections=selections)
    return replace(view, hook=hook, context=context, memory={})


def test_an_order_knows_what_it_is_and_when_it_was_written() -> None:
    made = drafts.draft("device cpap") | {"id": "d1", "authoredOn": "2026-05-31"}
    [order] = asked(orders(made), "cpap")
    assert (order.reference, order.drug, order.day) == ("DeviceRequest/d1", None, date(2026, 5, 31))
    assert (order.status, order.intent, order.assessed) == ("draft", "order", True)
    assert order.label.startswith("Continuous positive airway pressure")


def test_what_an_order_leaves_out_is_taken_as_a_draft_order() -> None:
    made = drafts.draft("lab oxygen")
    made = {k: v for k, v in made.items() if k not in ("id", "status", "intent")}
    [order] = asked(orders(made), "oxygen")
    assert (order.id, order.status, order.intent, order.day) == ("", "draft", "order", None)


def test_a_device_under_the_element_of_a_service_is_understood() -> None:
    made = drafts.draft("device cpap")
    made["code"] = made.pop("codeCodeableConcept")
    assert asks_for(orders(made), "cpap")


def test_a_device_that_an_order_contains_is_understood() -> None:
    made = drafts.draft("device cpap")
    made["contained"] = [{"resourceType": "Device", "id": "c", "type": made["codeCodeableConcept"]}]
    del made["codeCodeableConcept"]
    made["codeReference"] = {"reference": "#c"}
    assert asks_for(orders(made), "cpap")


@pytest.mark.parametrize(
    "made",
    [
        drafts.draft("device niv-device"),
        drafts.draft("device cpap foreign"),
        drafts.draft("device cpap") | {"resourceType": "Task", "code": concept("cpap")},
    ],
)
def test_what_asks_for_something_else_is_no_such_order(made: Json) -> None:
    assert asked(orders(made), "cpap") == ()


def test_only_what_is_selected_is_judged() -> None:
    first, second = drafts.draft("device cpap"), drafts.draft("device cpap")
    chosen = (f"DeviceRequest/{second['id']}",)
    [order] = asked(orders(first, second, hook="order-select", selections=chosen), "cpap")
    assert order.id == second["id"]


def test_where_no_orders_are_signed_none_is_judged() -> None:
    assert asked(orders(drafts.draft("device cpap"), hook="patient-view"), "cpap") == ()


def found(wanted: Filed | Studied, *phrases: str) -> Entries:
    resources = [r for phrase in phrases for r in record(phrase, TODAY)]
    entries = answer(chart(resources, wanted), wanted)
    assert isinstance(entries, Entries)
    return entries


@pytest.mark.parametrize(
    ("phrase", "counts"),
    [
        ("report niv-download, 92 days ago", True),
        ("report niv-download, 93 days ago", False),
        ("report niv-download, 120 to 92 days ago", True),
        ("report niv-download issued, 92 days ago", True),
        ("report niv-download amended, 5 days ago", True),
        ("report niv-download preliminary, 5 days ago", False),
        ("report niv-download entered-in-error, 5 days ago", False),
        ("report polysomnography, 5 days ago", False),
        ("report niv-download, undated", False),
    ],
)
def test_a_report_counts_when_it_is_final_and_recent(phrase: str, counts: bool) -> None:
    entries = found(Filed("niv-download", "niv_finding_days"), phrase)
    assert bool(entries) is counts
    assert entries.whole


@pytest.mark.parametrize(
    ("phrase", "counts"),
    [
        ("study diaphragm-pacing, 20 days ago", True),
        ("study untold, 20 days ago", True),
        ("study niv, 20 days ago", False),
        ("study diaphragm-pacing screening, 20 days ago", False),
        ("study diaphragm-pacing, 20 to 0 days ago", True),
        ("study diaphragm-pacing, 20 to 1 days ago", False),
    ],
)
def test_a_study_counts_unless_it_is_over_or_about_something_else(
    phrase: str, counts: bool
) -> None:
    assert bool(found(Studied("diaphragm-pacing"), phrase)) is counts


def test_a_mean_knows_over_how_many_days_it_was_taken() -> None:
    spans = []
    for phrase in ("5 h over=7, 3 days ago", "5 h over=1, 3 days ago", "5 h, 3 days ago"):
        wanted = Latest("niv-usage", None)
        reading = answer(chart([observation("niv-usage", phrase, TODAY)], wanted), wanted)
        assert isinstance(reading, Reading)
        spans.append(reading.span)
    assert spans == [7, 1, None]
