"""The trusted-clients file: what it may say, and how every mistake in it is explained."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cdshooks.security.client_file import ClientFile, Known, read
from cdshooks.security.clients import public_sandboxes
from cdshooks.security.policy import Policy
from tests.support.tokens import ISSUER, client, entry, signer, toml

KNOWN = Known(profiles=("default", "eu", "ch"), prefetch_keys=("patient", "conditions"))
FIRST = f"clients.toml: client 1 ({ISSUER}): "
SECRET = "MIGkAgEBBDA"
Read = Callable[..., ClientFile]


@pytest.fixture
def found(tmp_path: Path) -> Read:
    """Reads a file with these clients, or with this text."""

    def reading(*content: Any) -> ClientFile:
        file = tmp_path / "clients.toml"
        text = content[0] if isinstance(content[0], str) else toml(*content)
        file.write_bytes(text.encode("utf-8", "surrogateescape"))
        return read(file, KNOWN)

    return reading


def test_a_short_entry_is_a_client_with_the_defaults(found: Read) -> None:
    [one] = found(entry()).clients
    assert one == client()
    assert one.policy(None) == Policy(issuer=ISSUER)
    assert (one.max_lifetime_s, one.tenants, one.audiences) == (900, None, ())


def test_every_key_has_its_effect(found: Read) -> None:
    read = found(
        entry(
            audiences=["sand_man", "https://cds.example.org/"],
            fhir_servers=["https://ehr.example.org/fhir/", "http://localhost:8080/fhir"],
            fetch="never",
            max_lifetime_s=300,
            profile="eu, ch",
            tenants={"north": "ch", "south": "", "east": ["eu"]},
            never_sends=["conditions"],
            edit_active_orders=False,
            trace=True,
        )
    )
    assert (read.mistakes, read.warnings) == ((), ())
    [one] = read.clients
    assert one.audiences == ("sand_man", "https://cds.example.org/")
    assert one.max_lifetime_s == 300
    expected = Policy(
        issuer=ISSUER,
        profile=("eu", "ch"),
        fhir_servers=("https://ehr.example.org/fhir", "http://localhost:8080/fhir"),
        fetch=False,
        never_sends=frozenset({"conditions"}),
        edit_active_orders=False,
        trace=True,
    )
    assert one.terms == expected
    assert one.policy("north").profile == ("ch",)
    assert one.policy("south").profile == ("eu", "ch")
    assert one.policy("east").tenant == "east"
    assert one.profiles == {("eu", "ch"), ("ch",), ("eu",)}


def test_a_client_without_profiles_needs_no_site_of_its_own(found: Read) -> None:
    [one] = found(entry(tenants={"north": ""})).clients
    assert one.profiles == frozenset()
    assert one.policy("north").profile is None


@pytest.mark.req("SEC-9")
@pytest.mark.parametrize(
    "written",
    [
        lambda keys: {"keys": keys},
        lambda keys: keys,
        lambda keys: json.dumps({"keys": keys}),
        lambda keys: json.dumps(keys),
    ],
)
def test_keys_are_written_as_a_key_set_a_list_or_json(
    found: Read, written: Callable[[Any], Any]
) -> None:
    keys = [signer().jwk(), signer("RS384", "rsa").jwk()]
    read = found(entry(jku=None, jwks=written(keys)))
    assert read.mistakes == ()
    [one] = read.clients
    assert (one.jku, set(one.keys)) == (None, {"one", "rsa"})


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"iss": None}, "iss: missing; expected the iss of the client's tokens"),
        ({"iss": ""}, "iss: expected"),
        ({"iss": "ehr.example.org"}, "iss: expected"),
        ({"iss": "https://ehr example.org"}, "iss: expected"),
        ({"iss": 7}, "iss: expected"),
        ({"jku": "http://ehr.example.org/jwks"}, "jku: expected an https URL"),
        ({"jku": "https://user@ehr.example.org/jwks"}, "jku: expected an https URL"),
        ({"jku": "https://ehr.example.org/jwks#a"}, "jku: expected an https URL"),
        ({"jku": "https:///jwks"}, "jku: expected an https URL"),
        ({"jku": "https://[::1/jwks"}, "jku: expected an https URL"),
        ({"jku": "https://ehr.example.org:x/jwks"}, "jku: expected an https URL"),
        ({"jku": "jwks.json"}, "jku: expected an https URL"),
        ({"jku": ["https://ehr.example.org"]}, "jku: expected an https URL"),
        ({"jku": None}, "expected either jku or jwks"),
        ({"jwks": [signer().jwk()]}, "expected either jku or jwks, not both"),
        ({"algorithms": None}, "algorithms: missing; expected one or more of ES256, "),
        ({"algorithms": []}, "algorithms: expected one or more"),
        ({"algorithms": "ES384"}, "algorithms: expected one or more"),
        ({"algorithms": ["ES384", "HS256"]}, "algorithms: expected one or more"),
        ({"algorithms": ["none"]}, "algorithms: expected one or more"),
        ({"algorithms": ["es384"]}, "algorithms: expected one or more"),
        ({"audiences": ["a", " "]}, "audiences: expected a list of texts"),
        ({"audiences": "a"}, "audiences: expected a list of texts"),
        ({"fhir_servers": ["http://ehr.example.org/fhir"]}, "fhir_servers: expected a list of"),
        ({"fhir_servers": ["https://ehr.example.org/?a"]}, "fhir_servers: expected a list of"),
        ({"fhir_servers": ["https://a@ehr.example.org"]}, "fhir_servers: expected a list of"),
        ({"fhir_servers": ["http://localhost.evil.org"]}, "fhir_servers: expected a list of"),
        ({"fetch": "sometimes"}, "fetch: expected allowed or never"),
        ({"fetch": True}, "fetch: expected allowed or never"),
        ({"max_lifetime_s": 0}, "max_lifetime_s: expected seconds, 1 to 3600"),
        ({"max_lifetime_s": 3601}, "max_lifetime_s: expected seconds, 1 to 3600"),
        ({"max_lifetime_s": "900"}, "max_lifetime_s: expected seconds, 1 to 3600"),
        ({"profile": "mars"}, "profile: no profile 'mars'; there are ch, default, eu"),
        ({"profile": 7}, "profile: expected names of profiles"),
        ({"tenants": {"north": "mars"}}, "tenants.north: no profile 'mars'"),
        ({"tenants": ["north"]}, "tenants: expected a table of tenant = profile"),
        ({"tenants": {"": "eu"}}, "tenants: expected a table of tenant = profile"),
        ({"never_sends": "patient"}, "never_sends: expected a list of prefetch keys"),
        ({"edit_active_orders": "no"}, "edit_active_orders: expected true or false"),
        ({"trace": 1}, "trace: expected true or false"),
        ({"max_lifetime": 60}, "max_lifetime: no such key; a client has iss, jku, jwks, "),
    ],
)
def test_a_mistake_says_which_client_which_key_and_what_was_expected(
    found: Read, changed: dict[str, Any], says: str
) -> None:
    read = found(entry(**changed))
    assert read.clients == ()
    assert len(read.mistakes) == 1
    issuer = changed.get("iss", ISSUER)
    called = f"client 1 ({issuer})" if isinstance(issuer, str) else "client 1"
    assert read.mistakes[0].startswith(f"clients.toml: {called}: {says}")


@pytest.mark.parametrize(
    ("jwks", "says"),
    [
        ([], "jwks: expected the client's public keys: a JWK Set, as JSON text or as a table"),
        ("{", "jwks: expected the client's public keys"),
        ('"x"', "jwks: expected the client's public keys"),
        ("null", "jwks: expected the client's public keys"),
        ('{"keys": null}', "jwks: expected the client's public keys"),
        ("7", "jwks: expected the client's public keys"),
        ({"key": []}, "jwks: expected the client's public keys"),
        (["x"], "jwks: expected the client's public keys"),
        ([signer().jwk(kid=None)], "jwks: key 1: kid: expected a name"),
        ([signer().jwk(use="enc")], "jwks: key 1: use: expected sig"),
        ([signer().jwk(x="AA")], "jwks: key 1: expected the numbers of a valid key"),
        ([signer().jwk(), signer().jwk()], "jwks: two keys have the same kid"),
        ([signer("ES256").jwk()], "jwks: key 1: fits ES256, of which algorithms names none"),
        ([signer().jwk(), signer(kid="b").private_jwk()], "jwks: key 2: private key material (d)"),
        (json.dumps({"keys": [signer().private_jwk()]}), "jwks: key 1: private key material (d)"),
    ],
)
def test_a_mistake_in_a_key_is_explained_without_repeating_it(
    found: Read, jwks: Any, says: str
) -> None:
    read = found(entry(jku=None, jwks=jwks))
    assert read.clients == ()
    assert len(read.mistakes) == 1
    assert read.mistakes[0].startswith(FIRST + says)
    assert signer().private_jwk()["d"] not in read.mistakes[0]


def test_all_mistakes_are_told_at_once(found: Read) -> None:
    wrong = entry(jku="http://a.org", fetch="maybe", profile="mars", colour="red")
    read = found(wrong, entry(iss="https://b.org", jku=None, algorithms=["HS256"]), entry())
    assert [said.removeprefix("clients.toml: ").split(": ")[:2] for said in read.mistakes] == [
        [f"client 1 ({ISSUER})", "jku"],
        [f"client 1 ({ISSUER})", "fetch"],
        [f"client 1 ({ISSUER})", "colour"],
        [f"client 1 ({ISSUER})", "profile"],
        ["client 2 (https://b.org)", "algorithms"],
        ["client 2 (https://b.org)", "expected either jku or jwks"],
        [f"iss {ISSUER}", "2 clients have it; expected one each"],
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "expected at least one [[client]]"),
        ("client = []", "expected at least one [[client]]"),
        ("[client]\niss = 'a'", "expected at least one [[client]]"),
        ("client = ['x']", "client 1: expected a table"),
        ("[[client]\n", "expected TOML: "),
        (f"[[client]]\nd = {SECRET}", "expected TOML: Invalid value (at line 2, column 5)"),
        ("\udcff", "expected TOML in UTF-8"),
    ],
)
def test_a_file_of_another_form_is_explained(found: Read, text: str, says: str) -> None:
    read = found(text)
    assert read.clients == ()
    assert read.mistakes[0].startswith(f"clients.toml: {says}")
    assert SECRET not in read.mistakes[0]


def test_what_is_beside_the_clients_is_a_mistake(found: Read) -> None:
    assert found("clients = 1\n" + toml(entry())).mistakes == (
        "clients.toml: clients: no such key; expected [[client]] only",
    )


def test_a_file_that_is_not_there_is_explained(tmp_path: Path) -> None:
    read_ = read(tmp_path / "none.toml", KNOWN)
    assert read_.mistakes == (f"{tmp_path}/none.toml: cannot be read: No such file or directory",)


def test_a_prefetch_key_that_nobody_asks_for_is_a_warning(found: Read) -> None:
    read = found(entry(never_sends=["patient", "patients"]))
    assert read.warnings == (FIRST + "never_sends: no service asks for 'patients'",)
    assert [one.terms.never_sends for one in read.clients] == [{"patient", "patients"}]


@pytest.mark.req("SEC-13")
@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://sandbox.cds-hooks.org"},
        {"issuer": "https://SANDBOX.cds-hooks.org./x"},
        {"jku": "https://sandbox.cds-hooks.org/.well-known/jwks.json"},
        {"jku": None, "keys": {"44823f3d-0b01-4a6c-a80e-b9d3e8a7226f": None}},
    ],
)
def test_the_public_sandbox_is_known_by_name_key_server_and_key(changed: dict[str, Any]) -> None:
    sandbox = client(**changed)
    assert public_sandboxes([client(), sandbox]) == (sandbox.issuer,)


@pytest.mark.req("SEC-13")
def test_another_client_is_not_the_public_sandbox() -> None:
    assert public_sandboxes([client(), client(issuer="urn:ehr"), client(jku=None)]) == ()
    assert public_sandboxes([client(issuer="https://sandbox.cds-hooks.org.example.org")]) == ()
