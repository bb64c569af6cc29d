"""What goes wrong in real exports, done to a share of the lines."""

from collections.abc import Callable
from typing import Any

import orjson

from cdshooks.cohort.chance import Chance
from cdshooks.cohort.elements import Json

DATES = (
    "effectiveDateTime",
    "authoredOn",
    "recordedDate",
    "onsetDateTime",
    "performedDateTime",
    "birthDate",
    "date",
    "authored",
    "start",
)
BAD_DATES = ("2026-02-30", "last Tuesday", "20260519", "0001-01-01T00:00:00Z", "2026-13-01", "")


def line(resource: Json, chance: Chance, share: float) -> bytes:
    """The line of a resource in an export, without its end; perhaps with something wrong.

    A line may also hold the resource twice, as two lines.
    """
    whole = orjson.dumps(resource)
    if share == 0 or not chance.yes(share):
        return whole
    copy = orjson.loads(whole)
    return chance.one_of(WAYS)(copy, chance)


def _truncated(resource: Json, chance: Chance) -> bytes:
    whole = orjson.dumps(resource)
    return whole[: chance.whole(1, len(whole) - 1)]


def _twice(resource: Json, chance: Chance) -> bytes:
    return orjson.dumps(resource) + b"\n" + orjson.dumps(resource)


def _changed(change: Callable[[Json, Chance], None]) -> Callable[[Json, Chance], bytes]:
    def made(resource: Json, chance: Chance) -> bytes:
        change(resource, chance)
        return orjson.dumps(resource)

    return made


def _somebody_else(resource: Json, chance: Chance) -> None:
    """The subject is a patient who is not in this export."""
    for member in ("subject", "patient"):
        if member in resource:
            resource[member] = {"reference": "Patient/somebody-else"}


def _nobody(resource: Json, chance: Chance) -> None:
    for member in ("subject", "patient"):
        resource.pop(member, None)


def _bad_date(resource: Json, chance: Chance) -> None:
    members = [member for member in DATES if member in resource]
    for member in members[:1]:
        resource[member] = chance.one_of(BAD_DATES)


def _in_error(resource: Json, chance: Chance) -> None:
    if "status" in resource:
        resource["status"] = "entered-in-error"


def _not_a_list(resource: Json, chance: Chance) -> None:
    """A list of one is the one, as some clients write it."""
    lists = [name for name, value in resource.items() if isinstance(value, list) and value]
    if lists:
        name = chance.one_of(lists)
        resource[name] = resource[name][0]


def _empty(resource: Json, chance: Chance) -> None:
    """A member is null."""
    members = [name for name in resource if name not in ("resourceType", "id")]
    resource[chance.one_of(members)] = None


def _number_as_text(resource: Json, chance: Chance) -> None:
    found: Any = resource.get("valueQuantity")
    if isinstance(found, dict):
        found["value"] = str(found["value"])


def _unknown_unit(resource: Json, chance: Chance) -> None:
    found: Any = resource.get("valueQuantity")
    if isinstance(found, dict):
        found["unit"] = chance.one_of(("%", "", "see report", "L"))
        found.pop("code", None)


def _misplaced_point(resource: Json, chance: Chance) -> None:
    """The value is ten times what it is, or a tenth."""
    found: Any = resource.get("valueQuantity")
    if isinstance(found, dict):
        found["value"] = round(found["value"] * chance.one_of((10, 0.1)), 2)


WAYS: tuple[Callable[[Json, Chance], bytes], ...] = (
    _truncated,
    _twice,
    *map(
        _changed,
        (
            _somebody_else,
            _nobody,
            _bad_date,
            _in_error,
            _not_a_list,
            _empty,
            _number_as_text,
            _unknown_unit,
            _misplaced_point,
        ),
    ),
)
