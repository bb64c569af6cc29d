"""What a SMART scope lets one read: version 1 (``.read``) and version 2 (``.rs``)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl

_SCOPE = re.compile(
    r"(patient|user|system)/([A-Za-z]+|\*)\.(read|write|\*|c?r?u?d?s?)(?:\?(.*))?", re.DOTALL
)

Parameters = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope on FHIR data.

    type: a resource type, or ``*``. only: search parameters to which it is
    limited; a search that does not carry them all is not granted.
    """

    level: str
    type: str
    reads: bool
    searches: bool
    only: Parameters = frozenset()


def scopes(text: str) -> tuple[Scope, ...]:
    """The scopes on FHIR data of a space-separated list; others, such as openid, are left out."""
    matches = (_SCOPE.fullmatch(word) for word in text.split())
    return tuple(_scope(*match.groups()) for match in matches if match)


def _scope(level: str, type: str, may: str, only: str | None) -> Scope:
    all_of_it = may in ("read", "*")
    version_2 = may != "write"
    return Scope(
        level,
        type,
        reads=all_of_it or (version_2 and "r" in may),
        searches=all_of_it or (version_2 and "s" in may),
        only=_parameters(only or ""),
    )


def grants(granted: Iterable[Scope], type: str, query: str, *, own_patient: bool) -> bool:
    """Whether one of the scopes allows a read (``Type/id``) or a search (``Type?…``).

    own_patient: whether the token was issued for the patient of the call. Without
    it ``patient/`` scopes grant nothing: a server may answer for somebody else,
    with nothing found, and that would look like absence.
    """
    is_search = "?" in query
    parameters = _parameters(query.partition("?")[2])
    return any(
        (scope.searches if is_search else scope.reads)
        and scope.type in ("*", type)
        and scope.only <= parameters
        and (own_patient or scope.level != "patient")
        for scope in granted
    )


def _parameters(query: str) -> Parameters:
    return frozenset(parse_qsl(query, keep_blank_values=True))
