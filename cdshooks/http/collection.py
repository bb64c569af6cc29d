"""Garbage is collected between two calls, when no chart of the last one is left."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cdshooks.garbage import collect_between_calls

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def collected(app: "WSGIApplication") -> "WSGIApplication":
    """``app`` with a look for garbage after each call that has left enough behind."""

    def called(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        try:
            return app(environ, start_response)
        finally:
            collect_between_calls()

    return called
