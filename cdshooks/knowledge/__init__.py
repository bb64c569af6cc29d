"""Everything a clinician owns, as data: codes, units, numbers, sources, drafts."""

from cdshooks.knowledge.base import Base, Knowledge, Measure, Product, ProductSet
from cdshooks.knowledge.codes import Code, Coding, Systems, ValueSet
from cdshooks.knowledge.interactions import DrugSet, Ingredients
from cdshooks.knowledge.loader import base, of_site
from cdshooks.knowledge.model import DraftFile
from cdshooks.knowledge.parameters import MARKS, OWN_CHOICE, Operator, Parameter, Threshold
from cdshooks.knowledge.site_codes import codes_of

__all__ = [
    "MARKS",
    "OWN_CHOICE",
    "Base",
    "Code",
    "Coding",
    "DraftFile",
    "DrugSet",
    "Ingredients",
    "Knowledge",
    "Measure",
    "Operator",
    "Parameter",
    "Product",
    "ProductSet",
    "Systems",
    "Threshold",
    "ValueSet",
    "base",
    "codes_of",
    "of_site",
]
