"""Which web pages may call: an allow-list of origins, and never credentials.

flask-cors is not used: it leaves ``Vary`` out for origins that it refuses, so a
cache could hand a refused page's answer to an allowed one, and it answers a
preflight only where a route exists.
"""

import re

from flask import Flask, Response, request

from cdshooks.settings import Settings

SANDBOX = "https://sandbox.cds-hooks.org"
_LOCAL = re.compile(r"http://(localhost|127\.0\.0\.1)(:[0-9]{1,5})?")
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    # A star would not cover Authorization.
    "Access-Control-Allow-Headers": "Authorization, Content-Type, X-Request-Id",
    "Access-Control-Max-Age": "3600",
}
_EXPOSED = "Server-Timing, X-Knowledge-Version, X-Request-Id"


def install(app: Flask, settings: Settings) -> None:
    """Answers preflights before anything else looks at them; marks every answer."""

    @app.before_request
    def preflight() -> Response | None:
        return Response(status=204) if _is_preflight() else None

    @app.after_request
    def mark(response: Response) -> Response:
        response.vary.add("Origin")
        origin = request.headers.get("Origin", "")
        if _allowed(origin, settings):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = _EXPOSED
            if _is_preflight():
                response.headers.update(_preflight_headers(settings))
        return response


def _is_preflight() -> bool:
    headers = request.headers
    asks = "Origin" in headers and "Access-Control-Request-Method" in headers
    return request.method == "OPTIONS" and asks


def _allowed(origin: str, settings: Settings) -> bool:
    if origin in settings.allowed_origins:
        return True
    return settings.demo and (origin == SANDBOX or _LOCAL.fullmatch(origin) is not None)


def _preflight_headers(settings: Settings) -> dict[str, str]:
    asked = request.headers.get("Access-Control-Request-Private-Network") == "true"
    if settings.demo and asked:
        # Chrome asks this when a public page, such as the sandbox, calls this machine.
        return {**_PREFLIGHT, "Access-Control-Allow-Private-Network": "true"}
    return _PREFLIGHT
