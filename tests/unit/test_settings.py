"""Settings: where they come from, what they accept, what an operator is told."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from cdshooks.errors import SettingsInvalid
from cdshooks.http.clock import clock_of
from cdshooks.settings import DemoSettings, Settings


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CDSHOOKS_")]:
        monkeypatch.delenv(name)


def refusal() -> str:
    with pytest.raises(SettingsInvalid) as refused:
        Settings.load()
    return str(refused.value)


def test_the_defaults_ask_for_authentication_and_let_no_web_page_in() -> None:
    settings = Settings.load()
    assert settings.auth == "required"
    assert settings.allowed_origins == ()
    assert settings.profile == ("default",)
    assert settings.prefetch == "core"
    assert settings.zone is UTC
    assert settings.today is None
    assert settings.max_body_bytes == 10 * 1024 * 1024
    assert settings.deadline_ms == 2000
    assert settings.log_level == "INFO"
    assert not settings.demo


def test_a_demo_is_open_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert DemoSettings.load().auth == "off"
    assert DemoSettings.load().demo
    monkeypatch.setenv("CDSHOOKS_AUTH", "required")
    assert DemoSettings.load().auth == "required"


def test_no_variable_turns_a_server_into_a_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDSHOOKS_DEMO", "true")
    assert not Settings.load().demo


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDSHOOKS_PROFILE", "default, eu,")
    monkeypatch.setenv("CDSHOOKS_ALLOWED_ORIGINS", "https://A.example.org/,http://b:8080")
    settings = Settings.load()
    assert settings.profile == ("default", "eu")
    assert settings.allowed_origins == ("https://a.example.org", "http://b:8080")


def test_unknown_and_empty_variables_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDSHOOKS_SOMETHING_LATER", "x")
    monkeypatch.setenv("CDSHOOKS_AUTH", "")
    assert Settings.load().auth == "required"


def test_the_environment_wins_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "cdshooks.toml"
    file.write_text(
        'auth = "off"\nprofile = ["default", "ch"]\ntoday = 2026-06-01\n'
        'allowed_origins = "https://a.org, https://b.org"\ndeadline_ms = 900\n'
    )
    monkeypatch.setenv("CDSHOOKS_CONFIG", str(file))
    monkeypatch.setenv("CDSHOOKS_DEADLINE_MS", "700")
    settings = Settings.load()
    assert (settings.auth, settings.profile) == ("off", ("default", "ch"))
    assert settings.today == date(2026, 6, 1)
    assert settings.allowed_origins == ("https://a.org", "https://b.org")
    assert settings.deadline_ms == 700


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("auht", "auht: no such setting; is auth meant?"),
        ("AUTH", "AUTH: no such setting; is auth meant?"),
        ("colour", "colour: no such setting"),
    ],
)
def test_a_key_of_the_file_that_is_no_setting_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, key: str, said: str
) -> None:
    file = tmp_path / "cdshooks.toml"
    file.write_text(f'{key} = "a value that is not repeated"\n')
    monkeypatch.setenv("CDSHOOKS_CONFIG", str(file))
    assert refusal() == f"CDSHOOKS_CONFIG: {said}"


@pytest.mark.parametrize("content", [None, "auth = ", b"\xff"])
def test_a_file_that_cannot_be_read_is_said_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | bytes | None
) -> None:
    file = tmp_path / "cdshooks.toml"
    if content is not None:
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    monkeypatch.setenv("CDSHOOKS_CONFIG", str(file))
    said = refusal()
    assert said.startswith("CDSHOOKS_CONFIG: expected a TOML file")
    assert str(file) in said


def test_a_file_that_is_not_toml_is_named_with_its_line_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "cdshooks.toml"
    file.write_text('auth = "off"\nadmin_token = "hunter2 hunter2 hunter2\n')
    monkeypatch.setenv("CDSHOOKS_CONFIG", str(file))
    assert "(at line 2, column" in refusal()
    assert "hunter2" not in refusal()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTH", "sometimes"),
        ("PUBLIC_URL", "cds.example.org"),
        ("PUBLIC_URL", "https://user:pw@cds.example.org"),
        ("PUBLIC_URL", "https://cds.example.org?x"),
        ("PUBLIC_URL", "https://cds.example.org:no"),
        ("ALLOWED_ORIGINS", "https://a.org, *"),
        ("ALLOWED_ORIGINS", "https://*.example.org"),
        ("ALLOWED_ORIGINS", "https://a.org/path"),
        ("PROFILE", " , "),
        ("PREFETCH", "all"),
        ("TIMEZONE", "Mars/Olympus"),
        ("TIMEZONE", "../etc/passwd"),
        ("TIMEZONE", "America"),
        ("TODAY", "tomorrow"),
        ("TODAY", "2026-06-01T12:00:00"),
        ("TODAY", "2026-02-30"),
        ("MAX_BODY_BYTES", "0"),
        ("DEADLINE_MS", "soon"),
        ("LOG_LEVEL", "loud"),
        ("MAX_CALLS", "257"),
        ("MAX_ENTRIES", "0"),
        ("TRACING", "perhaps"),
    ],
)
def test_a_wrong_value_is_answered_with_the_name_and_what_it_accepts(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"CDSHOOKS_{name}", value)
    said = refusal()
    assert said.startswith(f"CDSHOOKS_{name}: expected ")
    assert value not in said
    assert "\n" not in said


def test_two_wrong_values_are_both_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDSHOOKS_AUTH", "x")
    monkeypatch.setenv("CDSHOOKS_PREFETCH", "x")
    assert "CDSHOOKS_AUTH" in refusal()
    assert "CDSHOOKS_PREFETCH" in refusal()


def test_every_setting_says_what_it_accepts() -> None:
    for field in Settings.model_fields.values():
        assert field.description
        if field.annotation is bool:
            assert field.description.startswith("true or false")


def test_another_day_is_refused_under_authentication(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDSHOOKS_TODAY", "2026-06-01")
    assert refusal().startswith("CDSHOOKS_TODAY: ")
    monkeypatch.setenv("CDSHOOKS_AUTH", "off")
    assert Settings.load().today == date(2026, 6, 1)


def test_the_address_follows_host_and_port_unless_configured() -> None:
    assert Settings().at("http://localhost:81").public_url == "http://localhost:81"
    configured = Settings(public_url="https://cds.example.org/als/")
    assert configured.at("http://localhost:81").public_url == "https://cds.example.org/als"


@pytest.mark.parametrize(
    ("today", "zone", "instant"),
    [
        ("2026-06-01", "UTC", datetime(2026, 6, 1, 12, tzinfo=UTC)),
        ("2026-06-01", "Europe/Zurich", datetime(2026, 6, 1, 10, tzinfo=UTC)),
        ("2026-06-01T09:30:00+02:00", "UTC", datetime(2026, 6, 1, 7, 30, tzinfo=UTC)),
        ("2026-06-01T09:30:00Z", "UTC", datetime(2026, 6, 1, 9, 30, tzinfo=UTC)),
    ],
)
def test_a_configured_day_is_noon_and_an_instant_is_itself(
    monkeypatch: pytest.MonkeyPatch, today: str, zone: str, instant: datetime
) -> None:
    monkeypatch.setenv("CDSHOOKS_TODAY", today)
    clock = clock_of(Settings(timezone=zone, auth="off"))
    assert clock() == instant
    assert clock() == clock()


def test_the_clock_is_aware_and_moves() -> None:
    clock = clock_of(Settings())
    first = clock()
    assert first.tzinfo is UTC
    assert first <= clock()


def test_a_short_operators_token_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CDSHOOKS_ADMIN_TOKEN", "hunter2")
    assert refusal().startswith("CDSHOOKS_ADMIN_TOKEN: expected 16 characters or more")
    assert "hunter2" not in refusal()


def test_fhir_servers_are_base_urls_and_the_demo_adds_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CDSHOOKS_FHIR_ALLOWED", "https://ehr.example.org/fhir/, http://in.house/r4")
    listed = ("https://ehr.example.org/fhir", "http://in.house/r4")
    assert Settings(auth="off").open_fhir_servers == listed
    demo = DemoSettings().open_fhir_servers
    assert demo[:2] == listed
    assert set(demo[2:]) == {"http://localhost:*", "http://127.0.0.1:*"}


@pytest.mark.parametrize("listed", ["ehr.example.org", "ftp://ehr/fhir", "https://u@ehr/fhir"])
def test_what_is_no_base_url_is_refused(monkeypatch: pytest.MonkeyPatch, listed: str) -> None:
    monkeypatch.setenv("CDSHOOKS_FHIR_ALLOWED", listed)
    with pytest.raises(SettingsInvalid, match="CDSHOOKS_FHIR_ALLOWED"):
        Settings.load()
