"""How advice is received, and the audit: counted, masked, exported."""

import csv
import json
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fhir.resources.R4B.auditevent import AuditEvent

from cdshooks.cli import main
from cdshooks.feedback import Store
from cdshooks.feedback.audit import Entry, entries
from cdshooks.feedback.insights import Line, acceptance, lines, masked, ranked
from cdshooks.feedback.model import Caller, Report
from cdshooks.feedback.records import write_calls, write_reports
from cdshooks.services.audit_event import audit_event
from tests.support.stores import CLIENT, KEYS, NOW, TERMS, accepted, call, issued, overridden

HOUR = timedelta(hours=1)


def shown(store: Store, uuid: str, patient: str, at: datetime = NOW) -> None:
    write_calls(store, TERMS, [call(issued(uuid, patient=patient, at=at), at=at)])


def report(store: Store, *reports: Report) -> None:
    write_reports(store, CLIENT, "als-chart-review", reports, received=NOW, terms=TERMS)


def test_a_card_counts_once_in_24_hours_from_its_first_showing(store: Store) -> None:
    for number, hours in enumerate((0, 10, 23.9, 24, 30, 47.9, 48)):
        shown(store, f"card-{number}", "anna", NOW + hours * HOUR)
    shown(store, "another", "ben")
    [line] = lines(store)
    assert (line.rule, line.month, line.shown) == ("niv-consider", "2026-06", 4)


def test_what_became_of_a_card_is_its_last_report(store: Store) -> None:
    for number, patient in enumerate(("anna", "ben", "cleo", "dora")):
        shown(store, f"card-{number}", patient)
    shown(store, "again", "anna", NOW + HOUR)
    report(store, accepted("card-0", 2), overridden("again", "will-address-later", 62))
    report(store, accepted("card-1", 4), overridden("card-2", None, 6))
    [line] = lines(store)
    assert (line.shown, line.accepted, line.overridden, line.ignored) == (4, 1, 2, 1)
    assert line.reasons == {"will-address-later": 1, "none given": 1}
    assert line.seconds == 360


def test_months_rules_and_times_can_be_told_apart(store: Store) -> None:
    shown(store, "may", "anna", NOW - timedelta(days=2))
    shown(store, "june", "anna")
    assert [line.month for line in lines(store)] == ["2026-05", "2026-06"]
    assert [line.month for line in lines(store, since=NOW)] == ["2026-06"]
    assert lines(store, rule="another-rule") == []


def a_line(**changes: Any) -> Line:
    values: dict[str, Any] = {
        "rule": "niv-consider",
        "month": "2026-06",
        "shown": 30,
        "accepted": 12,
        "overridden": 10,
        "reasons": {"patient-declined": 6, "data-incorrect": 4},
        "seconds": 40.0,
    }
    return Line(**values | changes)


@pytest.mark.parametrize(
    ("shown", "accepted", "overridden", "says"),
    [
        (30, 12, 10, (30, 12, 10, 8)),
        (30, 20, 10, (30, 20, 10, 0)),
        (4, 4, 0, ("<5", "<5", 0, 0)),
        (0, 0, 0, (0, 0, 0, 0)),
        # One small count would follow from the others: the next smallest goes with it.
        (30, 20, 4, (30, 20, "<5", "<5")),
        (30, 4, 20, (30, "<5", 20, "<5")),
        (30, 3, 4, (30, "<5", "<5", 23)),
        (5, 5, 0, (5, 5, 0, 0)),
    ],
)
def test_small_counts_are_masked(
    shown: int, accepted: int, overridden: int, says: tuple[object, ...]
) -> None:
    row = masked(a_line(shown=shown, accepted=accepted, overridden=overridden))
    assert tuple(row[name] for name in ("shown", "accepted", "overridden", "ignored")) == says


def test_rare_reasons_and_the_time_of_few_are_left_out() -> None:
    assert masked(a_line())["reasons"] == {"patient-declined": 6}
    assert masked(a_line())["seconds"] == 40.0
    assert masked(a_line(accepted=2, overridden=2))["seconds"] is None


def test_reasons_do_not_tell_a_count_that_is_hidden() -> None:
    row = masked(a_line(shown=9, accepted=2, overridden=7, reasons={"patient-declined": 7}))
    assert (row["accepted"], row["overridden"]) == ("<5", "<5")
    assert row["reasons"] == {}


def test_rules_are_ranked_by_how_often_they_are_overridden() -> None:
    found = [
        a_line(),
        a_line(rule="resp-watch", shown=50, accepted=0, overridden=45),
        a_line(rule="rare", shown=4, accepted=0, overridden=4),
        a_line(month="2026-05", overridden=0),
    ]
    assert ranked(found) == [("resp-watch", 0.9), ("niv-consider", 10 / 60)]
    assert acceptance(found) == [("2026-05", 12 / 30), ("2026-06", 12 / 84)]


@pytest.mark.parametrize(
    ("shown", "part", "is_told"),
    [(5, 0, True), (5, 5, True), (9, 5, False), (9, 4, False), (10, 5, True), (4, 4, False)],
)
def test_a_share_does_not_tell_what_a_count_hides(shown: int, part: int, *, is_told: bool) -> None:
    found = [a_line(shown=shown, accepted=part, overridden=part)]
    assert ranked(found) == ([("niv-consider", part / shown)] if is_told else [])
    assert acceptance(found) == ([("2026-06", part / shown)] if is_told else [])


def run(store: Store, *arguments: str) -> Result:
    variables = {"CDSHOOKS_DATABASE_URL": store.url.render_as_string(hide_password=False)}
    done = CliRunner().invoke(main, arguments, env=variables)
    assert done.exit_code == 0, done.output
    return done


def test_the_command_line_tells_the_same_in_three_forms(store: Store) -> None:
    assert "No card" in run(store, "insights").output
    for number in range(6):
        shown(store, f"card-{number}", f"patient-{number}")
        report(store, overridden(f"card-{number}"))
    [row] = json.loads(run(store, "insights", "--format", "json").output)
    assert (row["shown"], row["overridden"], row["ignored"]) == (6, 6, 0)
    [line] = csv.DictReader(StringIO(run(store, "insights", "--format", "csv").output))
    assert (line["rule"], line["reasons"]) == ("niv-consider", "under-specialist-review 6")
    assert "100% overridden" in run(store, "insights").output
    since = run(store, "insights", "--since", "2026-06-02", "--format", "json")
    assert json.loads(since.output) == []


@pytest.mark.parametrize(
    "arguments", [("insights",), ("audit", "export"), ("db", "prune")], ids=" ".join
)
def test_a_store_that_was_never_made_is_told_with_the_command_that_makes_it(
    url: str, arguments: tuple[str, ...]
) -> None:
    done = CliRunner().invoke(main, arguments, env={"CDSHOOKS_DATABASE_URL": url})
    assert done.exit_code == 1
    assert done.output.startswith("Error: the store has not the form")
    assert "run cdshooks db upgrade" in done.output


def test_counts_of_a_rule_that_never_was_are_refused(store: Store) -> None:
    variables = {"CDSHOOKS_DATABASE_URL": store.url.render_as_string(hide_password=False)}
    done = CliRunner().invoke(main, ["insights", "--rule", "niv_consider"], env=variables)
    assert done.exit_code == 1
    assert "no rule niv_consider; cdshooks rules list names them all" in done.output
    assert "No card" in run(store, "insights", "--rule", "niv-consider").output


def test_the_command_line_prunes(store: Store) -> None:
    shown(store, "old", "anna", datetime.fromisoformat("2020-01-01T00:00:00+00:00"))
    said = run(store, "db", "prune").output
    assert "card: 1 deleted" in said
    assert "audit: 1 deleted" in said


def test_the_audit_is_exported_as_fhir(store: Store) -> None:
    shown(store, "card-1", "anna")
    shown(store, "card-2", "anna", NOW + timedelta(days=2))
    exported = run(store, "audit", "export").output.splitlines()
    events = [AuditEvent.model_validate_json(line) for line in exported]
    assert [str(event.recorded.date()) for event in events] == ["2026-06-01", "2026-06-03"]
    assert len(run(store, "audit", "export", "--since", "2026-06-02").output.splitlines()) == 1


def test_an_audit_event_names_client_service_rules_and_nobody() -> None:
    entry = Entry(
        at=NOW,
        caller=CLIENT,
        service="als-order-sign",
        hook="order-sign",
        patient=KEYS.patient(CLIENT.client, CLIENT.tenant, "anna"),
        user=KEYS.user(CLIENT.client, CLIENT.tenant, "Practitioner/7"),
        outcome="answered",
        rules=("riluzole-dose",),
        knowledge="0123456789ab",
        ms=4.2,
    )
    event = audit_event(7, entry)
    AuditEvent.model_validate(event)
    assert event["agent"][0] == {"name": CLIENT.client, "altId": "north", "requestor": True}
    details = {(d["type"], d["valueString"]) for d in event["entity"][1]["detail"]}
    assert ("rule", "riluzole-dose") in details
    assert "anna" not in json.dumps(event)
    assert "Practitioner" not in json.dumps(event)


def test_a_refused_call_without_client_or_user_is_audited_too() -> None:
    entry = Entry(NOW, Caller(), "s", "patient-view", "p", None, "refused", (), "k", 1.0)
    event = audit_event(1, entry)
    AuditEvent.model_validate(event)
    assert event["outcome"] == "4"
    assert event["agent"] == [{"name": "client not authenticated", "requestor": True}]


def test_the_audit_is_read_in_the_order_written(store: Store) -> None:
    for number in range(3):
        shown(store, f"card-{number}", "anna", NOW - number * HOUR)
    assert [entry.at for _, entry in entries(store)] == [NOW - n * HOUR for n in range(3)]
