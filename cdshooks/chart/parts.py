"""An answer about several kinds of thing at once that tells them apart."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from cdshooks.chart.view import View
from cdshooks.rules.authoring import Entries, InUse, Ordered, Refused

Kind = TypeVar("Kind", InUse, Ordered, Refused)


def by_part(answer: Callable[[View, Kind], Entries]) -> Callable[[View, Kind], Entries]:
    """The answer, or where a declaration names parts, that of each part with its name."""

    def told_apart(view: View, wanted: Kind) -> Entries:
        if not wanted.parts:
            return answer(view, wanted)
        found = {
            part: answer(view, replace(wanted, value_set=part, parts=())) for part in wanted.parts
        }
        return Entries(
            items=tuple(
                replace(entry, reasons=entry.reasons | {part})
                for part, entries in found.items()
                for entry in entries
            ),
            whole=all(entries.whole for entries in found.values()),
            failed=tuple(dict.fromkeys(key for e in found.values() for key in e.failed)),
            label=view.value_set(wanted.value_set).meaning,
        )

    return told_apart
