"""Addresses as people type them: a trailing or doubled slash changes nothing.

Clients build a service's address as discovery URL, slash, id. A discovery URL
that was entered with a slash at its end so yields ``//id``, and a redirect would
break the browser's preflight.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_SLASHES = re.compile("/{2,}")


def plain_paths(app: "WSGIApplication") -> "WSGIApplication":
    """``app`` behind a reader of paths that drops surplus slashes."""

    def normalised(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = _SLASHES.sub("/", environ.get("PATH_INFO", ""))
        environ["PATH_INFO"] = path.rstrip("/") or "/"
        return app(environ, start_response)

    return normalised
