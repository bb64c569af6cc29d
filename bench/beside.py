"""What the service is measured beside, served exactly as ``cdshooks serve`` serves it.

``bare``: an endpoint that parses the same body and returns a fixed card.
``forgetful``: the service without its store.
"""

import sys
from collections.abc import Callable

import click
import orjson
from flask import Flask, Response, request

from bench.bodies import VIEW_50
from cdshooks.app import create_app
from cdshooks.http.places import threads_for
from cdshooks.serve import address, listen, run
from cdshooks.settings import Settings

PATH = VIEW_50.path
CARD = orjson.dumps(
    {"cards": [{"summary": "A fixed card", "indicator": "info", "source": {"label": "nobody"}}]}
)


def bare() -> Flask:
    """A Flask application of one endpoint."""
    app = Flask("bare")

    @app.post(PATH)
    def call() -> Response:
        orjson.loads(request.get_data())
        return Response(CARD, mimetype="application/json")

    return app


class _Forgetful:
    """What a call meets in place of its memory."""

    def without_snoozed(self, findings: object, _view: object) -> object:
        """All findings."""
        return findings

    def write(self, *_call: object) -> None:
        """Writes nothing."""


def forgetful() -> Flask:
    """The service, which reads and writes no store."""
    app = create_app(Settings.load())
    memory = app.extensions["memory"]
    memory.of = lambda *_call: _Forgetful()
    return app


def service() -> Flask:
    """The service as it is, for another way of running it."""
    return create_app(Settings.load())


APPS: dict[str, Callable[[], Flask]] = {"bare": bare, "forgetful": forgetful}


def main(name: str, workers: int) -> None:
    """Serves one of them on a free port."""
    threads = threads_for(Settings.load().max_calls)
    with listen("127.0.0.1", 0) as listener:
        url = address("127.0.0.1", listener)
        run(
            APPS[name](),
            listener,
            workers=workers,
            threads=threads,
            announce=lambda: click.echo(f"{name} listens on {url}", err=True),
        )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
