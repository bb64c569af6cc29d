"""Headers that every answer carries, whatever made it: nothing runs, frames, sniffs or keeps it.

A view that needs other terms sets the header itself: evidence pages load a
stylesheet and may be kept, files of the package may be kept for good.
"""

from flask import Flask, Response

from cdshooks.settings import Settings

DEFAULTS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
A_YEAR = "max-age=31536000"


def install(app: Flask, settings: Settings) -> None:
    """Adds to every answer what it does not have.

    Strict-Transport-Security only where the public address is https: over plain
    HTTP it means nothing, and a browser that believed it of localhost would lock
    a developer out.
    """
    secure = settings.public_url.startswith("https://")
    defaults = DEFAULTS | ({"Strict-Transport-Security": A_YEAR} if secure else {})

    @app.after_request
    def protect(response: Response) -> Response:
        for name, value in defaults.items():
            response.headers.setdefault(name, value)
        return response
