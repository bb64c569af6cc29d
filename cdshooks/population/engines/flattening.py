"""Bundles taken apart into lines, so that they are grouped as an export is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from cdshooks.fhir.elements import obj
from cdshooks.population.dirt import Dirt
from cdshooks.population.lines import (
    NOBODYS,
    NOT_FHIR,
    NOT_JSON,
    entries,
    patient_of,
    types,
)
from cdshooks.population.source import File, Source, opened

SLICE = 32 * 1024 * 1024
"""Bytes of Bundles that one worker takes apart at a time."""
Keyed = tuple[str, str, bytes]
"""Patient, type and text of a resource."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Some files of Bundles. target: the file for their lines, without suffix."""

    source: Source
    files: tuple[File, ...]
    target: Path


def slices(source: Source, folder: Path) -> Iterator[Slice]:
    """The files in pieces of about the same size."""
    held: list[File] = []
    number = size = 0
    for file in source.files:
        held.append(file)
        size += file.size
        if size >= SLICE:
            yield Slice(source, tuple(held), folder / f"{number:05}")
            held, size, number = [], 0, number + 1
    if held:
        yield Slice(source, tuple(held), folder / f"{number:05}")


def flatten(slice: Slice) -> None:
    """Writes patient, type and text of every resource, and what could not be used."""
    dirt: list[Dirt] = []
    fresh = slice.target.with_suffix(".new")
    with fresh.open("wb") as target:
        for file in slice.files:
            name = slice.source.name(file.path)
            for found in flattened(file.path, name):
                if isinstance(found, Dirt):
                    dirt.append(found)
                else:
                    patient, type, text = found
                    target.write(b"\t".join((patient.encode(), type.encode(), text)) + b"\n")
    slice.target.with_suffix(".json").write_bytes(orjson.dumps(dirt))
    fresh.replace(slice.target.with_suffix(".tsv"))


def flattened(path: Path, name: str) -> Iterator[Keyed | Dirt]:
    """
    The resources of a Bundle that some rule reads, each with its patient.

    All of a Bundle with one Patient is that patient's chart; what of it is about
    somebody else is dropped when the chart is read.
    """
    with opened(path) as file:
        try:
            body = orjson.loads(file.read())
        except orjson.JSONDecodeError as problem:
            yield Dirt(name, problem.lineno, NOT_JSON)
            return
        except (OSError, EOFError):
            yield Dirt(name, 1, "not a whole gzip file")
            return
    if obj(body).get("resourceType") != "Bundle":
        yield Dirt(name, 1, "not a Bundle")
        return
    held = list(entries(body))
    yield from _keyed(held, _only(resource for _, resource in held), name)


def _only(resources: Iterable[object]) -> str | None:
    """The id of the one Patient of a Bundle; None where there is none, or more than one."""
    bodies = (obj(resource) for resource in resources)
    found = {patient_of(body) for body in bodies if body.get("resourceType") == "Patient"}
    return next(iter(found)) if len(found) == 1 else None


def _keyed(held: Iterable[tuple[int, Any]], only: str | None, name: str) -> Iterator[Keyed | Dirt]:
    wanted = types()
    for number, resource in held:
        if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
            yield Dirt(name, number, NOT_FHIR)
            continue
        type = resource["resourceType"]
        if type not in wanted:
            continue
        patient = only or patient_of(resource)
        if patient and not patient.isspace() and "\t" not in patient:
            yield patient, type, orjson.dumps(resource)
        elif type != "Medication":
            yield Dirt(name, number, NOBODYS)
