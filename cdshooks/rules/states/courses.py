"""Since when is a drug taken, however often it was ordered anew?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import ClassVar

from cdshooks.rules.authoring import Entry, Limits


@dataclass(frozen=True, slots=True)
class CourseLimits(Limits):
    """What is a renewal and no interruption."""

    group: ClassVar[str] = "courses"
    course_gap_days: Decimal
    course_order_days: Decimal


@dataclass(frozen=True, slots=True)
class Course:
    """A drug that was taken without interruption.

    entry: the newest order, statement or supply of it. start and end: of the whole; None
    when not recorded, or when it goes on. changed: the day on which it was begun, its dose
    or product last became another, or one of its orders was stopped. reach: the last day
    on which a further order only renews it; None while it goes on.
    """

    entry: Entry
    start: date | None
    end: date | None
    changed: date | None
    reach: date | None

    def goes_on_in(self, entry: Entry) -> bool:
        """Whether a later entry of the same drug renews this course."""
        if self.start is None or entry.start is None:
            return False
        return self.reach is None or entry.start <= self.reach


def courses(entries: Iterable[Entry], limits: CourseLimits) -> tuple[Course, ...]:
    """Entries of drugs joined into courses, the first begun first.

    A renewal is no new course. What somebody stopped goes on only in an order of the same
    day. An entry without a start stands for itself.
    """
    found: list[Course] = []
    going_on: dict[str, list[int]] = {}
    for entry in sorted(entries, key=lambda e: e.start or date.min):
        reach = _reach(entry, limits)
        places = going_on.setdefault(entry.label, [])
        # What one order is too late to renew, no later one renews.
        while places and not found[places[-1]].goes_on_in(entry):
            places.pop()
        if places:
            found[places[-1]] = _renewed(found[places[-1]], entry, reach)
        else:
            places.append(len(found))
            found.append(Course(entry, entry.start, entry.end, entry.start, reach))
    return tuple(found)


def _reach(entry: Entry, limits: CourseLimits) -> date | None:
    if entry.end is None:
        return None
    if entry.status != "completed":
        return entry.end
    days = limits.course_order_days if is_unwritten(entry) else limits.course_gap_days
    return entry.end + timedelta(days=int(days))


def is_unwritten(entry: Entry) -> bool:
    """Whether an order was completed, and when is not on record."""
    completed = entry.type == "MedicationRequest" and entry.status == "completed"
    return completed and entry.end is not None and entry.end == entry.start


def _renewed(course: Course, entry: Entry, reach: date | None) -> Course:
    """The course with a further entry of the same drug."""
    changed = course.changed
    if entry.end is not None and entry.status != "completed":
        changed = entry.end
    elif _is_other(course.entry, entry):
        changed = entry.start
    return Course(
        entry=entry,
        start=course.start,
        end=_later(course.end, entry.end),
        changed=changed,
        reach=_later(course.reach, reach),
    )


def _later(one: date | None, other: date | None) -> date | None:
    """The later of two ends; None is no end."""
    return None if one is None or other is None else max(one, other)


def _is_other(before: Entry, entry: Entry) -> bool:
    """Whether the dose or the kind of product is known to have become another."""
    pairs = ((before.mg_a_day, entry.mg_a_day), (before.form, entry.form))
    return any(old is not None and new is not None and old != new for old, new in pairs)
