"""Scores: the ALSFRS-R as total, items or form, PHQ-9, ECAS and their kind."""

from datetime import date
from typing import Any

from cdshooks.cohort.content import Questionnaire, content
from cdshooks.cohort.courses import Course
from cdshooks.cohort.distributions import number
from cdshooks.cohort.elements import Json, coding, instant
from cdshooks.cohort.plans import Plan
from cdshooks.cohort.results import Bench
from cdshooks.cohort.scores import answers

SCORE = "{score}"
WITH_TUBE = "5b"


def rating(bench: Bench, course: Course, plan: Plan, day: date) -> None:
    """The ALSFRS-R of a visit, in the form that the site uses."""
    if not bench.chance.yes("done_alsfrs"):
        return
    more = bench.chance.normal(0, number("visit_score_sd"))
    scores = answers(course, day, more, plan.breathing(day))
    total = sum(scores.values())
    if bench.chart.site.forms:
        _form(bench, {_item(i, day, plan): s for i, s in scores.items()}, total)
        return
    bench.measured("alsfrs-total", total, SCORE, "survey")
    if bench.chart.site.items:
        for item, score in scores.items():
            bench.measured(_item(item, day, plan), score, SCORE, "survey")


def _item(item: int, day: date, plan: Plan) -> str:
    """The value set of an item; the fifth is another one for whoever has a gastrostomy."""
    if item == 5:
        return f"alsfrs-item-{WITH_TUBE if day >= plan.tube else '5a'}"
    return f"alsfrs-item-{item}"


def _form(bench: Bench, scores: dict[str, int], total: int) -> None:
    """All answers as one QuestionnaireResponse."""
    entries = [_answer(name, score) for name, score in scores.items()]
    entries.append(_answer("alsfrs-total", total))
    _file(bench, coding("alsfrs-panel")["display"], entries)


def _answer(value_set: str, score: int) -> Json:
    found = coding(value_set)
    return {
        "linkId": f"/{found['code']}",
        "text": found["display"],
        "answer": [{"valueDecimal": score}],
    }


def _file(bench: Bench, title: str, entries: list[Json]) -> None:
    bench.chart.add(
        "QuestionnaireResponse",
        bench.when,
        status="completed",
        authored=instant(bench.when),
        item=[{"linkId": "1", "text": title, "item": entries}],
    )


def questionnaires(bench: Bench, course: Course, plan: Plan, day: date, index: int) -> None:
    """Whatever else is asked at a visit."""
    for asked in content().questionnaires:
        if bench.chance.yes(asked.share):
            score = _score(bench, asked, course, plan, day)
            bench.measured(asked.set, score, SCORE, "survey")
            if asked.set == "phq9-total":
                bench.measured("phq9-item-9", _ninth(bench, score), SCORE, "survey")
    if index % 4 == 0 and bench.chance.yes("done_ecas"):
        _ecas(bench)


def _score(bench: Bench, asked: Questionnaire, course: Course, plan: Plan, day: date) -> int:
    mean = asked.mean
    if asked.set == "eat-10":
        mean += 7 * (4 - answers(course, day, 0, plan.breathing(day))[3])
    return round(bench.chance.normal(mean, asked.sd, asked.low, asked.high))


def _ninth(bench: Bench, score: int) -> int:
    if score < 3 or not bench.chance.yes("phq9_item_9"):
        return 0
    return bench.chance.whole(1, 2)


def _ecas(bench: Bench) -> None:
    specific = round(bench.chance.near("ecas_specific", 20, 100))
    other = round(bench.chance.near("ecas_other", 8, 36))
    scores: dict[str, Any] = {
        "ecas-als-specific": specific,
        "ecas-non-specific": other,
        "ecas-total": specific + other,
    }
    for name, score in scores.items():
        bench.measured(name, score, SCORE, "survey")
