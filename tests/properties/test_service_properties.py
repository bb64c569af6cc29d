"""What holds for every chart: an answer, monotony, units that do not matter, harmless text."""

import copy
import json
import os
import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cdshooks.knowledge import base
from cdshooks.rules.authoring import LEVELS
from cdshooks.units import as_decimal
from tests.support import calls, resources
from tests.support.card_rules import faults

Json = dict[str, Any]
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NAMES = (
    "patient-view-fvc-46",
    "order-sign-riluzole-once-daily",
    "order-sign-dstu2-medication-order",
)
TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
    | st.sampled_from(["2026-08-18", "9999-12-31T23:59:59Z", "0001-01-01", "Patient/sandbox-amy"])
)
KEYS = TEXT | st.sampled_from(["resourceType", "entry", "resource", "coding", "code", "value"])
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4)
)


@pytest.fixture(autouse=True, scope="module")
def _no_settings() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("CDSHOOKS_")]:
            patch.delenv(name)
        yield


def reply_to(body: Json) -> tuple[int, Json]:
    # The logs of a call are of no interest here.
    reply = calls.app().test_client().post(calls.path_of(body["hook"]), json=body)
    return reply.status_code, json.loads(reply.data)


def cards(body: Json) -> list[Json]:
    status, response = reply_to(body)
    assert status == 200
    assert faults(response) == []
    found: list[Json] = response["cards"]
    return found


def put(document: Any, path: tuple[str | int, ...], value: Any) -> None:
    """Replaces what is at a path; nothing happens where an earlier change took it away."""
    for key in path[:-1]:
        try:
            document = document[key]
        except (KeyError, IndexError, TypeError):
            return
    if (isinstance(document, dict) and isinstance(path[-1], str)) or (
        isinstance(document, list) and isinstance(path[-1], int) and path[-1] < len(document)
    ):
        document[path[-1]] = value


@pytest.mark.req("REQ-8", "REQ-9")
@FEW
@given(st.data())
def test_any_change_of_a_chart_or_an_order_is_answered(data: st.DataObject) -> None:
    body = calls.recorded(data.draw(st.sampled_from(NAMES)))
    parts = {"prefetch": body.get("prefetch", {}), "context": body["context"]}
    kept = [p for p in calls.places(parts) if p not in (("prefetch",), ("context",))]
    for path in data.draw(st.lists(st.sampled_from(kept), min_size=1, max_size=4)):
        put(parts, path, data.draw(JSON))
    status, response = reply_to(body)
    assert status in (200, 400, 412)
    if status == 200:
        assert faults(response) == []
    else:
        assert response["resourceType"] == "OperationOutcome"


@pytest.mark.req("REQ-9")
@FEW
@given(hook=st.sampled_from(["patient-view", "order-select", "order-sign"]), data=st.data())
def test_any_json_as_prefetch_and_drafts_is_answered(hook: str, data: st.DataObject) -> None:
    body = calls.example_request("quiet-stable-limb-onset", hook)
    for key in body["prefetch"]:
        if data.draw(st.booleans()):
            body["prefetch"][key] = data.draw(JSON)
    if hook != "patient-view":
        body["context"]["draftOrders"] = {"entry": [{"resource": data.draw(JSON)}]}
    status, response = reply_to(body)
    assert status in (200, 412)
    if status == 200:
        assert faults(response) == []


RANGES = {"vc-percent": (5, 150), "snip": (1, 200), "mip": (1, 250), "paco2": (15, 150)}
BETTER_IS_HIGHER = {"vc-percent": True, "snip": True, "mip": True, "paco2": False}
TENTHS = {
    measure: st.integers(low * 10, high * 10).map(lambda n: Decimal(n) / 10)
    for measure, (low, high) in RANGES.items()
}
CANONICAL = {"vc-percent": "%", "snip": "cm[H2O]", "mip": "cm[H2O]", "paco2": "mm[Hg]"}


def observation(measure: str, value: Decimal, unit: str) -> Json:
    quantity = {"value": float(value), "unit": unit}
    made = resources.observation(measure, f"{value} sitting, 12 days ago", calls.TODAY)
    return made | {"subject": {"reference": "Patient/sandbox-amy"}, "valueQuantity": quantity}


def niv(values: dict[str, tuple[Decimal, str]], symptoms: list[str]) -> int:
    """Rank of the indicator of niv-consider, from 1; 0 when it is silent."""
    body = calls.recorded("patient-view-fvc-46")
    found = [observation(m, value, unit) for m, (value, unit) in values.items()]
    body["prefetch"]["breathing"] = {"entry": [{"resource": r} for r in found]} | calls.EMPTY
    for symptom in symptoms:
        [condition] = resources.record(f"condition {symptom}, 10 days ago", calls.TODAY)
        condition["subject"] = {"reference": "Patient/sandbox-amy"}
        body["prefetch"]["conditions"]["entry"].append({"resource": condition})
    levels = [
        card["indicator"]
        for card in cards(body)
        if "niv-consider" in card["extension"]["org.als-cdshooks"]["rules"]
    ]
    return 1 + LEVELS.index(levels[0]) if levels else 0


VALUES = st.fixed_dictionaries({}, optional=TENTHS)
SYMPTOMS = st.lists(st.sampled_from(["orthopnea", "dyspnea", "fatigue"]), unique=True)


@FEW
@given(values=VALUES, symptoms=SYMPTOMS, data=st.data())
def test_a_worse_value_never_lowers_the_advice(
    values: dict[str, Decimal], symptoms: list[str], data: st.DataObject
) -> None:
    assume(values)
    measure = data.draw(st.sampled_from(sorted(values)))
    first, second = sorted((values[measure], data.draw(TENTHS[measure])))
    worse, better = (first, second) if BETTER_IS_HIGHER[measure] else (second, first)
    written = {m: (v, CANONICAL[m]) for m, v in values.items()}
    unit = CANONICAL[measure]
    assert niv(written | {measure: (worse, unit)}, symptoms) >= niv(
        written | {measure: (better, unit)}, symptoms
    )


@FEW
@given(values=VALUES, symptoms=SYMPTOMS, data=st.data())
def test_the_unit_of_a_value_does_not_matter(
    values: dict[str, Decimal], symptoms: list[str], data: st.DataObject
) -> None:
    assume(values)
    plain = {m: (v, CANONICAL[m]) for m, v in values.items()}
    other = {}
    for measure, value in values.items():
        rows = base().measures[measure].units.rows
        unit = data.draw(st.sampled_from(sorted(rows)))
        other[measure] = (as_decimal(Fraction(value) / rows[unit].factor), unit)
    assert niv(other, symptoms) == niv(plain, symptoms)


HOSTILE = st.lists(
    st.sampled_from(
        [
            *("<script>alert(1)</script>", "<img src=x onerror=a>", "</td>", "<!--", "<a href=x>"),
            *("[x](https://evil.example.org)", "![x](https://evil.example.org/i.png)"),
            *("https://evil.example.org", "www.evil.example.org", "<https://evil.example.org>"),
            *("\n# heading", "\n\n- item", "**bold**", "_it_", "`code`", "~~no~~", "| a | b |"),
            *("\n```\n", "&lt;b&gt;", "&#60;b>", "\\<b>", "\u202eleft", "\u2066", "\u200f", "\x00"),
            *("\r\n\r\n", "> quote", "1. one", "---", "===", "[^1]", "\t\tcode", "mailto:a@b.c"),
        ]
    ),
    min_size=1,
    max_size=4,
).map(" ".join)
MARKDOWN = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable(
    ["table", "strikethrough"]
)
ALLOWED = {
    *("paragraph_open", "paragraph_close", "inline", "text", "softbreak"),
    *("bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"),
    *("strong_open", "strong_close", "em_open", "em_close", "text_special"),
    *(
        f"{part}_{end}"
        for part in ("table", "thead", "tbody", "tr", "th", "td")
        for end in ("open", "close")
    ),
}
"""What our own cards are made of; anything else came from the chart."""
STEERING = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
SPOKEN = ("text", "display", "unit", "family", "given")


def structure(markdown: str) -> Iterator[str]:
    for token in MARKDOWN.parse(markdown):
        yield token.type
        yield from (child.type for child in token.children or [])


@pytest.mark.req("CARD-3")
@FEW
@given(name=st.sampled_from(NAMES), data=st.data())
def test_text_of_a_chart_is_never_more_than_text(name: str, data: st.DataObject) -> None:
    body = copy.deepcopy(calls.recorded(name))
    body.setdefault("prefetch", {})
    spoken = [p for p in calls.places(body) if p[-1] in SPOKEN or (len(p) > 1 and p[-2] in SPOKEN)]
    for path in data.draw(st.lists(st.sampled_from(spoken), min_size=1, unique=True)):
        put(body, path, data.draw(HOSTILE))
    for entry in body["context"].get("draftOrders", {}).get("entry", []):
        for line in entry["resource"].get("dosageInstruction", []):
            line["text"] = data.draw(HOSTILE)
    for card in cards(body):
        assert set(structure(card["detail"])) <= ALLOWED
        assert not re.search(r"https?://|www\.", card["detail"])
        assert not STEERING.search(card["detail"] + card["summary"])
        for suggestion in card.get("suggestions", []):
            assert not STEERING.search(suggestion["label"])
