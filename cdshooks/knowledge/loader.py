"""Reads and checks every knowledge file once; a bad one stops the service at start."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar

from cdshooks.errors import KnowledgeInvalid
from cdshooks.knowledge import yaml
from cdshooks.knowledge.base import Base, Knowledge, Measure
from cdshooks.knowledge.checking import checked
from cdshooks.knowledge.codes import Coding, Systems, ValueSet, canonical
from cdshooks.knowledge.dosage import dosage_tables
from cdshooks.knowledge.interactions import DrugSetFile, Ingredients, RouteFile, ingredients
from cdshooks.knowledge.model import (
    CardOrderFile,
    DraftFile,
    MeasureFile,
    ObservationGroupFile,
    OverrideReasonFile,
    ParameterFile,
    ProfileFile,
    SearchFile,
    SourceFile,
    Strict,
    SystemFile,
    ValueSetFile,
)
from cdshooks.knowledge.parameters import Parameter
from cdshooks.knowledge.tables import products, units
from cdshooks.units import UnitTable

M = TypeVar("M", bound=Strict)

ROOT = files("cdshooks.knowledge")
OWN = ".yaml"
"""How the name of a profile ends that is a file of the site."""
KINDS = (".yaml", ".csv")
"""Endings of knowledge files."""


@cache
def base(root: Traversable = ROOT) -> Base:
    """All knowledge of the default profile; read once a process.

    Raises KnowledgeInvalid, naming file and key, for anything that is missing,
    unknown, said twice or pointing nowhere.
    """
    dosage_tables(root)  # type: ignore[arg-type]  # a folder can be hashed
    systems = _systems(root)
    value_sets = _value_sets(root, systems)
    unit_tables = units(root.joinpath("units.csv"))
    sources = _all(root, "sources.yaml", SourceFile)
    loaded = Base(
        systems=systems,
        value_sets=value_sets,
        products=products(_folder(root, "products"), systems),
        ingredients=_ingredients(root, systems),
        units=unit_tables,
        measures=_measures(root, value_sets, unit_tables),
        parameters=_parameters(root),
        sources=sources,
        profiles=_profiles(root),
        drafts={k: v for f in _folder(root, "drafts") for k, v in _entries(f, DraftFile)},
        overrides=_all(root, "overrides.yaml", OverrideReasonFile),
        searches=_all(root, "searches.yaml", SearchFile),
        observation_groups=_all(root, "observation_groups.yaml", ObservationGroupFile),
        digests={path: _digest(file) for path, file in _files(root, "")},
        card_order=_all(root, "card_order.yaml", CardOrderFile),
    )
    _check_references(loaded)
    return loaded


def _files(folder: Traversable, path: str) -> Iterator[tuple[str, Traversable]]:
    for item in folder.iterdir():
        if item.is_dir():
            yield from _files(item, f"{path}{item.name}/")
        elif item.name.endswith(KINDS):
            yield path + item.name, item


def _digest(file: Traversable) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _folder(root: Traversable, name: str) -> list[Traversable]:
    try:
        found = [f for f in root.joinpath(name).iterdir() if f.name.endswith(KINDS)]
    except OSError as error:
        raise KnowledgeInvalid(name, "(folder)", "cannot be read") from error
    return sorted(found, key=lambda f: f.name)


def _entries(file: Traversable, model: type[M]) -> Iterator[tuple[str, M]]:
    for key, value in yaml.read(file).items():
        yield str(key), checked(model, value, file.name, key=str(key))


def _all(root: Traversable, name: str, model: type[M]) -> dict[str, M]:
    return dict(_entries(root.joinpath(name), model))


def _ingredients(root: Traversable, systems: Systems) -> Ingredients:
    files = [file for file in _folder(root, "ingredients") if file.name.endswith(".csv")]
    sets: dict[str, DrugSetFile] = {}
    for file in _folder(root, "drug_sets"):
        for key, entry in _entries(file, DrugSetFile):
            if key in sets:
                raise KnowledgeInvalid(file.name, key, "is defined in another file too")
            sets[key] = entry
    return ingredients(files, sets, _all(root, "routes.yaml", RouteFile), systems)


def _systems(root: Traversable) -> Systems:
    rows = _all(root, "systems.yaml", SystemFile)
    aliases: dict[str, str] = {}
    for short, row in rows.items():
        for alias in (row.uri, *row.aliases):
            for spelling in (alias, alias.lower().replace("https://", "http://", 1).rstrip("/")):
                if aliases.setdefault(spelling, short) != short:
                    raise KnowledgeInvalid("systems.yaml", short, f"{alias} names two systems")
    return Systems({short: row.uri for short, row in rows.items()}, aliases)


def _value_sets(root: Traversable, systems: Systems) -> dict[str, ValueSet]:
    read: dict[str, tuple[str, ValueSetFile]] = {}
    for file in _folder(root, "value_sets"):
        for key, entry in _entries(file, ValueSetFile):
            if key in read:
                raise KnowledgeInvalid(file.name, key, f"also defined in {read[key][0]}")
            read[key] = (file.name, entry)
    return {key: _value_set(key, read, systems) for key in read}


def _value_set(
    key: str, read: Mapping[str, tuple[str, ValueSetFile]], systems: Systems
) -> ValueSet:
    file, entry = read[key]
    rows = list(entry.codings)
    for other in entry.includes:
        if other not in read:
            raise KnowledgeInvalid(file, f"{key}.includes", f"no value set {other!r}")
        if read[other][1].includes:
            raise KnowledgeInvalid(file, f"{key}.includes", f"{other!r} includes others itself")
        rows.extend(read[other][1].codings)
    for row in rows:
        if row.system not in systems.uris:
            raise KnowledgeInvalid(file, key, f"code system {row.system!r} is not in systems.yaml")
    try:
        text = re.compile(entry.text, re.IGNORECASE) if entry.text else None
    except re.error as error:
        raise KnowledgeInvalid(file, f"{key}.text", f"not a pattern: {error}") from error
    return ValueSet(
        id=key,
        meaning=entry.meaning,
        codings=tuple(
            Coding(canonical(r.system, r.code), r.code, r.display, r.confidence) for r in rows
        ),
        exact=frozenset(canonical(r.system, r.code) for r in rows),
        prefixes=tuple(canonical(r.system, r.code) for r in rows if r.prefix),
        text=text,
        includes=entry.includes,
        captured=entry.captured,
    )


def _measures(
    root: Traversable, value_sets: Mapping[str, ValueSet], units: Mapping[str, UnitTable]
) -> dict[str, Measure]:
    found: dict[str, Measure] = {}
    for key, entry in _all(root, "measures.yaml", MeasureFile).items():
        if entry.quantity not in units:
            raise KnowledgeInvalid("measures.yaml", f"{key}.quantity", "no such quantity in units")
        for name in (*entry.value_sets, *entry.labels, *entry.positions):
            if name not in value_sets:
                raise KnowledgeInvalid("measures.yaml", key, f"no value set {name!r}")
        if entry.yields is not None and not (entry.outliers and entry.yields in entry.labels):
            raise KnowledgeInvalid("measures.yaml", f"{key}.yields", "expected one of its labels")
        found[key] = Measure(
            id=key,
            file=entry,
            units=units[entry.quantity],
            value_sets=tuple(value_sets[name] for name in entry.value_sets),
        )
    for key, measure in found.items():
        for other in measure.file.computed_from:
            if other not in found:
                raise KnowledgeInvalid("measures.yaml", f"{key}.computed", f"no measure {other!r}")
    return found


def _parameters(root: Traversable) -> dict[str, Parameter]:
    found: dict[str, Parameter] = {}
    for file in _folder(root, "parameters"):
        for name, entry in _entries(file, ParameterFile):
            if name in found:
                raise KnowledgeInvalid(file.name, name, "said twice")
            found[name] = Parameter(
                name=name,
                group=file.name.removesuffix(".yaml"),
                value=entry.value,
                operator=entry.operator,
                unit=entry.unit,
                meaning=entry.meaning,
                mark=entry.mark,
                source=entry.source.guideline,
                locator=entry.source.locator,
                checked=entry.source.checked,
                choices=entry.choices,
            )
    return found


def _profiles(root: Traversable) -> dict[str, ProfileFile]:
    return {_stem(file): _profile(file) for file in _folder(root, "profiles")}


def _stem(file: Traversable) -> str:
    return file.name.removesuffix(OWN)


def _profile(file: Traversable) -> ProfileFile:
    # A word such as off is a key of its own kind in YAML.
    content = {str(key): value for key, value in yaml.read(file).items()}
    return checked(ProfileFile, content, file.name, kind="a profile")


def of_site(shipped: Base, names: Iterable[str]) -> Knowledge:
    """
    The shipped knowledge under these profiles, later ones over earlier ones.

    A name that ends in .yaml is the path of a profile of the site itself. Raises
    KnowledgeInvalid for an unknown name and for a file that says what cannot be.
    """
    chosen = tuple(names)
    files = [Path(name) for name in chosen if name.endswith(OWN)]
    own = {_stem(file): _profile(file) for file in files}
    for name in own.keys() & shipped.profiles.keys():
        raise KnowledgeInvalid(f"{name}{OWN}", "(name)", "a profile of this name is shipped")
    digests = {**shipped.digests, **{f"site/{file.name}": _digest(file) for file in files}}
    loaded = replace(shipped, profiles={**shipped.profiles, **own}, digests=digests)
    _check_profiles(loaded)
    stems = (Path(n).stem if n.endswith(OWN) else n for n in chosen)
    return (loaded if own else shipped).profile(*stems)


def _check_references(loaded: Base) -> None:
    """Every source, parameter and group that is named must exist."""
    for parameter in loaded.parameters.values():
        if parameter.source not in loaded.sources:
            raise KnowledgeInvalid(
                f"{parameter.group}.yaml", parameter.name, f"no source {parameter.source!r}"
            )
    _check_profiles(loaded)
    _check_measures(loaded)
    for key, reason in loaded.overrides.items():
        if reason.system not in loaded.systems.uris:
            raise KnowledgeInvalid("overrides.yaml", key, "code system not in systems.yaml")


def _check_profiles(loaded: Base) -> None:
    """What profiles name must exist: parameters, sources and concepts."""
    for name, profile in loaded.profiles.items():
        for concept in () if profile.captures == "all" else profile.captures:
            if concept not in loaded.measures and concept not in loaded.value_sets:
                raise KnowledgeInvalid(f"{name}.yaml", f"captures.{concept}", "no such concept")
        for key, override in profile.parameters.items():
            if key not in loaded.parameters:
                raise KnowledgeInvalid(f"{name}.yaml", key, "no such parameter")
            misfit = loaded.parameters[key].misfit(override.value, override.operator)
            if misfit is not None:
                raise KnowledgeInvalid(f"{name}.yaml", key, misfit)
            if override.source.guideline not in loaded.sources:
                raise KnowledgeInvalid(
                    f"{name}.yaml", key, f"no source {override.source.guideline!r}"
                )


def _check_measures(loaded: Base) -> None:
    for key, group in loaded.observation_groups.items():
        if any(name not in loaded.value_sets for name in group.panels):
            raise KnowledgeInvalid("observation_groups.yaml", f"{key}.panels", "no such value set")
    for key, measure in loaded.measures.items():
        low, high = measure.file.plausible
        if low >= high:
            raise KnowledgeInvalid("measures.yaml", f"{key}.plausible", "expected low, high")
        if any(alike.unit not in measure.units.rows for alike in measure.file.lookalikes):
            raise KnowledgeInvalid("measures.yaml", f"{key}.lookalikes", "unit not in units.csv")
        if measure.file.prefetch not in loaded.observation_groups:
            raise KnowledgeInvalid("measures.yaml", f"{key}.prefetch", "no such search")
        if measure.file.source not in loaded.sources:
            raise KnowledgeInvalid("measures.yaml", f"{key}.source", "no such source")
