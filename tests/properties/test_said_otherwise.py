"""One vignette of each rule, its chart written in another way: the same cards."""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from cdshooks.protocol import HookRequest
from cdshooks.rules.authoring import LEVELS
from cdshooks.services import services
from cdshooks.services.answer import answer
from tests.support import vignettes

Json = dict[str, Any]
LOCAL = {"system": "urn:oid:2.999.1", "code": "local"}
NARRATIVE = '<div xmlns="http://www.w3.org/1999/xhtml">Everything in words.</div>'
KNOWN = ("anna", "somebody-else", "this-encounter")
"""Ids that the context names, or that tell whose a resource is."""


def _cases() -> list[vignettes.Case]:
    """Of each file the first row in which its rule has a card, and the first of this stay."""
    found = []
    for path in vignettes.files():
        cases = list(vignettes.load(path))
        spoken = [case for case in cases if case.cells["outcome"] in LEVELS]
        stay = [case for case in cases if " here," in case.cells.get("record", "")]
        found += [*spoken[:1], *stay[:1]]
    return found


def otherwise(element: Any, name: str = "") -> Any:
    """The same said by a client that writes everything in another way than ours."""
    if isinstance(element, list):
        told = [otherwise(item, name) for item in element]
        return [LOCAL, *told] if name == "coding" else told
    if isinstance(element, dict):
        return _resource({key: otherwise(value, key) for key, value in element.items()})
    if name == "reference" and isinstance(element, str) and element[:1].isupper():
        type, _, id = element.rpartition("/")
        return f"https://ehr.example/fhir/{type}/{_renamed(id)}/_history/3"
    if name == "id" and isinstance(element, str):
        return _renamed(element)
    return element


def _renamed(id: str) -> str:
    return id if id in KNOWN else f"Z.{id}"


def _resource(made: Json) -> Json:
    """A resource with what real ones have beside what rules read; anything else as it is."""
    if made.get("resourceType") in (None, "Bundle", "OperationOutcome"):
        return made
    if made.get("medicationCodeableConcept"):
        drug = {"resourceType": "Medication", "id": "m", "code": made["medicationCodeableConcept"]}
        del made["medicationCodeableConcept"]
        made["contained"] = [*made.get("contained", ()), drug]
        made["medicationReference"] = {"reference": "#m"}
    beside = {
        "language": "en",
        "text": {"status": "generated", "div": NARRATIVE},
        "extension": [{"url": "https://ehr.example/x", "valueString": "x"}],
        "meta": {"versionId": "3", **(made.get("meta") or {})},
    }
    return beside | made


def rewritten(request: HookRequest) -> HookRequest:
    context = request.context
    return replace(
        request,
        prefetch=otherwise(deepcopy(request.prefetch)),
        context=replace(
            context,
            draft_orders=tuple((url, otherwise(draft)) for url, draft in context.draft_orders),
            appointments=tuple(map(otherwise, context.appointments)),
            selections=tuple(s.replace("/", "/Z.") for s in context.selections),
        ),
    )


def cards(case: vignettes.Case, *, changed: bool) -> list[object]:
    """What a clinician sees of each card, with the rules that it tells."""
    site = vignettes.site_of(case)
    request = vignettes.request_of(case, site)
    [service] = [s for s in services() if s.hook == case.hook]
    now = datetime(case.today.year, case.today.month, case.today.day, 10, tzinfo=UTC)
    said = answer(service, rewritten(request) if changed else request, site, now)
    return [
        (
            card["indicator"],
            card["summary"],
            card.get("detail"),
            [suggestion["label"] for suggestion in card.get("suggestions", ())],
            card["extension"]["org.als-cdshooks"]["rules"],
        )
        for card in said.body["cards"]
    ]


@pytest.mark.parametrize("case", _cases(), ids=str)
def test_a_chart_written_in_another_way_gets_the_same_cards(case: vignettes.Case) -> None:
    assert cards(case, changed=True) == cards(case, changed=False)
