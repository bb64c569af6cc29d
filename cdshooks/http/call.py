"""``POST /cds-services/{id}``: one hook call, from bytes to cards."""

from collections.abc import Mapping

import structlog
from flask import Blueprint, Response, request

from cdshooks.errors import PrefetchUnavailable, RequestInvalid, ServiceUnknown
from cdshooks.http.body import read_json
from cdshooks.http.clock import Clock
from cdshooks.http.exchange import exchange
from cdshooks.http.memory import Memory
from cdshooks.http.reply import json_reply
from cdshooks.protocol import HookRequest, parse_request
from cdshooks.services import Service, answer, services
from cdshooks.services.answer import Site


def blueprint(site: Site, max_bytes: int, clock: Clock, memory: Memory) -> Blueprint:
    """The service endpoints; ``clock`` says at which instant each call is judged.

    memory: what earlier feedback silences, and where the call is written down.
    """
    pages = Blueprint("call", __name__)

    @pages.post("/cds-services/<service_id>")
    def call(service_id: str) -> Response:
        hooks = {one.hook: one for one in services() if one.id == service_id}
        if not hooks:
            raise ServiceUnknown
        current = exchange()
        current.service = service_id
        hook_request = parse_request(read_json(request, max_bytes))
        service = _for_hook(hooks, hook_request)
        current.hook = service.hook
        current.timings["parse"] = current.elapsed()
        remembered = memory.of(service, hook_request)
        try:
            answered = answer.answer(
                service, hook_request, site, clock(), keep=remembered.without_snoozed
            )
        except PrefetchUnavailable:
            remembered.write("refused", site.knowledge.version, current.elapsed())
            raise
        current.timings.update(answered.timings)
        remembered.write("answered", site.knowledge.version, current.elapsed(), answered)
        for finding in answered.findings:
            if finding.error:
                structlog.get_logger().error(
                    "rule failed", rule=finding.rule.id, error=finding.error
                )
        return json_reply(answered.body)

    return pages


def _for_hook(hooks: Mapping[str, Service], hook_request: HookRequest) -> Service:
    """The service of this id for the request's hook: one id may be offered on several."""
    if hook_request.hook not in hooks:
        offered = " or ".join(sorted(hooks))
        raise RequestInvalid("hook", f"{offered}, the hook of this service", "not-supported")
    return hooks[hook_request.hook]
