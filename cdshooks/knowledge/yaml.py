"""Reading YAML for the loader: safe, fast, and with numbers kept exact."""

from collections.abc import Hashable
from decimal import Decimal, InvalidOperation
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from cdshooks.errors import KnowledgeInvalid

try:
    from yaml import CSafeLoader as _Base
except ImportError:  # PyYAML without libyaml is slower, not wrong
    from yaml import SafeLoader as _Base  # type: ignore[assignment]


class _Loader(_Base):
    """A safe loader whose floats are decimals, and that refuses a key said twice."""


def _decimal(loader: Any, node: Any) -> Decimal:
    text = loader.construct_scalar(node)
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise yaml.constructor.ConstructorError(None, None, f"no number: {text}", node.start_mark)
    return number


def _mapping(loader: Any, node: Any) -> dict[Any, Any]:
    pairs = [(loader.construct_object(k, deep=True), v) for k, v in node.value]
    seen: set[Any] = set()
    for key, value in pairs:
        if not isinstance(key, Hashable):
            raise yaml.constructor.ConstructorError(None, None, "a key is no name", node.start_mark)
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"key {key!r} appears twice", value.start_mark
            )
        seen.add(key)
    return {key: loader.construct_object(value, deep=True) for key, value in pairs}


_Loader.add_constructor("tag:yaml.org,2002:float", _decimal)
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def read(file: Traversable) -> dict[str, Any]:
    """The mapping that a YAML file holds; raises KnowledgeInvalid with its name."""
    return parse(text_of(file), file.name)


def text_of(file: Traversable) -> str:
    """What a knowledge file holds; raises KnowledgeInvalid if it is not there or not text."""
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise KnowledgeInvalid(str(file), "(file)", f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise KnowledgeInvalid(file.name, "(file)", "not UTF-8") from error


def parse(text: str, name: str) -> dict[str, Any]:
    """The mapping in ``text``; ``name`` is used in messages only."""
    try:
        data = yaml.load(text, Loader=_Loader)  # noqa: S506 - built on the safe loader
    except yaml.YAMLError as error:
        raise KnowledgeInvalid(name, "(file)", f"not YAML: {_said(error)}") from error
    if not isinstance(data, dict):
        raise KnowledgeInvalid(name, "(file)", "expected a mapping at the top")
    return data


def _said(error: yaml.YAMLError) -> str:
    """What is wrong with the text, and where, in a line."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return " ".join(str(error).split())
    mark = error.problem_mark
    return f"{error.problem}, line {mark.line + 1}, column {mark.column + 1}"
