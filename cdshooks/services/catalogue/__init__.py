"""What a rule says of itself: one description behind its page, the docs and the terminal."""

from cdshooks.services.catalogue.as_json import as_json, index_as_json
from cdshooks.services.catalogue.describe import describe
from cdshooks.services.catalogue.index import Index, Topic, index, not_captured
from cdshooks.services.catalogue.model import (
    CodeLine,
    Decision,
    Described,
    Number,
    Question,
    Read,
    Step,
)
from cdshooks.services.catalogue.plain import NOT_REVIEWED, SWITCHED_OFF, amount

__all__ = [
    "NOT_REVIEWED",
    "SWITCHED_OFF",
    "CodeLine",
    "Decision",
    "Described",
    "Index",
    "Number",
    "Question",
    "Read",
    "Step",
    "Topic",
    "amount",
    "as_json",
    "describe",
    "index",
    "index_as_json",
    "not_captured",
]
