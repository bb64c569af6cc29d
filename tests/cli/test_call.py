"""``cdshooks call``: what a terminal shows, what it does not, and every refusal in a line."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cdshooks import examples
from cdshooks.app import create_app
from cdshooks.cli import main
from cdshooks.cli.bundle import patient_of
from tests.support import calls
from tests.support.card_rules import faults

Json = dict[str, Any]
BULBAR = "bulbar-onset-fvc-falling"
NEW = "new-diagnosis-among-300-observations"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CDSHOOKS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("CDSHOOKS_TODAY", calls.TODAY.isoformat())


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["call", *map(str, arguments)])


def answered(*arguments: str | Path) -> Json:
    result = call(*arguments, "--json")
    assert result.exit_code == 0, result.output
    body: Json = json.loads(result.stdout)
    assert faults(body) == []
    return body


def topics(body: Json) -> list[str]:
    return [card["source"]["topic"]["code"] for card in body["cards"]]


@pytest.fixture
def order(tmp_path: Path) -> Path:
    path = tmp_path / "order.json"
    draft = {k: v for k, v in calls.riluzole_draft().items() if k not in ("id", "subject")}
    path.write_text(json.dumps(draft))
    return path


def test_a_card_is_shown_with_all_that_it_says() -> None:
    result = call("patient-view", BULBAR)
    assert result.exit_code == 0
    lines = [line.strip("│ ") for line in result.stdout.splitlines()]
    assert "WARNING" in result.stdout
    [summary] = [line for line in lines if line.startswith("Consider NIV: FVC 46% sitting")]
    assert "(18 Aug 2026)" in summary
    assert "Accept any of these" in lines
    assert any("respiratory or home ventilation" in x and "recommended" in x for x in lines)
    assert "Or override: The patient declined" in result.stdout
    assert any("niv-consider" in line for line in lines)
    assert "**" not in result.stdout


@pytest.mark.parametrize("columns", ["60", "100"])
def test_no_line_is_wider_than_the_terminal(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    result = call("patient-view", BULBAR, "--explain")
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= int(columns)


def test_silence_is_said() -> None:
    result = call("patient-view", "quiet-stable-limb-onset")
    assert result.stdout.splitlines()[-1] == "No cards"


@pytest.mark.parametrize("hook", ["patient-view", "order-select", "order-sign"])
def test_the_quiet_patient_has_no_card_at_any_hook(hook: str) -> None:
    assert answered(hook, "quiet-stable-limb-onset")["cards"] == []


def test_who_is_on_niv_is_not_advised_to_start_it() -> None:
    assert "niv-consider" not in topics(
        answered("patient-view", "niv-established-hypercapnia-history")
    )


def test_the_first_riluzole_of_a_new_patient_waits_for_an_alt(order: Path) -> None:
    body = answered("order-sign", NEW, "--order", order)
    assert "riluzole-baseline-lft-missing" in topics(body)
    assert "riluzole-dose" in topics(body)
    assert "niv-consider" not in topics(answered("patient-view", NEW))


def test_at_order_select_every_order_is_selected(order: Path) -> None:
    assert "riluzole-baseline-lft-missing" in topics(
        answered("order-select", NEW, "--order", order)
    )
    assert answered("order-select", NEW)["cards"] == []


def test_orders_may_come_as_a_list_or_a_bundle(order: Path, tmp_path: Path) -> None:
    alone = topics(answered("order-sign", NEW, "--order", order))
    draft = json.loads(order.read_text())
    for shape in ([draft], {"resourceType": "Bundle", "entry": [{"resource": draft}]}):
        path = tmp_path / "orders.json"
        path.write_text(json.dumps(shape))
        assert topics(answered("order-sign", NEW, "--order", path)) == alone


def test_orders_that_do_not_fit_the_hook_are_told(order: Path) -> None:
    assert "none is given: name their file with --order" in call("order-sign", NEW).stderr
    assert "patient-view has no draft orders" in call("patient-view", NEW, "--order", order).stderr
    assert call("order-sign", NEW, "--order", order).stderr == ""
    assert call("patient-view", NEW).stderr == ""


def test_explain_tells_what_every_rule_concluded(order: Path) -> None:
    shown = call("order-sign", NEW, "--order", order, "--explain").stdout
    assert "Every rule" in shown
    assert "not indicated" in shown
    assert "MedicationRequest/draft-1" in shown
    trace = answered("patient-view", BULBAR, "--explain")["extension"]["org.als-cdshooks"]["trace"]
    assert {"niv-consider", "data-unavailable"} <= {line["rule"] for line in trace}
    assert "trace" not in answered("patient-view", BULBAR).get("extension", {}).get(
        "org.als-cdshooks", {}
    )


def test_what_could_not_be_assessed_is_said(tmp_path: Path) -> None:
    story = examples.load(NEW)
    story["entry"] = [
        e for e in story["entry"] if e["resource"]["resourceType"] in ("Patient", "Condition")
    ]
    path = tmp_path / "story.json"
    path.write_text(json.dumps(story))
    assert "Not assessed niv-consider" in call("patient-view", path).stdout


def test_dates_move_to_today_unless_left_as_recorded() -> None:
    moved = call("patient-view", BULBAR, "--today", "2026-12-01").stdout
    assert "Dates moved by +183 days from 2026-06-01." in moved
    assert "(19 Nov 2026)" in moved
    left = call("patient-view", BULBAR, "--today", "2026-06-01", "--as-recorded").stdout
    assert "Dates moved" not in left
    assert "(20 May 2026)" in left


def test_the_json_is_what_the_server_answers() -> None:
    moved = examples.shifted(examples.load(BULBAR), calls.TODAY)
    assert moved["timestamp"].startswith(calls.TODAY.isoformat())
    served = create_app(calls.settings().model_copy(update={"prefetch": "full"})).test_client()
    request = calls.example_request(BULBAR, "patient-view", full=True)
    reply = served.post(calls.path_of("patient-view"), json=request)
    assert [c["summary"] for c in json.loads(reply.data)["cards"]] == [
        c["summary"] for c in answered("patient-view", BULBAR)["cards"]
    ]


def test_another_profile_changes_the_limits() -> None:
    shown = call("patient-view", BULBAR, "--profile", "canada-2020").stdout
    assert "profile canada-2020" in shown
    assert "< 65%" in shown


def test_a_terminal_is_not_steered_by_a_chart(tmp_path: Path) -> None:
    story = examples.load(BULBAR)
    for entry in story["entry"]:
        if "note" in entry["resource"] or entry["resource"]["resourceType"] == "Condition":
            entry["resource"]["code"]["text"] = "\x1b[2J\x1b[31m[bold]x[/bold]\u202e"
    path = tmp_path / "story.json"
    path.write_text(json.dumps(story))
    result = call("patient-view", path, "--explain")
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout


def test_a_day_may_be_named_wherever_authentication_is_required(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CDSHOOKS_TODAY")
    monkeypatch.setenv("CDSHOOKS_AUTH", "required")
    assert call("patient-view", BULBAR, "--today", "2026-12-01").exit_code == 0


def refusal(*arguments: str | Path) -> str:
    result = call(*arguments)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    return result.stderr


def test_a_refusal_is_one_line() -> None:
    assert "bulbar-onset-fvc-falling, bulbar-onset-with-weight-loss" in refusal(
        "patient-view", "nobody"
    )
    assert "there are: encounter-start, patient-view" in refusal("patient-views", BULBAR)
    assert "unknown; there are: " in refusal("patient-view", BULBAR, "--profile", "none")
    assert "--profile: expected one or more" in refusal("patient-view", BULBAR, "--profile", ",")
    for when in ("tomorrow", "2026-13-01", "2026-06-01T09:00:00", ""):
        assert "--today: expected a date" in refusal("patient-view", BULBAR, "--today", when)
    assert "no such file" in refusal("order-sign", BULBAR, "--order", "nowhere.json")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "not JSON"),
        ('{"a": NaN}', "not JSON"),
        ("[]", "expected a FHIR Bundle"),
        ('{"resourceType": "Patient", "id": "a"}', "expected a FHIR Bundle"),
        ('{"resourceType": "Bundle"}', "expected one Patient with an id; there is none"),
        (
            '{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient"}}]}',
            "expected one Patient with an id; there is none",
        ),
        (
            '{"resourceType": "Bundle", "entry": ['
            '{"resource": {"resourceType": "Patient", "id": "a"}},'
            '{"resource": {"resourceType": "Patient", "id": "b"}}]}',
            "there is more than one",
        ),
        (
            '{"resourceType": "Bundle", "timestamp": "2026-06-01T09:00:00Z", "entry": '
            + "[" * 1000
            + "]" * 1000
            + "}",
            "nested too deeply",
        ),
    ],
)
def test_a_bundle_that_is_none_is_told(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "story.json"
    path.write_text(text)
    assert told in refusal("patient-view", path)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert "is a directory" in refusal("patient-view", tmp_path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nonsense", "not JSON"),
        ("5", "expected a FHIR resource"),
        ("[]", "expected a FHIR resource"),
        ('{"id": "a"}', "expected a FHIR resource"),
        (
            '{"resourceType": "MedicationRequest", "subject": {"reference": "Patient/other"}}',
            "order 1 is for another patient",
        ),
        (
            '{"resourceType": "MedicationOrder", "patient": {"reference": "Patient/other"}}',
            "order 1 is for another patient",
        ),
    ],
)
def test_orders_that_are_none_are_told(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "orders.json"
    path.write_text(text)
    assert told in refusal("order-sign", BULBAR, "--order", path)


def test_an_example_is_also_found_by_the_id_of_its_patient() -> None:
    assert answered("patient-view", "bulbara")["cards"]
    ids = {name: patient_of(examples.load(name), name) for name in examples.names()}
    assert {name: examples.of_patient(id) for name, id in ids.items()} == {n: n for n in ids}
