"""``POST /cds-services/{id}``: one hook call, from bytes to cards."""

from collections.abc import Mapping
from time import perf_counter

import structlog
from flask import Blueprint, Response, request

from cdshooks.errors import PrefetchUnavailable, RequestInvalid, ServiceUnknown
from cdshooks.http.authentication import policy, site_of_caller
from cdshooks.http.body import read_json
from cdshooks.http.clock import Clock
from cdshooks.http.exchange import exchange
from cdshooks.http.memory import Memory
from cdshooks.http.places import Places
from cdshooks.http.reply import json_reply
from cdshooks.protocol import HookRequest, check_bounds, parse_request
from cdshooks.services import Service, answer, services
from cdshooks.services.sites import Sites
from cdshooks.settings import Settings


def blueprint(sites: Sites, settings: Settings, clock: Clock, memory: Memory) -> Blueprint:
    """The service endpoints; ``clock`` says at which instant each call is judged.

    memory: what earlier feedback silences, and where the call is written down.
    """
    pages = Blueprint("call", __name__)
    places = Places(settings.max_calls, settings.deadline_ms / 1000)

    @pages.post("/cds-services/<service_id>")
    def call(service_id: str) -> Response:
        hooks = {one.hook: one for one in services() if one.id == service_id}
        if not hooks:
            raise ServiceUnknown
        current = exchange()
        current.service = service_id
        body = read_json(request, settings.max_body_bytes)
        check_bounds(body, settings.max_entries)
        hook_request = parse_request(body)
        service = _for_hook(hooks, hook_request)
        current.hook = service.hook
        current.timings["parse"] = current.elapsed()
        current.course.stages.append(("parse", current.started, current.elapsed() / 1000))
        site = site_of_caller(sites)
        remembered = memory.of(service, hook_request)
        with places.one():
            left = (settings.deadline_ms - current.elapsed()) / 1000
            try:
                answered = answer.answer(
                    service,
                    hook_request,
                    site,
                    clock(),
                    policy=policy(),
                    seconds=left,
                    away=places.left,
                    keep=remembered.without_snoozed,
                    course=current.course,
                )
            except PrefetchUnavailable:
                remembered.write("refused", site.knowledge.version, current.elapsed())
                raise
        current.answered = answered
        current.timings.update(answered.timings)
        remembered.write("answered", site.knowledge.version, current.elapsed(), answered)
        _log(answered)
        begun = perf_counter()
        reply = json_reply(answered.body)
        current.course.stages.append(("dump", begun, perf_counter() - begun))
        return reply

    return pages


def _log(answered: answer.Answer) -> None:
    """The rules that failed, and what could not be fetched."""
    logger = structlog.get_logger()
    for finding in answered.findings:
        if finding.error:
            logger.error("rule failed", rule=finding.rule.id, error=finding.error)
    for note in answered.notes:
        logger.info("fhir access", outcome=note)


def _for_hook(hooks: Mapping[str, Service], hook_request: HookRequest) -> Service:
    """The service of this id for the request's hook: one id may be offered on several."""
    if hook_request.hook not in hooks:
        offered = " or ".join(sorted(hooks))
        raise RequestInvalid("hook", f"{offered}, the hook of this service", "not-supported")
    return hooks[hook_request.hook]
