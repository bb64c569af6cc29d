"""What has to be right about trust before the service starts."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from cdshooks import knowledge
from cdshooks.app import create_app
from cdshooks.errors import KnowledgeInvalid, SettingsInvalid
from cdshooks.security.policy import Policy
from cdshooks.services.answer import Site, searches
from cdshooks.services.sites import Sites
from cdshooks.services.trust import client_file, trusted_clients
from cdshooks.settings import DemoSettings, Settings
from tests.support.tokens import ISSUER, entry, signer, toml

SITE = Site(knowledge.base().profile("default"), UTC, "https://cds.example.org")
SANDBOX = "https://sandbox.cds-hooks.org"
Wanted = Callable[..., Settings]


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CDSHOOKS_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def wanted(tmp_path: Path) -> Wanted:
    """Settings that require authentication, with these clients."""

    def made(*entries: Any, cls: type[Settings] = Settings, **changed: Any) -> Settings:
        file = tmp_path / "clients.toml"
        file.write_text(toml(*(entries or (entry(),))))
        given = {"auth": "required", "public_url": SITE.public_url, "trusted_clients": file}
        return cls(**{**given, **changed})

    return made


def refusal(settings: Settings) -> str:
    with pytest.raises(SettingsInvalid) as refused:
        trusted_clients(settings, SITE)
    return str(refused.value)


def test_what_is_right_starts(wanted: Wanted) -> None:
    assert [one.issuer for one in trusted_clients(wanted(), SITE)] == [ISSUER]


def test_no_file_is_read_while_authentication_is_off(wanted: Wanted) -> None:
    assert trusted_clients(wanted(auth="off", trusted_clients=Path("/none")), SITE) == ()
    assert client_file(Settings(auth="off"), SITE).mistakes == ()


@pytest.mark.req("SEC-1")
@pytest.mark.parametrize("cls", [Settings, DemoSettings])
def test_nobody_to_trust_is_refused(wanted: Wanted, cls: type[Settings]) -> None:
    said = refusal(wanted(cls=cls, trusted_clients=None))
    assert "CDSHOOKS_TRUSTED_CLIENTS: expected a TOML file" in said
    assert "CDSHOOKS_AUTH=off" in said


def test_everything_is_told_at_once(wanted: Wanted) -> None:
    said = refusal(wanted(entry(fetch="maybe"), public_url="http://cds.example.org"))
    assert said.splitlines() == [
        "authentication cannot be relied on:",
        f"  clients.toml: client 1 ({ISSUER}): fetch: expected allowed or never",
        "  CDSHOOKS_PUBLIC_URL: expected the https address that clients call; to try it "
        "without TLS, set CDSHOOKS_ALLOW_PLAIN_HTTP=true",
    ]


@pytest.mark.req("SEC-13")
def test_the_public_sandbox_is_nobody_to_trust(wanted: Wanted) -> None:
    sandbox = entry(iss=SANDBOX, jku=f"{SANDBOX}/.well-known/jwks.json")
    said = refusal(wanted(entry(), sandbox))
    assert f"{SANDBOX} is the public CDS Hooks Sandbox, whose private key anybody can" in said
    assert ISSUER not in said
    assert len(trusted_clients(wanted(sandbox, allow_public_sandbox=True), SITE)) == 1
    assert "public CDS Hooks Sandbox" in refusal(wanted(entry(iss="urn:a", jku=sandbox["jku"])))


def test_plain_http_is_asked_for(wanted: Wanted) -> None:
    plain = wanted(public_url="http://cds.example.org", allow_plain_http=True)
    assert len(trusted_clients(plain, SITE)) == 1


def test_a_demo_may_trust_the_sandbox_over_plain_http(wanted: Wanted) -> None:
    sandbox = entry(iss=SANDBOX, jku=f"{SANDBOX}/.well-known/jwks.json")
    demo = wanted(sandbox, cls=DemoSettings, public_url="http://localhost:5000")
    assert len(trusted_clients(demo, SITE)) == 1


@pytest.mark.parametrize("full", [True, False])
def test_every_prefetch_key_may_be_one_that_is_never_sent(wanted: Wanted, full: bool) -> None:
    rich = replace(SITE, full_prefetch=True)
    keys = [search.key for search in searches("patient-view", rich)]
    settings = wanted(entry(never_sends=[*keys, "weather"]))
    found = client_file(settings, replace(SITE, full_prefetch=full))
    assert len(found.warnings) == 1
    assert "'weather'" in found.warnings[0]


def test_the_profiles_of_clients_are_prepared_at_start(
    wanted: Wanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared: list[Site] = []
    monkeypatch.setattr("cdshooks.services.answer.prepare", prepared.append)
    create_app(wanted(entry(profile="eu", tenants={"a": "ch, body-comp", "b": ""})))
    named = {site.knowledge.profiles for site in prepared}
    assert named == {("default",), ("eu",), ("ch", "body-comp")}


def test_an_unknown_profile_of_the_installation_is_refused(wanted: Wanted) -> None:
    with pytest.raises(KnowledgeInvalid):
        create_app(wanted(profile="mars"))


def test_a_caller_is_served_at_the_site_of_its_profile() -> None:
    eu = replace(SITE, knowledge=knowledge.base().profile("eu"))
    sites = Sites(SITE, {("eu",): eu})
    assert sites.of(Policy()) is SITE
    assert sites.of(Policy(profile=("eu",))) is eu


def test_keys_of_a_file_let_a_client_in(wanted: Wanted) -> None:
    [one] = trusted_clients(wanted(entry(jku=None, jwks=[signer().jwk()])), SITE)
    assert set(one.keys) == {"one"}
