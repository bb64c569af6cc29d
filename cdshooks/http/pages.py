"""``GET /rules`` and ``/rules/{id}``: why a card appeared, for clinicians and for programs."""

import hashlib
from functools import cache

from flask import Blueprint, Response, request

from cdshooks import rules
from cdshooks.http.errors import operation_outcome
from cdshooks.http.html import HEADERS, frame, html_reply, rendered
from cdshooks.http.reply import json_reply
from cdshooks.knowledge import MARKS
from cdshooks.services.answer import Site
from cdshooks.services.catalogue import as_json, describe, index, index_as_json
from cdshooks.services.catalogue.sample import sample

KINDS = ("text/html", "application/json")
UNKNOWN = "no rule of this id; GET /rules lists the rules"


def blueprint(site: Site) -> Blueprint:
    """The evidence pages of every rule, open to everyone, as ``site`` has them.

    What is written depends on the site alone, so each page is made once.
    """
    pages = Blueprint("pages", __name__)
    known = frozenset(rule.id for rule in rules.load())

    @cache
    def listed(kind: str) -> Response:
        found = index(site.knowledge)
        if kind == KINDS[1]:
            return json_reply(index_as_json(found))
        return html_reply(rendered("rules.html.j2", index=found, **_around(site)))

    @cache
    def shown(rule_id: str, kind: str) -> Response:
        rule = next(rule for rule in rules.load() if rule.id == rule_id)
        described = describe(rule, site.knowledge)
        if kind == KINDS[1]:
            return json_reply(as_json(described))
        found = sample(rule, site)
        spoken = dict(described.hooks)[found.hook] if found else ""
        around = {"sample": found, "spoken": spoken, **_around(site)}
        return html_reply(rendered("rule.html.j2", rule=described, **around))

    @pages.get("/rules")
    def all_rules() -> Response:
        return _dressed(listed(_kind()), site)

    @pages.get("/rules/<rule_id>")
    def one_rule(rule_id: str) -> Response:
        if rule_id not in known:
            return _headed(_unknown(site))
        return _dressed(shown(rule_id, _kind()), site)

    return pages


def _kind() -> str:
    """What the client prefers; a page where it does not say."""
    return request.accept_mimetypes.best_match(KINDS, default=KINDS[0])


def _around(site: Site) -> dict[str, object]:
    """What every page shows beside its own matter."""
    return {**frame(site.public_url), "marks": MARKS}


def _unknown(site: Site) -> Response:
    """A 404 that does not repeat what was asked for."""
    if _kind() == KINDS[1]:
        return json_reply(operation_outcome("not-found", UNKNOWN), 404)
    return html_reply(rendered("unknown.html.j2", **_around(site)), 404)


def _dressed(made: Response, site: Site) -> Response:
    """A copy of a page for this request: 304 where the client has it already."""
    body = made.get_data()
    response = _headed(Response(body, content_type=made.content_type))
    response.set_etag(f"{site.knowledge.version}-{hashlib.sha256(body).hexdigest()[:12]}")
    response.headers["Cache-Control"] = "no-cache"
    response.make_conditional(request)
    return response


def _headed(response: Response) -> Response:
    response.headers.update(HEADERS)
    response.vary.add("Accept")
    return response
