"""The OpenAPI document as an oracle: which answer it allows to which request."""

import json
from functools import cache
from typing import Any

import jsonschema_rs
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from cdshooks.http.openapi import document
from cdshooks.services import services
from tests.support import calls

Json = dict[str, Any]


@cache
def described() -> Json:
    """The document, as it is served."""
    body: Json = json.loads(json.dumps(document(services(), calls.URL)))
    return body


def _followed(node: Json) -> Json:
    """The node itself, or what its reference leads to."""
    found: Any = described()
    for part in node.get("$ref", "#").split("/")[1:]:
        found = found[part]
    return found if "$ref" in node else node


@cache
def _validator(name: str) -> Any:
    components = {"components": described()["components"]}
    return jsonschema_rs.Draft202012Validator(
        {**components, "$ref": f"#/components/schemas/{name}"}
    )


def conforms(name: str, value: Any) -> list[str]:
    """How a value differs from a schema of the document; empty when it conforms."""
    return [str(error.message) for error in _validator(name).iter_errors(value)]


def differences(method: str, path: str, reply: TestResponse) -> list[str]:
    """How an answer differs from what the document says of its path; empty when it conforms."""
    operation = described()["paths"].get(_template(path), {}).get(method.lower())
    if operation is None:
        return [] if reply.status_code in (404, 405) else [f"{method} {path} is not described"]
    if str(reply.status_code) not in operation["responses"]:
        return [f"{reply.status_code} is not described"]
    answer = _followed(operation["responses"][str(reply.status_code)])
    missing = [name for name in answer["headers"] if name not in reply.headers]
    content = answer.get("content", {})
    if content and reply.mimetype not in content:
        return [*missing, f"{reply.mimetype} is not described"]
    schema = content.get(reply.mimetype, {}).get("schema", {})
    if "$ref" not in schema or reply.mimetype != "application/json":
        return missing
    return missing + conforms(schema["$ref"].rpartition("/")[2], json.loads(reply.data))


def as_template(rule: str) -> str:
    """A rule of Flask as OpenAPI writes it: ``<id>`` as ``{id}``."""
    return rule.replace("<", "{").replace(">", "}")


def _template(path: str) -> str:
    """The path of the document that a path of a request is one of."""
    matcher = calls.app().url_map.bind("")
    plain = path.partition("?")[0]
    try:
        rule, _ = matcher.match(plain, method=None, return_rule=True)
    except HTTPException:
        return plain
    return plain if rule.rule.startswith("/cds-services/") else as_template(rule.rule)
