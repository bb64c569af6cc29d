"""Every hook has its service, and asks for few and simple things."""

import gc

import pytest

from cdshooks.protocol import parse_request
from cdshooks.services import Service, services
from cdshooks.services.answer import answer, prefetch_templates
from tests.support import calls

OFFERED = {
    "als-chart-review": "patient-view",
    "als-order-select": "order-select",
    "als-order-sign": "order-sign",
    "als-admission": "encounter-start",
    "als-discharge": "encounter-discharge",
    "als-scheduling": "appointment-book",
}


def test_each_hook_is_answered_by_one_service() -> None:
    assert {service.id: service.hook for service in services()} == OFFERED


@pytest.mark.parametrize("service", services(), ids=lambda service: service.id)
def test_a_service_asks_for_few_things_unless_a_site_wants_all(service: Service) -> None:
    asked = prefetch_templates(service, calls.site_of(calls.settings()))
    assert 0 < len(asked) <= 14
    assert all(len(query) < 2048 for query in asked.values())


@pytest.mark.parametrize("service", services(), ids=lambda service: service.id)
def test_only_where_the_hook_names_an_encounter_is_it_read(service: Service) -> None:
    asked = prefetch_templates(service, calls.site_of(calls.settings()))
    about_it = service.hook.startswith("encounter-")
    assert ("encounter" in asked) is about_it
    if about_it:
        assert asked["encounter"] == "Encounter/{{context.encounterId}}"
    assert about_it or not any("encounterId" in query for query in asked.values())


def test_a_call_leaves_no_circle_of_objects_behind() -> None:
    """Garbage collection is kept out of calls, so a chart must go as soon as it is answered."""
    request = parse_request(calls.example_request("complex-many-things-at-once", "patient-view"))
    site = calls.site_of(calls.settings())
    service = calls.service_of("patient-view")
    answer(service, request, site, calls.NOW)
    gc.collect()
    gc.disable()
    try:
        assert answer(service, request, site, calls.NOW).body["cards"]
        assert gc.collect() == 0
    finally:
        gc.enable()
