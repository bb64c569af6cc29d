"""Descriptions as JSON: what ``/rules`` answers to programs; empty members are left out."""

from dataclasses import fields
from decimal import Decimal
from typing import Any

from cdshooks.services.catalogue.index import Index
from cdshooks.services.catalogue.model import Described, Number
from cdshooks.services.catalogue.plain import NOT_REVIEWED

Json = dict[str, Any]


def as_json(described: Described) -> Json:
    """The description of one rule."""
    rule = described.rule
    body: Json = {
        **_head(described),
        "reviewed": NOT_REVIEWED,
        "says": list(described.says),
        "runs": described.runs,
        "decides": [_plain(row) for row in described.decisions],
        "silentWhen": list(described.silent),
        "leavesOut": rule.leaves_out,
        "restsOn": [
            {"asks": question.asks, "steps": [_plain(step) for step in question.steps]}
            for question in described.questions
        ],
        "parameters": [_number(number) for number in described.numbers],
        "inputs": [
            _without_empties({**_plain(read), "codes": [_plain(code) for code in read.codes]})
            for read in described.reads
        ],
        "offers": list(described.offers),
        "overrideReasons": list(described.overrides),
        "sources": [{"id": name, **file.model_dump()} for name, file in described.sources],
        "profile": list(described.profiles),
        "knowledgeVersion": described.version,
    }
    return _without_empties(body)


def index_as_json(index: Index) -> Json:
    """Every rule by topic, and what holds for all."""
    body: Json = {
        "reviewed": NOT_REVIEWED,
        "rules": [_head(described) for described in index.rules],
        "gates": list(index.gates),
        "parameters": [_number(number) for number in index.numbers],
        "notCaptured": list(index.not_captured),
        "profile": [name for name, _ in index.profiles],
        "knowledgeVersion": index.version,
    }
    return _without_empties(body)


def _head(described: Described) -> Json:
    """What lists show of a rule."""
    rule = described.rule
    return {
        "id": rule.id,
        "title": rule.title,
        "topic": described.topic,
        "group": rule.group,
        "class": described.kind,
        "hooks": list(rule.hooks),
        "services": [service.id for service in described.services],
        "source": described.sources[0][1].label,
    }


def _number(number: Number) -> Json:
    parameter = number.parameter
    return _without_empties(
        {
            "name": parameter.name,
            "meaning": parameter.meaning,
            "shown": number.value,
            "operator": parameter.operator,
            "value": _value(parameter.value),
            "unit": parameter.unit,
            "source": parameter.source,
            "locator": parameter.locator,
            "mark": parameter.mark,
            "markMeans": number.mark,
            "checked": parameter.checked.isoformat(),
            "otherProfiles": dict(number.elsewhere),
        }
    )


def _value(value: object) -> object:
    """A decimal as a JSON number, whole where it is."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _plain(line: Any) -> Json:
    """The fields of a flat dataclass."""
    return _without_empties({spec.name: getattr(line, spec.name) for spec in fields(line)})


def _without_empties(body: Json) -> Json:
    return {key: value for key, value in body.items() if value not in ("", [], (), {}, None)}
