"""The numbers that a cohort is drawn from, each with its source or the word that it has none."""

from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import Field, model_validator

from cdshooks.knowledge import yaml
from cdshooks.knowledge.checking import checked
from cdshooks.knowledge.model import Strict, Text

FILE = "distributions.yaml"


class Source(Strict):
    """A publication."""

    citation: Text
    url: Text


class Number(Strict):
    """A number of the generator. mark: what its sources really support."""

    value: float
    unit: Text
    meaning: Text
    mark: Literal["published", "near", "assumed"]
    sources: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _sourced(self) -> "Number":
        if bool(self.sources) == (self.mark == "assumed"):
            raise ValueError("a published number has a source, an assumed one has none")
        return self


class Span(Strict):
    """From ``low`` to ``high``, every value as likely; each is assumed."""

    low: float
    high: float
    unit: Text
    meaning: Text


class Check(Strict):
    """What a large cohort must show although nothing was set to make it so."""

    low: float
    high: float
    published: float
    unit: Text
    meaning: Text
    source: Text


class Distributions(Strict):
    """The whole file."""

    sources: dict[str, Source]
    parameters: dict[str, Number]
    spans: dict[str, Span] = Field(default_factory=dict)
    checks: dict[str, Check]

    @model_validator(mode="after")
    def _cited(self) -> "Distributions":
        cited = {s for number in self.parameters.values() for s in number.sources}
        cited |= {check.source for check in self.checks.values()}
        if cited != set(self.sources):
            raise ValueError(f"cited or listed, not both: {sorted(cited ^ set(self.sources))}")
        return self


@cache
def distributions() -> Distributions:
    """The file, read once a process; raises KnowledgeInvalid if it is wrong."""
    return checked(Distributions, yaml.read(files("cdshooks.cohort") / FILE), FILE)


@cache
def number(name: str) -> float:
    """The value of a parameter; raises KeyError for a name that is not in the file."""
    return distributions().parameters[name].value
