"""Who is calling: settled before a body is read, by the route that is called.

Every route under ``/cds-services`` is for trusted clients. What is open to everyone
(evidence pages, health, static files) lies elsewhere, and so does what is for the
operator, who has a token of another kind.
"""

import hashlib
import hmac

import structlog
from flask import Flask, Response, g, request
from pydantic import SecretStr

from cdshooks.errors import NotAuthenticated
from cdshooks.http.clock import Clock
from cdshooks.http.errors import operation_outcome
from cdshooks.http.exchange import exchange
from cdshooks.http.reply import json_reply
from cdshooks.security.policy import Policy
from cdshooks.security.tokens import Authenticator, Reason
from cdshooks.services.answer import Site
from cdshooks.services.sites import Sites
from cdshooks.settings import Settings

_SERVICES = "/cds-services"


def install(
    app: Flask, settings: Settings, authenticator: Authenticator | None, clock: Clock
) -> None:
    """Has every call of a service authenticated; without authenticator, anybody may call.

    Installed behind CORS, whose preflights come without a token.
    """
    anybody = Policy(fhir_servers=settings.open_fhir_servers)
    app.register_error_handler(NotAuthenticated, _refused)

    @app.before_request
    def authenticate() -> None:
        if authenticator is None or not _for_clients():
            g.policy = anybody
            return
        sent = request.headers.get("Authorization")
        # Under the public URL, never under what Host or a proxy's headers say.
        g.policy = authenticator.policy(sent, settings.public_url + request.path, clock())
        _log_as(g.policy)


def policy() -> Policy:
    """The terms of the current request; of one that was refused, those of a stranger."""
    found = g.get("policy")
    return found if isinstance(found, Policy) else Policy()


def site_of_caller(sites: Sites) -> Site:
    """The installation as the caller is served; the answer names its knowledge version."""
    site = sites.of(policy())
    exchange().knowledge = site.knowledge.version
    return site


def _for_clients() -> bool:
    rule = request.url_rule
    return rule is not None and (rule.rule == _SERVICES or rule.rule.startswith(f"{_SERVICES}/"))


def _log_as(caller: Policy) -> None:
    """Has every line about this call name the caller."""
    who = {"issuer": caller.issuer, "tenant": caller.tenant}
    known = {name: value for name, value in who.items() if value is not None}
    structlog.contextvars.bind_contextvars(**known)


def _refused(error: NotAuthenticated) -> Response:
    """The same answer whatever was wrong; the reason is a word for the log."""
    known = {"issuer": error.issuer} if error.issuer else {}
    structlog.get_logger().warning("not authenticated", reason=str(error.reason), **known)
    reply = json_reply(operation_outcome("login", "authentication required"), 401)
    reply.headers["WWW-Authenticate"] = "Bearer"
    reply.headers["Cache-Control"] = "no-store"
    return reply


def check_operator(settings: Settings) -> None:
    """Raises NotAuthenticated unless the operator's token came along.

    Without ``ADMIN_TOKEN`` nobody is the operator, except in a demo, where everybody is.
    """
    expected = settings.admin_token
    if expected is None and settings.demo:
        return
    if expected is None or not _same(expected, request.headers.get("Authorization", "")):
        raise NotAuthenticated(Reason.ADMIN)


def _same(expected: SecretStr, sent: str) -> bool:
    """Compared as hashes, so that the time taken tells neither length nor beginning."""
    scheme, _, token = sent.partition(" ")
    both = (hashlib.sha256(one.encode()).digest() for one in (expected.get_secret_value(), token))
    return hmac.compare_digest(*both) and scheme.lower() == "bearer"
