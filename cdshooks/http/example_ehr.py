"""``/fhir``: the example EHR of the demo, for browsers and for this service itself."""

import re
from datetime import date
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Blueprint, Response, request
from werkzeug.exceptions import UnsupportedMediaType

from cdshooks.ehr import (
    TYPES,
    Found,
    Query,
    Records,
    SearchRefused,
    capability,
    read_query,
    records,
)
from cdshooks.ehr.query import OFFSET
from cdshooks.http.clock import Clock
from cdshooks.http.errors import operation_outcome
from cdshooks.settings import Settings

Json = dict[str, Any]
PATH = "/fhir"
_FORM = "application/x-www-form-urlencoded"
_HERE = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?")
_UNKNOWN_TYPE = f"no resources of this type here; GET {PATH}/metadata lists the types"
_UNKNOWN_ID = "no resource of this type and id here"


def blueprint(settings: Settings, clock: Clock) -> Blueprint:
    """Metadata, read and search, open to everyone: only the demo registers it.

    clock: says as of which day the examples are told.
    """
    pages = Blueprint("example_ehr", __name__, url_prefix=PATH)

    def today() -> date:
        return clock().astimezone(settings.zone).date()

    def there() -> Records:
        return records(today(), settings.zone)

    @pages.get("/metadata")
    def metadata() -> Response:
        return _reply(capability(_base(settings), today()))

    @pages.get("/<type>")
    def search(type: str) -> Response:
        return _searched(type, there(), settings)

    @pages.post("/<type>/_search")
    def search_by_form(type: str) -> Response:
        if request.mimetype not in ("", _FORM):
            raise UnsupportedMediaType
        return _searched(type, there(), settings)

    @pages.get("/<type>/<id>")
    def read(type: str, id: str) -> Response:
        if type not in TYPES:
            return _refused("not-found", _UNKNOWN_TYPE, 404)
        found = there().read(type, id)
        return _reply(found) if found else _refused("not-found", _UNKNOWN_ID, 404)

    return pages


def _searched(type: str, there: Records, settings: Settings) -> Response:
    if type not in TYPES:
        return _refused("not-found", _UNKNOWN_TYPE, 404)
    asked = [*request.args.items(multi=True), *request.form.items(multi=True)]
    try:
        query = read_query(type, asked, settings.zone)
    except SearchRefused as refused:
        return _refused(refused.code, str(refused), 400)
    return _reply(_bundle(query, asked, there.search(query), _base(settings)))


def _bundle(query: Query, asked: list[tuple[str, str]], found: Found, base: str) -> Json:
    """A searchset; without hits it has no entry, as R4 allows no empty list."""
    links = [_link("self", query.type, asked, base)]
    if found.more:
        after = [(name, value) for name, value in asked if name != OFFSET]
        after.append((OFFSET, str(query.offset + query.count)))
        links.append(_link("next", query.type, after, base))
    bundle: Json = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": found.total,
        "link": links,
    }
    if found.page:
        bundle["entry"] = [
            {
                "fullUrl": f"{base}/{query.type}/{resource['id']}",
                "resource": resource,
                "search": {"mode": "match"},
            }
            for resource in found.page
        ]
    return bundle


def _link(relation: str, type: str, asked: list[tuple[str, str]], base: str) -> Json:
    text = urlencode(asked, safe=",|/:")
    return {"relation": relation, "url": f"{base}/{type}?{text}" if text else f"{base}/{type}"}


def _base(settings: Settings) -> str:
    """The address of this server, under the name of this machine by which it was asked.

    A client may know the demo as localhost or 127.0.0.1, and follows a page only where it
    came from. Any other Host is not believed.
    """
    if _HERE.fullmatch(request.host) and settings.public_url.startswith("http://"):
        return f"http://{request.host}{PATH}"
    return settings.public_url + PATH


def _reply(body: Json, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, content_type="application/fhir+json")


def _refused(code: str, diagnostics: str, status: int) -> Response:
    return _reply(operation_outcome(code, diagnostics), status)
