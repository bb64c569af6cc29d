"""The files of an export: which there are, of which type each is, and whether they changed."""

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cdshooks.errors import CdsHooksError
from cdshooks.population.lines import parsed, types

LINES = (".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz")
BUNDLES = (".json", ".json.gz")
NEEDED = ("Patient", "Condition")
"""Types without which nobody can say who has ALS."""
PACKED = 10
"""How many times smaller gzip makes FHIR resources."""
_WORD = re.compile(r"[A-Za-z]+")
_FIRST = 65536
"""Bytes of a file that are looked at for its type, where its name does not say it."""


class SourceInvalid(CdsHooksError):
    """What was named as the input is none: says what was expected."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of the input. type: that of its resources, or nothing where it cannot be told."""

    path: Path
    type: str
    size: int


@dataclass(frozen=True, slots=True)
class Source:
    """The input: lines by type, or whole Bundles. Types that no rule reads are left out."""

    folder: Path
    files: tuple[File, ...]
    bundles: bool

    @property
    def exported(self) -> frozenset[str] | None:
        """The types of which there is a file; None for Bundles, which are whole charts."""
        return None if self.bundles else frozenset(file.type for file in self.files)

    @property
    def size(self) -> int:
        """Bytes of all files when they are unpacked, roughly."""
        return sum(file.size * (PACKED if file.path.suffix == ".gz" else 1) for file in self.files)

    def fingerprint(self) -> str:
        """What differs when a file is added, taken away or written again."""
        digest = sha256()
        for file in self.files:
            changed = file.path.stat().st_mtime_ns
            digest.update(
                f"{file.path.relative_to(self.folder)}\0{file.size}\0{changed}\n".encode()
            )
        return digest.hexdigest()[:16]

    def name(self, path: str | Path) -> str:
        """How a file is called in a message: as seen from the folder."""
        return str(Path(path).relative_to(self.folder))


def source_of(folder: Path) -> Source:
    """
    The export in a folder and in the folders below it.

    NDJSON where there is any; the JSON files beside it, such as a manifest, are then
    left alone. Otherwise every JSON file counts as a Bundle. Raises SourceInvalid
    where there is neither, or no file from which to tell who has ALS.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        raise SourceInvalid(f"{folder}: expected a folder with NDJSON files or Bundles")
    lines = tuple(_files(folder, LINES))
    if not lines:
        return _bundles(folder)
    known = types()
    files = tuple(File(path, _type(path, known), path.stat().st_size) for path in lines)
    read = tuple(file for file in files if file.type in known or not file.type)
    missing = [type for type in NEEDED if type not in {file.type for file in read}]
    if missing:
        raise SourceInvalid(f"{folder}: no file of {missing[0]}, so nobody's diagnosis can be told")
    return Source(folder, read, bundles=False)


def _bundles(folder: Path) -> Source:
    found = tuple(File(path, "Bundle", path.stat().st_size) for path in _files(folder, BUNDLES))
    if not found:
        raise SourceInvalid(f"{folder}: expected *.ndjson, *.ndjson.gz or Bundles in *.json")
    return Source(folder, found, bundles=True)


def _files(folder: Path, endings: tuple[str, ...]) -> Iterator[Path]:
    found = (path for path in folder.rglob("*") if path.name.endswith(endings) and path.is_file())
    yield from sorted(found)


def _type(path: Path, known: frozenset[str]) -> str:
    """The type in a file's name, as in Observation.3.ndjson; or that of its first resource."""
    named = next((word for word in _WORD.findall(path.name) if word in known), None)
    return named or _first_type(path)


def _first_type(path: Path) -> str:
    try:
        with opened(path) as file:
            first = file.readline(_FIRST)
    except (OSError, EOFError):
        return ""
    found = parsed(first)
    return "" if isinstance(found, str) else str(found["resourceType"])


def opened(path: Path) -> gzip.GzipFile:
    """A file to read bytes from, unpacked where its name says that it is packed."""
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]
