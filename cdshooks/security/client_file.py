"""Reads the trusted-clients file, and explains every mistake in it at once."""

import tomllib
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cdshooks.security.client_entry import Entry, key_list
from cdshooks.security.clients import Client
from cdshooks.security.keys import KeyUnusable, key_of
from cdshooks.settings import listed

Table = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """What names in the file may point to: knowledge profiles and prefetch keys."""

    profiles: Collection[str]
    prefetch_keys: Collection[str]


@dataclass(frozen=True, slots=True)
class ClientFile:
    """What a file says. With mistakes in it, it holds no clients; warnings do no harm."""

    clients: tuple[Client, ...] = ()
    mistakes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def read(path: Path, known: Known) -> ClientFile:
    """The clients of the TOML file at ``path``, or everything that is wrong with it."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        return ClientFile(mistakes=(f"{path}: cannot be read: {problem.strerror}",))
    except UnicodeDecodeError:
        return ClientFile(mistakes=(f"{path.name}: expected TOML in UTF-8",))
    except tomllib.TOMLDecodeError as problem:
        # It says line and column and repeats nothing of the line.
        return ClientFile(mistakes=(f"{path.name}: expected TOML: {problem}",))
    tables = content.get("client")
    mistakes = tuple(_mistakes(content, known))
    if mistakes or not isinstance(tables, list):
        return ClientFile(mistakes=tuple(f"{path.name}: {said}" for said in mistakes))
    return ClientFile(
        clients=tuple(_client(table) for table in tables),
        warnings=tuple(f"{path.name}: {said}" for said in _doubts(tables, known)),
    )


def _mistakes(content: Table, known: Known) -> Iterator[str]:
    yield from (
        f"{key}: no such key; expected [[client]] only" for key in content if key != "client"
    )
    tables = content.get("client")
    if not isinstance(tables, list) or not tables:
        yield "expected at least one [[client]]"
        return
    for number, table in enumerate(tables, 1):
        yield from (f"{_called(number, table)}: {said}" for said in _wrong(table, known))
    yield from _repeated(tables)


def _called(number: int, table: object) -> str:
    """How a client is told apart: by its place, and by its issuer where it has one."""
    issuer = table.get("iss") if isinstance(table, dict) else None
    return f"client {number} ({issuer})" if isinstance(issuer, str) else f"client {number}"


def _wrong(table: object, known: Known) -> Iterator[str]:
    if not isinstance(table, dict):
        yield "expected a table"
        return
    yield from _fields(table)
    if ("jku" in table) == ("jwks" in table):
        yield "expected either jku or jwks" + (", not both" if "jku" in table else "")
    yield from _keys(table)
    yield from _profiles(table, known)


def _fields(table: Table) -> Iterator[str]:
    """What each key expects. Values are not repeated: a private key may be among them."""
    try:
        Entry.model_validate(table)
    except ValidationError as problem:
        errors = problem.errors(include_input=False, include_url=False, include_context=False)
        yield from dict.fromkeys(_field(str(error["loc"][0]), error["type"]) for error in errors)


def _field(name: str, kind: str) -> str:
    if kind == "extra_forbidden":
        return f"{name}: no such key; a client has {', '.join(Entry.model_fields)}"
    missing = "missing; " if kind == "missing" else ""
    return f"{name}: {missing}expected {Entry.model_fields[name].description}"


def _keys(table: Table) -> Iterator[str]:
    listed = _listed_keys(table)
    for number, jwk in enumerate(listed, 1):
        try:
            key = key_of(jwk)
        except KeyUnusable as problem:
            yield f"jwks: key {number}: {problem}"
            continue
        named = table.get("algorithms")
        if isinstance(named, list) and not any(name in key.algorithms for name in named):
            fits = ", ".join(sorted(key.algorithms))
            yield f"jwks: key {number}: fits {fits}, of which algorithms names none"
    kids = Counter(jwk["kid"] for jwk in listed if isinstance(jwk.get("kid"), str))
    if any(count > 1 for count in kids.values()):
        yield "jwks: two keys have the same kid; a token could mean either"


def _listed_keys(table: Table) -> list[Table]:
    """The keys in ``jwks`` as far as there are any; ``_fields`` says it of what is none."""
    try:
        listed = key_list(table.get("jwks"))
    except ValueError:
        return []
    keys = listed if isinstance(listed, list) else []
    return [jwk for jwk in keys if isinstance(jwk, dict)]


def _profiles(table: Table, known: Known) -> Iterator[str]:
    tenants = table.get("tenants")
    wanted = {"profile": table.get("profile")}
    if isinstance(tenants, dict):
        wanted |= {f"tenants.{tenant}": profile for tenant, profile in tenants.items()}
    for where, value in wanted.items():
        names = listed(value)
        unknown = [n for n in names if n not in known.profiles] if isinstance(names, list) else []
        if unknown:
            there_are = ", ".join(sorted(known.profiles))
            yield f"{where}: no profile {unknown[0]!r}; there are {there_are}"


def _repeated(tables: list[object]) -> Iterator[str]:
    issuers = [table.get("iss") for table in tables if isinstance(table, dict)]
    counts = Counter(issuer for issuer in issuers if isinstance(issuer, str))
    for issuer, count in counts.items():
        if count > 1:
            yield f"iss {issuer}: {count} clients have it; expected one each"


def _doubts(tables: list[Table], known: Known) -> Iterator[str]:
    for number, table in enumerate(tables, 1):
        for key in table.get("never_sends", ()):
            if key not in known.prefetch_keys:
                yield f"{_called(number, table)}: never_sends: no service asks for {key!r}"


def _client(table: Table) -> Client:
    keys = (key_of(jwk) for jwk in _listed_keys(table))
    return Entry.model_validate(table).client({key.kid: key for key in keys})
