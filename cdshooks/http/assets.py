"""Files of the package that pages need, under names that change with their content."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from flask import Blueprint, Response, abort

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
FOR_A_YEAR = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file with the name under which it is served."""

    name: str
    content: bytes
    type: str


@cache
def assets() -> dict[str, Asset]:
    """Every asset by its file name: ``pages.css`` is served as ``pages.<hash>.css``."""
    found = {}
    for file in (files("cdshooks") / "static").iterdir():
        stem, dot, kind = file.name.rpartition(".")
        if dot + kind in TYPES:
            content = file.read_bytes()
            digest = hashlib.sha256(content).hexdigest()[:12]
            found[file.name] = Asset(f"{stem}.{digest}.{kind}", content, TYPES[dot + kind])
    return found


def blueprint() -> Blueprint:
    """``/static/…``: what is asked for by any other name does not exist."""
    pages = Blueprint("assets", __name__)
    by_name = {asset.name: asset for asset in assets().values()}

    @pages.get("/static/<name>")
    def static(name: str) -> Response:
        asset = by_name.get(name) or abort(404)
        response = Response(asset.content, content_type=asset.type)
        response.headers["Cache-Control"] = FOR_A_YEAR
        return response

    return pages
