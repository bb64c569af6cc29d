"""Cards and feedback as they are written, and what they mean afterwards."""

from datetime import datetime, timedelta
from gc import collect
from pathlib import Path
from threading import Thread

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import event
from sqlalchemy.pool import Pool

from cdshooks.errors import StoreUnavailable
from cdshooks.feedback import Store
from cdshooks.feedback.model import Caller, IssuedRule, Reason, Report
from cdshooks.feedback.prune import Keep, prune
from cdshooks.feedback.records import snoozes_of, write_calls, write_reports
from cdshooks.feedback.store import REST_S
from cdshooks.feedback.tables import audit, card, card_rule, feedback, snooze
from tests.support.stores import (
    CLIENT,
    NOW,
    OVERRIDE,
    PATIENT,
    TERMS,
    accepted,
    call,
    issued,
    overridden,
    rows,
)

SERVICE = "als-chart-review"


def report(store: Store, *reports: Report, caller: Caller = CLIENT) -> None:
    write_reports(store, caller, SERVICE, reports, received=NOW, terms=TERMS)


def silent(store: Store, days: float = 0) -> set[str]:
    """Rules with a snooze that is not over by its time."""
    return set(snoozes_of(store, PATIENT, NOW + timedelta(days=days)))


def test_a_card_is_written_with_its_rules_and_its_call(store: Store) -> None:
    write_calls(store, TERMS, [call(issued())])
    [kept] = rows(store, card)
    assert (kept["uuid"], kept["patient"], kept["at"]) == ("card-1", PATIENT, NOW)
    assert kept["suggestions"] == {"suggestion-1": [["ServiceRequest", ["loinc|81458-2"]]]}
    [rule] = rows(store, card_rule)
    assert (rule["rule"], rule["criteria"], rule["evidence"]) == ("niv-consider", ["C2"], ["f1"])
    [entry] = rows(store, audit)
    assert (entry["rules"], entry["outcome"], entry["ms"]) == (["niv-consider"], "answered", 4.2)


def test_a_call_without_cards_leaves_its_audit_alone(store: Store) -> None:
    write_calls(store, TERMS, [call()])
    assert (len(rows(store, audit)), rows(store, card)) == (1, [])


def test_advice_for_once_is_remembered_as_shown_whatever_is_reported_later(store: Store) -> None:
    rule = IssuedRule("riluzole-formulation-swallow", "info", once_days=180)
    write_calls(store, TERMS, [call(issued(rules=(rule,)))])
    report(store, overridden(code=None))
    assert silent(store, days=180) == {"riluzole-formulation-swallow"}
    assert not silent(store, days=181)


def test_feedback_is_kept_and_takes_effect(store: Store) -> None:
    write_calls(store, TERMS, [call(issued())])
    report(store, overridden())
    [kept] = rows(store, feedback)
    assert (kept["card"], kept["outcome"], kept["known"]) == ("card-1", "overridden", True)
    assert (kept["reason"], kept["reason_system"]) == ("under-specialist-review", OVERRIDE)
    assert (kept["at"], kept["received"]) == (NOW + timedelta(minutes=1), NOW)
    [[remembered]] = snoozes_of(store, PATIENT, NOW).values()
    assert remembered.criteria == {"C2"}
    assert remembered.until == datetime.fromisoformat("2026-09-02T00:00:00+00:00")


def test_the_same_feedback_again_changes_nothing(store: Store) -> None:
    write_calls(store, TERMS, [call(issued())])
    report(store, overridden(), overridden())
    report(store, overridden())
    assert len(rows(store, feedback)) == len(rows(store, snooze)) == 1


def test_feedback_that_comes_before_its_card_takes_effect_when_the_card_is_written(
    store: Store,
) -> None:
    report(store, overridden())
    assert [row["known"] for row in rows(store, feedback)] == [False]
    assert not silent(store)
    write_calls(store, TERMS, [call(issued())])
    assert silent(store) == {"niv-consider"}
    assert [row["known"] for row in rows(store, feedback)] == [True]


def test_feedback_on_a_card_of_nobody_is_kept_as_unknown(store: Store) -> None:
    report(store, overridden("a card of another service"))
    assert [row["known"] for row in rows(store, feedback)] == [False]
    assert rows(store, snooze) == []


@pytest.mark.parametrize(
    "caller", [Caller(CLIENT.client, "south"), Caller("https://other.example")]
)
def test_another_client_cannot_silence_a_card(store: Store, caller: Caller) -> None:
    write_calls(store, TERMS, [call(issued())])
    report(store, overridden(), caller=caller)
    assert not silent(store)


def test_the_later_report_of_a_card_counts_whichever_comes_first(store: Store) -> None:
    write_calls(store, TERMS, [call(issued())])
    report(store, overridden(code="will-address-later", minutes=5))
    report(store, accepted(minutes=1))
    [[kept]] = snoozes_of(store, PATIENT, NOW).values()
    assert (kept.outcome, kept.reason) == ("overridden", "will-address-later")
    report(store, accepted("card-1", 9, "a suggestion that only corrects a draft"))
    assert not silent(store)


def test_accepted_and_overridden_in_one_call_are_both_kept(store: Store) -> None:
    write_calls(store, TERMS, [call(issued(), issued("card-2", patient="another"))])
    report(store, accepted(minutes=1), overridden(minutes=2), overridden("card-2"))
    assert len(rows(store, feedback)) == 3
    [[kept]] = snoozes_of(store, PATIENT, NOW).values()
    assert kept.outcome == "overridden"


def test_a_snooze_is_found_until_its_time_is_over(store: Store) -> None:
    write_calls(store, TERMS, [call(issued())])
    report(store, overridden())
    assert silent(store, days=92) == {"niv-consider"}
    assert not silent(store, days=93)


def test_comments_are_left_out_unless_they_can_be_encrypted(store: Store) -> None:
    said = Report("card-1", "overridden", NOW, comment="Mrs Doe prefers to wait")
    report(store, said)
    assert rows(store, feedback)[0]["comment"] is None
    box = Fernet(Fernet.generate_key())
    other = Report("card-2", "overridden", NOW, comment="Mrs Doe prefers to wait")
    write_reports(
        store,
        CLIENT,
        SERVICE,
        [other],
        received=NOW,
        terms=TERMS,
        seal=lambda comment: box.encrypt(comment.encode()),
    )
    [kept] = [row["comment"] for row in rows(store, feedback) if row["card"] == "card-2"]
    assert b"Doe" not in kept
    assert box.decrypt(kept) == b"Mrs Doe prefers to wait"


def test_no_feedback_at_all_is_fine(store: Store) -> None:
    report(store)
    assert rows(store, feedback) == []


def test_many_reports_in_one_call_are_all_kept(store: Store) -> None:
    write_calls(store, TERMS, [call(*(issued(f"card-{n}") for n in range(1200)))])
    report(store, *(overridden(f"card-{n}") for n in range(1200)))
    assert len(rows(store, feedback)) == len(rows(store, snooze)) == 1200


def test_the_same_reports_in_different_order_at_once_do_not_block_each_other(store: Store) -> None:
    write_calls(store, TERMS, [call(*(issued(f"card-{n}") for n in range(40)))])
    reports = [overridden(f"card-{n}") for n in range(40)]
    threads = [
        Thread(target=report, args=(store, *ordered)) for ordered in (reports, reports[::-1]) * 4
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rows(store, feedback)) == len(rows(store, snooze)) == 40
    assert all(row["known"] for row in rows(store, feedback))


def test_an_override_without_a_system_counts_by_its_code(store: Store) -> None:
    write_calls(store, TERMS, [call(issued())])
    report(store, Report("card-1", "overridden", NOW, reason=Reason("will-address-later")))
    assert silent(store, days=30)


def test_what_is_old_is_pruned_table_by_table(store: Store) -> None:
    write_calls(store, TERMS, [call(issued())])
    write_calls(store, TERMS, [call(issued("new", at=NOW), at=NOW + timedelta(days=500))])
    report(store, overridden())
    keep = Keep(cards_days=400, audit_days=600)
    assert set(prune(store, keep, NOW + timedelta(days=400)).values()) == {0, 1}
    assert rows(store, snooze) == []
    assert len(rows(store, card)) == 2
    gone = prune(store, keep, NOW + timedelta(days=401))
    assert (gone["card"], gone["feedback"], gone["audit"]) == (2, 1, 0)
    assert rows(store, card_rule) == []
    assert prune(store, keep, NOW + timedelta(days=601))["audit"] == 1
    assert len(rows(store, audit)) == 1


def test_a_store_that_is_gone_is_left_alone_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    # Nothing listens on port 1.
    store = Store("postgresql://cds@127.0.0.1:1/cds")
    with pytest.raises(StoreUnavailable, match="does not answer"):
        snoozes_of(store, PATIENT, NOW)
    with pytest.raises(StoreUnavailable, match="a moment ago"):
        snoozes_of(store, PATIENT, NOW)
    assert not store.answers()
    monkeypatch.setattr("cdshooks.feedback.store.monotonic", lambda: 1e9 + REST_S)
    with pytest.raises(StoreUnavailable, match="does not answer"):
        snoozes_of(store, PATIENT, NOW)
    with pytest.raises(StoreUnavailable):
        report(store, overridden())


def test_a_store_that_nobody_holds_any_more_closes_its_connections(tmp_path: Path) -> None:
    open_now: set[object] = set()

    def opened(connection: object, _record: object) -> None:
        open_now.add(connection)

    def closed(connection: object, _record: object) -> None:
        open_now.remove(connection)

    event.listen(Pool, "connect", opened)
    event.listen(Pool, "close", closed)
    try:
        store = Store(f"sqlite:///{tmp_path}/store.db")
        assert store.answers()
        with store.transaction():
            assert len(open_now) == 2
        del store
        collect()
    finally:
        event.remove(Pool, "connect", opened)
        event.remove(Pool, "close", closed)
    assert not open_now
