"""Knowledge files as models: a mistake is told with the file, the key and plain words."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from cdshooks.errors import KnowledgeInvalid

M = TypeVar("M", bound=BaseModel)
_PLAIN = {
    "dict_type": "expected keys with values",
    "extra_forbidden": "no such key",
    "missing": "is missing",
    "model_type": "expected keys with values",
    "tuple_type": "expected a list in [ ]",
}
_A_DAY = "expected a day, such as 2026-06-01"


def checked(
    model: type[M], content: Any, file: str, *, key: str | None = None, kind: str = ""
) -> M:
    """``content`` as a model; raises KnowledgeInvalid that names its first mistake.

    file: the name that is told. key: under which the content stands there, if it is not
    the whole. kind: what the whole is, such as "a profile", to tell which keys it has.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = first["loc"] if key is None else (key, *first["loc"])
        known = f"; {kind} has {', '.join(model.model_fields)}"
        problem = _plain(first) + (known if kind and len(where) == 1 else "")
        raise KnowledgeInvalid(file, ".".join(map(str, where)), problem) from error


def _plain(error: ErrorDetails) -> str:
    """What pydantic found wrong, in the words of the file instead of Python's."""
    if error["type"].startswith("date_"):
        return _A_DAY
    if error["type"] == "literal_error":
        return f"expected {error['ctx']['expected']}"
    return _PLAIN.get(error["type"], error["msg"])
