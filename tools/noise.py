"""``docs/noise.md``: how much is said about a patient about whom little is wrong.

A candidate is a rule that would speak, before rules share cards and cards are capped.
Measured when the chart of an example patient is opened, on the day of its story, with
everything answered: once as charts are coded in most places (``default``), once where
everything is coded (``captures-all``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import cache

from cdshooks import examples
from cdshooks.cli.bundle import patient_of, request
from cdshooks.knowledge import base
from cdshooks.rules.authoring import Recommend
from cdshooks.services import services
from cdshooks.services.answer import Site, answer, searches

HOOK = "patient-view"
TYPICAL = {
    "first-visit-with-few-scores": "first visit",
    "new-diagnosis-among-300-observations": "first visit",
    "follow-up-with-few-scores": "routine follow-up",
    "quiet-stable-limb-onset": "routine follow-up",
}
"""The example patients who are typical of a clinic, and of which visit."""
BUDGET = {"first visit": 4, "routine follow-up": 2}
"""How many candidates a visit of a typical patient may have where little is coded."""
PROFILES = ("default", "captures-all")
INTRODUCTION = """\
A service that speaks too often is not heard. A *candidate* is a rule that would speak; rules of one
topic then share a card, and at most five cards go out. For a typical patient, in the profile
`default`, there are at most 4 candidates at a first visit and at most 2 at a routine follow-up; a
test fails otherwise. `captures-all` is a site that records everything in coded form, where more can
be missed: it is measured, and not limited.

When a chart is opened, on the day of the story:
"""
OTHERS = """\
The other [example patients](examples.md) have something that calls for advice:
"""


@dataclass(frozen=True, slots=True)
class Noise:
    """What one chart leads to: the rules that would speak, and how many cards go out."""

    candidates: tuple[str, ...]
    cards: int


@cache
def noise(name: str, profile: str) -> Noise:
    """What is said when the chart of an example patient is opened."""
    chart = examples.load(name)
    day = examples.anchor(chart)
    if day is None:
        raise ValueError(f"{name} has no day")
    names = ("default",) if profile == "default" else ("default", profile)
    site = Site(base().profile(*names), UTC, "https://cds.example.org", full_prefetch=True)
    call = request(HOOK, chart, patient_of(chart, name), (), searches(HOOK, site))
    [service] = [s for s in services() if s.hook == HOOK]
    said = answer(service, call, site, datetime.combine(day, time(12), UTC))
    spoke = [f.rule.id for f in said.findings if isinstance(f.outcome, Recommend)]
    return Noise(tuple(sorted(spoke)), len(said.body["cards"]))


def page() -> Iterator[str]:
    """The lines of the page."""
    yield INTRODUCTION
    yield "| example | visit | budget | `default` | cards | `captures-all` | cards |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for name, visit in TYPICAL.items():
        usual, all_coded = (noise(name, profile) for profile in PROFILES)
        yield (
            f"| `{name}` | {visit} | {BUDGET[visit]} | {_told(usual)} | {usual.cards} "
            f"| {_told(all_coded)} | {all_coded.cards} |"
        )
    yield f"\n{OTHERS}"
    yield "| example | `default` | cards | `captures-all` | cards |"
    yield "| --- | --- | --- | --- | --- |"
    for name in examples.names():
        if name not in TYPICAL:
            found = [noise(name, profile) for profile in PROFILES]
            counts = " | ".join(f"{len(one.candidates)} | {one.cards}" for one in found)
            yield f"| `{name}` | {counts} |"


def _told(one: Noise) -> str:
    rules = ", ".join(f"[{rule}](rules.md#{rule})" for rule in one.candidates)
    return f"{len(one.candidates)}: {rules}" if rules else "0"
