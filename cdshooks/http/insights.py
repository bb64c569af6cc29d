"""``GET /insights``: how advice is received, for whoever runs the service."""

from collections.abc import Callable
from datetime import timedelta

from flask import Blueprint, Response

from cdshooks.feedback.insights import acceptance, lines, masked, ranked
from cdshooks.http.clock import Clock
from cdshooks.http.html import HEADERS, frame, html_reply, rendered
from cdshooks.http.memory import Memory

YEAR = timedelta(days=366)
WIDTH, HEIGHT = 600, 160
"""Of the plot, in its own units."""


def blueprint(
    memory: Memory, public_url: str, clock: Clock, check: Callable[[], None]
) -> Blueprint:
    """The page of the last year; ``check`` raises for whoever may not see it."""
    pages = Blueprint("insights", __name__)

    @pages.get("/insights")
    def insights() -> Response:
        check()
        found = lines(memory.store, clock() - YEAR)
        page = html_reply(
            rendered(
                "insights.html.j2",
                **frame(public_url),
                rows=[masked(line) for line in found],
                rates=ranked(found),
                points=plotted(acceptance(found)),
                width=WIDTH,
                height=HEIGHT,
            )
        )
        page.headers.update(HEADERS)
        page.headers["Cache-Control"] = "no-store"
        return page

    return pages


def plotted(shares: list[tuple[str, float]]) -> list[tuple[str, float, float, float]]:
    """Each month with its share and its place in the plot: all is at the top."""
    step = WIDTH / max(1, len(shares) - 1)
    return [
        (month, share, round(place * step, 1), round((1 - share) * HEIGHT, 1))
        for place, (month, share) in enumerate(shares)
    ]
