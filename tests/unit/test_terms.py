"""For how long a rule keeps silent, and what ends that sooner: one row a story."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cdshooks.feedback.lifting import Standing, ended
from cdshooks.feedback.model import IssuedRule, Reason, Report, Snooze
from cdshooks.feedback.terms import shown, snoozes
from tests.support.stores import NOW, OVERRIDE, TERMS, accepted, issued, overridden

HOURS = timedelta(hours=1)


def until(report: Report, rule: str = "niv-consider", level: str = "warning", **card: Any) -> str:
    """When the rule of a card speaks again at the latest, shown on 1 June 2026 at 10:00."""
    made = issued(rules=(IssuedRule(rule, level),), **card)
    [snooze] = snoozes(made, report, TERMS)
    return f"{snooze.until:%Y-%m-%d %H:%M}"


DISMISSED = overridden(code=None)
LATER = overridden(code="will-address-later")
REVIEW = overridden()
FOREIGN = Report("card-1", "overridden", NOW, reason=Reason("under-specialist-review", "urn:x"))


@pytest.mark.parametrize(
    ("report", "level", "hook", "ends"),
    [
        (REVIEW, "warning", "patient-view", "2026-09-02 00:00"),
        (REVIEW, "info", "patient-view", "2026-09-02 00:00"),
        (LATER, "warning", "patient-view", "2026-07-02 00:00"),
        (DISMISSED, "warning", "patient-view", "2026-06-03 00:00"),
        (DISMISSED, "info", "order-sign", "2026-06-03 00:00"),
        (overridden(code="a reason of the client"), "info", "patient-view", "2026-06-03 00:00"),
        (FOREIGN, "info", "patient-view", "2026-06-03 00:00"),
        (accepted(), "warning", "patient-view", "2026-07-03 00:00"),
        (REVIEW, "critical", "patient-view", "2026-06-04 10:00"),
        (REVIEW, "critical", "order-select", "2026-06-04 10:00"),
        (accepted(), "critical", "patient-view", "2026-06-04 10:00"),
        (DISMISSED, "critical", "patient-view", "2026-06-01 10:00"),
        (FOREIGN, "critical", "patient-view", "2026-06-01 10:00"),
        (REVIEW, "critical", "order-sign", "2026-06-01 10:00"),
        (accepted(), "critical", "order-sign", "2026-06-01 10:00"),
        (REVIEW, "warning", "order-sign", "2026-09-02 00:00"),
        (
            accepted("card-1", 1, "a correction of the draft"),
            "warning",
            "order-sign",
            "2026-06-01 10:00",
        ),
    ],
)
def test_each_report_has_its_term(report: Report, level: str, hook: str, ends: str) -> None:
    assert until(report, level=level, hook=hook) == ends


def test_a_reason_that_the_card_did_not_offer_is_no_known_one() -> None:
    assert until(REVIEW, reasons=("patient-declined",)) == "2026-06-03 00:00"


def test_every_rule_of_a_merged_card_is_silenced_by_its_own_level() -> None:
    rules = (IssuedRule("niv-consider", "critical"), IssuedRule("resp-watch", "info"))
    made = issued(rules=rules, indicator="critical")
    assert [(s.rule, f"{s.until:%m-%d %H}") for s in snoozes(made, REVIEW, TERMS)] == [
        ("niv-consider", "06-04 10"),
        ("resp-watch", "09-02 00"),
    ]


def test_a_term_ends_with_the_day_of_the_installation() -> None:
    there = replace(TERMS, zone=ZoneInfo("Europe/Zurich"))
    [snooze] = snoozes(issued(), LATER, there)
    assert snooze.until == datetime(2026, 7, 1, 22, tzinfo=UTC)


def test_a_snooze_keeps_what_the_card_stood_on_and_what_was_ordered() -> None:
    [snooze] = snoozes(issued(order="an order"), accepted(), TERMS)
    assert (snooze.criteria, snooze.evidence, snooze.order) == ({"C2"}, {"f1"}, "an order")
    assert snooze.orders == (("ServiceRequest", ("loinc|81458-2",)),)
    [other] = snoozes(issued(), overridden(code="data-incorrect"), TERMS)
    assert (other.ends_with, other.reason, other.orders) == ("evidence", "data-incorrect", ())


def standing(**changes: Any) -> Standing:
    """The rule as it stood when its card was shown, an hour later."""
    values: dict[str, Any] = {
        "rule": "niv-consider",
        "hook": "patient-view",
        "indicator": "warning",
        "at": NOW + HOURS,
        "criteria": frozenset({"C2"}),
        "evidence": frozenset({"f1"}),
        "goals": "all care",
    }
    return Standing(**values | changes)


def snoozed(report: Report = REVIEW, level: str = "warning", **card: Any) -> Snooze:
    rule = IssuedRule("niv-consider", level, frozenset({"C2"}), frozenset({"f1"}))
    [snooze] = snoozes(issued(rules=(rule,), **card), report, TERMS)
    return snooze


MORE = frozenset({"C2", "C3"})
NEW = frozenset({"f1", "f2"})
INCORRECT = overridden(code="data-incorrect")
GOALS = overridden(code="goals-of-care")
END = datetime(2026, 9, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("snooze", "now", "why"),
    [
        (snoozed(), {}, None),
        (snoozed(), {"at": END - timedelta(microseconds=1)}, None),
        (snoozed(), {"at": END}, "its time is over"),
        (snoozed(), {"indicator": "info"}, None),
        (snoozed(level="info"), {}, "the indicator rose"),
        (snoozed(level="info"), {"indicator": "info"}, None),
        (snoozed(), {"indicator": "critical"}, "the indicator rose"),
        (snoozed(), {"criteria": MORE}, "a further criterion is met"),
        (snoozed(), {"criteria": frozenset()}, None),
        (snoozed(), {"evidence": NEW}, None),
        (snoozed(), {"changed": ("vital capacity fell",)}, "vital capacity fell"),
        (snoozed(), {"admitted": True}, "the patient was admitted"),
        (snoozed(), {"goals": "comfort"}, None),
        (snoozed(), {"order": "a draft"}, "it was about another order"),
        (snoozed(order="a draft"), {}, "it was about another order"),
        (snoozed(order="a draft"), {"order": "a draft", "hook": "order-sign"}, None),
        (snoozed(INCORRECT), {}, None),
        (snoozed(INCORRECT), {"evidence": NEW}, "the data shown have changed"),
        (snoozed(INCORRECT), {"evidence": frozenset()}, "the data shown have changed"),
        (snoozed(GOALS), {}, None),
        (snoozed(GOALS), {"goals": "comfort"}, "the goals of care have changed"),
        (snoozed(accepted()), {}, None),
        (snoozed(accepted()), {"withdrawn": True}, "the order was withdrawn"),
        (snoozed(level="critical"), {"indicator": "critical"}, None),
        (snoozed(level="critical"), {"indicator": "warning"}, None),
        (
            snoozed(level="critical"),
            {"indicator": "critical", "evidence": NEW},
            "there is a newer result",
        ),
        (snoozed(level="critical"), {"indicator": "critical", "evidence": frozenset()}, None),
        (
            snoozed(level="critical"),
            {"indicator": "critical", "at": NOW + 72 * HOURS},
            "its time is over",
        ),
        (
            snoozed(level="critical", hook="order-select"),
            {"indicator": "critical", "hook": "order-sign"},
            "critical advice is never silenced when an order is signed",
        ),
    ],
)
def test_a_snooze_ends_when_it_must(snooze: Snooze, now: dict[str, Any], why: str | None) -> None:
    assert ended(snooze, standing(**now)) == why


ONCE = issued(rules=(IssuedRule("niv-consider", "warning", once_days=180),))


def test_advice_for_once_is_the_same_for_24_hours_and_then_silent() -> None:
    [snooze] = shown(ONCE, UTC)
    assert (snooze.outcome, f"{snooze.until:%Y-%m-%d}") == ("shown", "2026-11-29")
    same = standing(at=NOW + 23.9 * HOURS, criteria=frozenset(), evidence=frozenset())
    assert ended(snooze, same) == "it is still the same showing"
    assert ended(snooze, replace(same, at=NOW + 24 * HOURS)) is None
    assert ended(snooze, replace(same, at=snooze.until)) == "its time is over"
    assert not list(shown(issued(), UTC))


def test_a_critical_snooze_also_ends_with_what_its_reason_waited_for() -> None:
    critical = {"indicator": "critical", "evidence": frozenset[str]()}
    snooze = snoozed(INCORRECT, level="critical")
    assert ended(snooze, standing(**critical)) == "the data shown have changed"


def test_the_reasons_of_the_tests_are_those_of_the_knowledge() -> None:
    from cdshooks.knowledge import base
    from cdshooks.services.memory import terms_of

    real = terms_of(base().profile("default"), UTC)
    for code, term in TERMS.reasons.items():
        assert real.reasons[code] == term
    assert (real.no_reason_days, real.accepted_days, real.critical_hours) == (1, 31, 72)
    assert all(reason.days <= 366 for reason in real.reasons.values())
    assert OVERRIDE in {reason.system for reason in real.reasons.values()}
