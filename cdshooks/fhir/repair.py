"""A client's own resource made valid R4: lists where R4 has lists, broken elements left out."""

from collections.abc import Sequence
from functools import lru_cache, reduce
from operator import getitem
from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from pydantic import BaseModel, ValidationError

Json = dict[str, Any]
Path = Sequence[int | str]
ATTEMPTS = 30
"""Rounds of mending; each mends every error that validation named."""


def repaired(resource: Json) -> Json | None:
    """``resource`` as valid R4, or None when what is broken cannot be left out.

    Objects are wrapped where R4 has lists; nulls and empty elements are dropped,
    and so is whatever still does not validate, the innermost element first.
    """
    type = resource.get("resourceType")
    model = model_of(type) if isinstance(type, str) else None
    body: Json = _without_empties(resource) or {}
    if model is None:
        return None
    for _ in range(ATTEMPTS):
        errors = problems(body, model)
        if not errors:
            return body
        mended = [_mend(body, path, kind) for path, kind in errors]
        if not all(mended):
            return None
        body = _without_empties(body) or {}
    return None


def is_valid(resource: Json) -> bool:
    """Whether a resource is valid R4 as it stands."""
    type = resource.get("resourceType")
    model = model_of(type) if isinstance(type, str) else None
    return model is not None and not problems(resource, model)


def problems(body: Json, model: type[BaseModel]) -> list[tuple[tuple[int | str, ...], str]]:
    """Where and how ``body`` is not valid; empty when it is."""
    try:
        model.model_validate(body)
    except ValidationError as error:
        return [(e["loc"], e["type"]) for e in error.errors()]
    except (AttributeError, LookupError, TypeError):
        # The library takes for granted that it knows the type of what is contained.
        return [((), "unreadable")]
    return []


@lru_cache(maxsize=256)
def model_of(name: str) -> type[BaseModel] | None:
    """The R4B model of a resource type; None for a name that is none."""
    try:
        found: type[BaseModel] = get_fhir_model_class(name)
    except (ValueError, LookupError, ImportError):
        return None
    return found


def _without_empties(node: Any) -> Any:
    """The node without nulls, blank strings and empty objects; FHIR has none of them."""
    if isinstance(node, dict):
        kept = {k: _without_empties(v) for k, v in node.items() if _may_stay(k, v)}
        return {key: value for key, value in kept.items() if value is not None} or None
    if isinstance(node, list):
        items = [item for item in map(_without_empties, node) if item is not None]
        return items or None
    if isinstance(node, str) and not node.strip():
        return None
    return node


def _may_stay(key: str, value: Any) -> bool:
    """Whether the place of extensions, such as ``_given``, holds extensions alone.

    Nulls among them pair the others with values. Without these an extension would move
    to another value, so all of them go.
    """
    items = value if isinstance(value, list) else [value]
    return not key.startswith("_") or all(isinstance(item, dict) for item in items)


def _mend(body: Json, path: Path, kind: str) -> bool:
    """Wraps or drops one element; False when a required one at the top is missing."""
    parent = _at(body, path[:-1])
    key = path[-1] if path else None
    if isinstance(parent, dict) and key in parent:
        if kind == "list_type":
            parent[key] = [parent[key]]
        else:
            del parent[key]
        return True
    if isinstance(parent, list) and isinstance(key, int) and key < len(parent):
        del parent[key]
        return True
    return len(path) > 1 and _mend(body, path[:-1], "missing child")


def _at(body: Any, path: Path) -> Any:
    """The node at a path; None where an earlier mend took it away."""
    try:
        return reduce(getitem, path, body)
    except (KeyError, IndexError, TypeError):
        return None
