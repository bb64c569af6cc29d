"""HTML from templates: everything escaped, nothing undefined, no script and no inline style."""

from functools import cache
from typing import Any
from urllib.parse import urlsplit

from flask import Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from cdshooks import __version__
from cdshooks.http.assets import assets
from cdshooks.rules.authoring import on

POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {"Content-Security-Policy": POLICY}

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


@cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("cdshooks", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["on"] = on
    made.filters["markdown"] = markdown
    # A resource reads best in the order in which it was written.
    made.policies["json.dumps_kwargs"] = {"sort_keys": False, "ensure_ascii": False}
    return made


def frame(public_url: str) -> dict[str, Any]:
    """What every page is framed with. Its addresses follow the path of the public one."""
    root = urlsplit(public_url).path.rstrip("/")
    return {
        "root": root,
        "style": address(root, "pages.css"),
        "icon": address(root, "icon.svg"),
        "version": __version__,
    }


def address(root: str, file: str) -> str:
    """Where a file of the package is served."""
    return f"{root}/static/{assets()[file].name}"


def rendered(template: str, **values: Any) -> str:
    """The page of a template; a value that the template names must be given."""
    return _templates().get_template(template).render(values)


def markdown(text: str) -> Markup:
    """A card's detail; HTML in it stays text."""
    return Markup(_MARKDOWN.render(text))  # noqa: S704


def html_reply(text: str, status: int = 200) -> Response:
    """``text`` as a page."""
    return Response(text, status, content_type="text/html; charset=utf-8")
