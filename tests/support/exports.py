"""Exports made of the example patients: as Bundles of one day, and as NDJSON by type."""

import gzip
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from cdshooks import examples

Json = dict[str, Any]
DAY = date(2026, 6, 1)


def bundle(name: str) -> Json:
    """An example patient whose story is told as of ``DAY``."""
    return examples.shifted(examples.load(name), DAY)


def as_bundles(folder: Path, names: Iterable[str]) -> Path:
    """A folder with a Bundle a patient."""
    folder.mkdir(parents=True)
    for name in names:
        (folder / f"{name}.json").write_bytes(orjson.dumps(bundle(name)))
    return folder


def resources(name: str, patient: str | None = None) -> list[Json]:
    """The resources of an example; as those of another patient, if one is named."""
    found = [entry["resource"] for entry in bundle(name)["entry"]]
    own = next(r["id"] for r in found if r["resourceType"] == "Patient")
    if patient is None:
        return found
    text = re.sub(rf'"Patient/{own}"', f'"Patient/{patient}"', orjson.dumps(found).decode())
    renamed: list[Json] = orjson.loads(text)
    for resource in renamed:
        is_patient = resource["resourceType"] == "Patient"
        resource["id"] = patient if is_patient else f"{patient}-{resource['id']}"
    return renamed


def lines(found: Iterable[Json]) -> dict[str, list[bytes]]:
    """Resources as lines, by type."""
    by_type: dict[str, list[bytes]] = {}
    for resource in found:
        by_type.setdefault(resource["resourceType"], []).append(orjson.dumps(resource))
    return by_type


def as_ndjson(folder: Path, by_type: dict[str, list[bytes]], *, packed: bool = False) -> Path:
    """A folder with a file a type, all of them packed or none."""
    folder.mkdir(parents=True, exist_ok=True)
    for type, found in by_type.items():
        text = b"".join(line + b"\n" for line in found)
        if packed:
            (folder / f"{type}.ndjson.gz").write_bytes(gzip.compress(text))
        else:
            (folder / f"{type}.ndjson").write_bytes(text)
    return folder
