"""Taking one element out of JSON that no validator would accept.

Real clients send objects where R4 has lists, nulls, empty strings and numbers
as text. Each function here returns what can be used and loses only the element
that is broken.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

Json = dict[str, Any]

URN = "urn:uuid:"
"""What a reference begins with in a chart that was exported whole; the id follows."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")
_NUMERAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_ID = re.compile(r"[\w.~:|@+=-]{1,255}", re.ASCII)
_LONGEST_NUMERAL = 40
"""Characters. Longer ones are no measurement, and exact arithmetic on them is slow."""
_LONGEST_CODE = 64
"""Characters of a code that FHIR itself defines; those are shorter."""
_SMALLEST, _LARGEST = -15, 11
"""Powers of ten beyond which no number in a chart is meant."""


def obj(value: object) -> Json:
    """An object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def first(value: object) -> Json:
    """An object, also when it was wrapped in a list; an empty one for anything else."""
    return value if isinstance(value, dict) else next(objects(value), {})


def objects(value: object) -> Iterator[Json]:
    """The objects of a list; a lone object counts as a list of one."""
    if isinstance(value, dict):
        yield value
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                yield item


def contained(*holders: Json) -> dict[str, Json]:
    """What resources contain, by id; of two with one id the first.

    For whoever follows many references: looking through all for each would take too long.
    """
    inner = [one for holder in holders for one in objects(holder.get("contained"))]
    named = ((string(one.get("id")), one) for one in reversed(inner))
    return {id: one for id, one in named if id is not None}


def values(value: object) -> list[Any]:
    """The non-null items of a list; a lone value counts as a list of one."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if item is not None]


def string(value: object) -> str | None:
    """A non-blank string, trimmed."""
    if isinstance(value, str):
        text = value.strip()
        return text or None
    return None


def fhir_code(value: object) -> str | None:
    """A code of FHIR's own, as FHIR writes its statuses; None for what is no text.

    Some clients capitalise them: ``Entered in error`` is ``entered-in-error``. What is
    too long for a code stays as it is, since folding an essay is slow.
    """
    if not isinstance(value, str) or len(value) > _LONGEST_CODE:
        return string(value)
    return "-".join(value.lower().split()) or None


def told_id(value: object) -> str:
    """An id that an answer may repeat: wider than FHIR's, but no markup, and no essay.

    Empty for anything else, as for a resource that has none.
    """
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""


def referred(reference: str) -> str:
    """``Type/id`` that a reference ends with, of whichever version; an id alone as it is."""
    bare = reference.removeprefix(URN).partition("/_history/")[0]
    return "/".join(bare.split("/")[-2:])


def reference_to(type: str, id: object) -> str:
    """``Type/id`` for an answer; the type alone where there is no id that it may repeat."""
    return f"{type}/{id}" if told_id(id) else type


def texts(concept: object) -> Iterator[str]:
    """Every wording of a CodeableConcept, as one line each: its text and its displays.

    R5 wraps a concept in another object where it may also be a reference.
    """
    body = obj(concept)
    body = obj(body["concept"]) if "concept" in body else body
    for text in (body.get("text"), *(c.get("display") for c in objects(body.get("coding")))):
        line = plain(text, 300)
        if line:
            yield line


def plain(value: object, limit: int = 60) -> str:
    """Text of a chart made safe to quote: one line, no control characters, cut at ``limit``."""
    text = " ".join(_CONTROL.sub(" ", value).split()) if isinstance(value, str) else ""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def number(value: object) -> Decimal | None:
    """A finite number of believable size, exactly as it was written; numerals count."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        text = value.strip() if isinstance(value, str) else repr(value)
    except ValueError:  # repr refuses an integer of thousands of digits
        return None
    return None if len(text) > _LONGEST_NUMERAL else _numeral(text)


@lru_cache(maxsize=4096)
def _numeral(text: str) -> Decimal | None:
    """Kept beyond a call: most numbers of charts are small and have few places."""
    if _NUMERAL.fullmatch(text) is None:
        return None
    read = Decimal(text)
    return read if read == 0 or _SMALLEST <= read.adjusted() <= _LARGEST else None


def boolean(value: object) -> bool | None:
    """true or false, also as text."""
    if isinstance(value, bool):
        return value
    text = value.strip().lower() if isinstance(value, str) else None
    return {"true": True, "false": False}.get(text) if text else None
