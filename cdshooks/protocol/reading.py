"""Reading single members of a hook request, each refusal with its JSON path.

``null`` counts as absent everywhere: the specification forbids it outside
prefetch, but clients send it for optional members.
"""

import re
from typing import Any
from urllib.parse import urlsplit

from cdshooks.errors import RequestInvalid

Json = dict[str, Any]

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
# The 64-character limit of FHIR ids is not enforced: the specification's own examples exceed it.
_ID = r"[^\s/\x00-\x1f\x7f-\x9f]{1,1000}"
_BARE_ID = re.compile(_ID)
_REFERENCE = re.compile(rf"[A-Za-z]{{1,100}}/{_ID}")
_LONGEST_URL = 2000
_LONGEST_TEXT = 20_000
"""Characters, for the name of a hook and for a token: longer than what a header carries."""
_MOST_SECONDS = 10**10
_SECONDS = re.compile(r"[0-9]{1,10}")


def required(members: Json, name: str, where: str, expected: str) -> Any:
    """The member ``name``, whatever its type; raises RequestInvalid when it is not there."""
    value = members.get(name)
    if value is None:
        raise RequestInvalid(where, expected, "required")
    return value


def json_object(value: object, where: str) -> Json:
    """``value`` as an object; an absent one is empty."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RequestInvalid(where, "a JSON object", "structure")
    return value


def text(value: object, where: str, expected: str) -> str:
    """A string that is not blank, as sent."""
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_TEXT:
        raise RequestInvalid(where, expected)
    return value


def uuid(value: object, where: str) -> str:
    """A UUID of any version and variant, in either case."""
    return _matching(_UUID, value, where, "a UUID of 8-4-4-4-12 hexadecimal digits")


def bare_id(value: object, where: str) -> str:
    """A FHIR id alone: no resource type before it, no white space in it."""
    return _matching(_BARE_ID, value, where, "a FHIR id without resource type or white space")


def reference(value: object, where: str) -> str:
    """``Type/id``, such as the user's ``Practitioner/123``."""
    return _matching(_REFERENCE, value, where, "a reference of the form Type/id")


def _matching(pattern: re.Pattern[str], value: object, where: str, expected: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise RequestInvalid(where, expected)
    return value


def web_address(value: object, where: str) -> str:
    """An absolute http or https URL, as sent."""
    if not isinstance(value, str) or not _is_web_address(value):
        raise RequestInvalid(where, "an http or https URL")
    return value


def _is_web_address(value: str) -> bool:
    if len(value) > _LONGEST_URL or not value.isprintable() or " " in value:
        return False
    try:
        url = urlsplit(value)
        # Reading the port is what makes urlsplit notice that it is no number.
        return url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        return False


def seconds(value: object) -> int | None:
    """A count of seconds, also as numeral or with a fraction; None for anything else.

    None, too, for a count beyond three centuries, which no date could hold.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value) if abs(value) < _MOST_SECONDS else None
    return int(value) if isinstance(value, str) and _SECONDS.fullmatch(value) else None


def strings(value: object, where: str) -> tuple[str, ...]:
    """A list of strings, as sent; an absent one is empty."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise RequestInvalid(where, "a list of strings", "structure")
    for position, item in enumerate(value):
        if not isinstance(item, str):
            raise RequestInvalid(f"{where}[{position}]", "a string")
    return tuple(value)


def bundled(value: object, where: str) -> tuple[tuple[str | None, Json], ...]:
    """The resources of a Bundle with their fullUrl, in order; an absent Bundle is empty.

    Real clients leave out ``type`` and ``fullUrl``, and send a lone entry without
    its list. An entry that holds no resource is passed over.
    """
    bundle = json_object(value, where)
    if bundle.get("resourceType", "Bundle") != "Bundle":
        raise RequestInvalid(f"{where}.resourceType", "Bundle")
    entries = bundle.get("entry")
    if isinstance(entries, dict):
        entries = [entries]
    if not isinstance(entries, list | None):
        raise RequestInvalid(f"{where}.entry", "a list of entries", "structure")
    return tuple(
        (_full_url(entry), entry["resource"])
        for entry in entries or []
        if isinstance(entry, dict) and isinstance(entry.get("resource"), dict)
    )


def _full_url(entry: Json) -> str | None:
    url = entry.get("fullUrl")
    return url if isinstance(url, str) and url.strip() else None
