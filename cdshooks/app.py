"""The application factory: settings in, a WSGI application out."""

from flask import Flask

from cdshooks import knowledge
from cdshooks.http import (
    assets,
    call,
    cors,
    discovery,
    errors,
    exchange,
    feedback,
    health,
    insights,
    logs,
    pages,
)
from cdshooks.http.clock import Clock, clock_of
from cdshooks.http.memory import memory_of
from cdshooks.http.paths import plain_paths
from cdshooks.services import answer
from cdshooks.services.answer import Site
from cdshooks.settings import Settings


def create_app(settings: Settings, *, clock: Clock | None = None) -> Flask:
    """The service as ``settings`` describe it.

    clock: says what time it is, an aware instant; by default as the settings say.
    Raises KnowledgeInvalid when a knowledge file or a profile's name is wrong.
    """
    site = site_of(settings)
    answer.prepare(site)
    return build(site, settings, clock or clock_of(settings))


def site_of(settings: Settings) -> Site:
    """The installation: the knowledge under its profiles, its time zone, its address."""
    return Site(
        knowledge=knowledge.base().profile(*settings.profile),
        timezone=settings.zone,
        public_url=settings.public_url,
        full_prefetch=settings.prefetch == "full",
        trace=settings.demo,
    )


def build(site: Site, settings: Settings, clock: Clock) -> Flask:
    """The application around a ``site`` that exists already."""
    logs.configure(settings.log_level)
    app = Flask("cdshooks", static_folder=None)
    # One byte more than allowed, see http/body.py.
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes + 1
    app.wsgi_app = plain_paths(app.wsgi_app)  # type: ignore[assignment, method-assign]
    # The order counts: the exchange begins first and ends last.
    exchange.install(app, site.knowledge.version)
    cors.install(app, settings)
    errors.install(app)
    memory = memory_of(site, settings, clock)
    app.extensions["memory"] = memory
    app.register_blueprint(health.blueprint(memory, settings))
    app.register_blueprint(discovery.blueprint(site))
    app.register_blueprint(call.blueprint(site, settings.max_body_bytes, clock, memory))
    app.register_blueprint(feedback.blueprint(settings.max_body_bytes, memory))
    if settings.demo:
        # Elsewhere it is for the operator alone, who cannot prove to be that yet.
        app.register_blueprint(insights.blueprint(memory, site.public_url, clock, lambda: None))
    app.register_blueprint(assets.blueprint())
    app.register_blueprint(pages.blueprint(site))
    return app
