"""Words and codes of charts that the knowledge of the rules does not hold."""

from functools import cache
from importlib.resources import files

from cdshooks.knowledge import yaml
from cdshooks.knowledge.checking import checked
from cdshooks.knowledge.model import Strict, Text

FILE = "content.yaml"


class Site(Strict):
    """How a clinic writes things down; weight, enzyme and gas are units in UCUM."""

    name: Text
    share: float
    systems: tuple[Text, ...]
    items: bool
    forms: bool
    coded_visit: bool
    references: bool
    snip: bool
    supine: bool
    weight: Text
    enzyme: Text
    gas: Text


class Unit(Strict):
    """A unit as people write it; factor: canonical units in one of it."""

    written: tuple[Text, ...]
    factor: float


class Questionnaire(Strict):
    """A score and how often a visit has it."""

    set: Text
    share: float
    mean: float
    sd: float
    low: float
    high: float


class Regimen(Strict):
    """A drug as it is ordered. product: the display in the product set of the drug.

    daily: times a day; days: days between doses instead.
    """

    drug: Text
    product: Text
    name: Text
    dose: float
    unit: Text
    daily: int = 1
    days: int = 0


class CommonDrug(Strict):
    """A drug that has nothing to do with ALS, in mg."""

    rxnorm: Text
    name: Text
    dose: float
    daily: int


class CommonCondition(Strict):
    """A disease of other adults."""

    share: float
    name: Text
    snomed: Text
    icd: Text
    drug: CommonDrug | None = None


class CommonAllergy(Strict):
    """An allergy."""

    share: float
    rxnorm: Text
    name: Text
    reaction: Text


class Test(Strict):
    """A general test, normally distributed."""

    loinc: Text
    name: Text
    unit: Text
    mean: float
    sd: float
    low: float
    decimals: int


class BloodTest(Strict):
    """A test of the knowledge by its value set, normally distributed."""

    set: Text
    unit: Text
    mean: float
    sd: float
    low: float
    decimals: int


class Panel(Strict):
    """Tests of one blood sample; share: of samples."""

    share: float
    tests: tuple[BloodTest, ...]


class Content(Strict):
    """The whole file."""

    sites: tuple[Site, ...]
    order: dict[str, tuple[float, ...]]
    units: dict[str, Unit]
    questionnaires: tuple[Questionnaire, ...]
    regimens: dict[str, Regimen]
    conditions: tuple[CommonCondition, ...]
    allergies: tuple[CommonAllergy, ...]
    blood: tuple[Panel, ...]
    tests: tuple[Test, ...]
    vitals: tuple[Test, ...]


@cache
def content() -> Content:
    """The file, read once a process; raises KnowledgeInvalid if it is wrong."""
    return checked(Content, yaml.read(files("cdshooks.cohort") / FILE), FILE)
