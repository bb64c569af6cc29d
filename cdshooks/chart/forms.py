"""Filled-in questionnaires: the answers of their items, by the LOINC code that an item names.

An item of R4 carries no code. By a habit of form builders its ``linkId`` is the LOINC
code of the question, or a path that ends in it: ``44260-8``, ``/44249-1/44260-8``.
"""

import re
from collections.abc import Iterator

from cdshooks.fhir.elements import Json, obj, objects, string, values
from cdshooks.knowledge import Code

FORMS = "QuestionnaireResponse"
_LINK = re.compile(r"(?:.*/)?([0-9]{1,7}-[0-9])", re.DOTALL)


def answers(form: Json) -> Iterator[tuple[Code, Json]]:
    """Each answered item with its code, groups and follow-up questions included.

    Two answers to one question are none that could be read, so they come as an
    empty one. An item that was left open is left out: nobody answered it.
    """
    waiting = list(objects(form.get("item")))[::-1]
    while waiting:
        item = waiting.pop()
        given = values(item.get("answer"))
        inner = [*objects(item.get("item"))]
        inner += [below for answer in objects(given) for below in objects(answer.get("item"))]
        waiting.extend(reversed(inner))
        link = _LINK.fullmatch(string(item.get("linkId")) or "")
        if link and given:
            yield Code("loinc", link[1]), obj(given[0]) if len(given) == 1 else {}
