"""Rows of a replay by hand: a few patients whose figures can be counted on fingers."""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from cdshooks.population.engines.parts import write
from cdshooks.population.replaying.rows import COLUMNS, Row, row

MAY, JUNE = date(2024, 5, 6), date(2024, 6, 3)


def view(patient: str, day: date, *counts: int, profile: str = "default", **more: Any) -> Row:
    """counts: rules, groups, cards, and cards if unanswered and if overridden."""
    names = ("rules", "groups", "cards", "cards_unanswered", "cards_overridden")
    told = dict(zip(names, counts, strict=True))
    return row(kind="view", patient=patient, profile=profile, date=day, als=True, **told | more)


def fires(patient: str, day: date, rule: str, *, profile: str = "default", stages: int = 3) -> Row:
    """stages: how many of card, unanswered and overridden still show it."""
    shown = [number < stages for number in range(3)]
    return row(
        kind="rule",
        patient=patient,
        profile=profile,
        date=day,
        rule=rule,
        group="RESP-NIV",
        indicator="warning",
        fired=True,
        missing=False,
        shown=shown[0],
        shown_unanswered=shown[1],
        shown_overridden=shown[2],
        **{"class": "T"},
    )


def lacks(patient: str, day: date, rule: str, profile: str = "default") -> Row:
    said = dict.fromkeys(("fired", "shown", "shown_unanswered", "shown_overridden"), False)
    about = {"patient": patient, "profile": profile, "date": day, "rule": rule}
    return row(kind="rule", **about, group="NUTR", missing=True, **said, **{"class": "T"})


def first(patient: str, day: date, rule: str, profile: str = "default", **became: Any) -> Row:
    about = {"patient": patient, "profile": profile, "date": day, "rule": rule}
    return row(kind="first", **about, indicator="warning", **{"sought": True, **became})


def person(patient: str, views: int, profile: str = "default", **more: Any) -> Row:
    told = {"als": True, "undecided": 0, "undated": 0, "days_followed": 487, **more}
    return row(kind="patient", patient=patient, profile=profile, date=MAY, views=views, **told)


def three_patients() -> Iterator[Row]:
    """
    Anna is seen in May and June, Ben in May, Carl in June.

    niv-consider fires for Anna twice and for Ben; an order follows for Anna on day 10,
    a result for Ben on day 20. pft-overdue fires for Carl and lacks data for Anna.
    """
    yield view("anna", MAY, 4, 3, 2, 2, 2)
    yield view("anna", JUNE, 6, 4, 3, 2, 0)
    yield view("ben", MAY, 1, 1, 1, 1, 1)
    yield view("carl", JUNE, 0, 0, 0, 0, 0)
    yield fires("anna", MAY, "niv-consider")
    yield fires("anna", JUNE, "niv-consider", stages=2)
    yield fires("ben", MAY, "niv-consider", stages=0)
    yield fires("carl", JUNE, "pft-overdue", stages=1)
    yield lacks("anna", MAY, "pft-overdue")
    yield lacks("anna", JUNE, "low-bmi")
    yield first(
        "anna", MAY, "niv-consider", answered_by="order", days_to_answer=10, days_followed=100
    )
    yield first(
        "ben",
        JUNE,
        "niv-consider",
        answered_by="result",
        days_to_answer=20,
        days_to_silence=30,
        days_followed=50,
    )
    yield first("carl", JUNE, "pft-overdue", sought=False, days_followed=0)
    yield person("anna", 2, undated=3)
    yield person("ben", 1, als=False)
    yield person("carl", 1, undecided=2)


def many(count: int, profile: str, times: int) -> Iterator[Row]:
    """So many patients, seen once, of whom ``times`` get advice on ventilation."""
    for number in range(count):
        name, fired = f"patient-{number}", number < times
        yield view(name, MAY, *(5 * (int(fired),)), profile=profile)
        yield person(name, 1, profile)
        if fired:
            yield fires(name, MAY, "niv-consider", profile=profile)
            yield first(name, MAY, "niv-consider", profile, days_followed=number)


def written(rows: Iterable[Row], folder: Path) -> str:
    """The rows as a part of a run; gives the pattern of its parts."""
    folder.mkdir(exist_ok=True)
    told = (dict(zip(COLUMNS, one, strict=True)) for one in rows)
    write(told, COLUMNS, folder / "0.parquet", folder)
    return str(folder / "*.parquet")
