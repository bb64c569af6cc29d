"""The application factory: settings in, a WSGI application out."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

from flask import Flask

from cdshooks.feedback.replay import Replays as StoredReplays
from cdshooks.http import (
    assets,
    authentication,
    call,
    cors,
    discovery,
    errors,
    example_ehr,
    exchange,
    feedback,
    health,
    insights,
    logs,
    metrics,
    openapi,
    pages,
    safety,
)
from cdshooks.http.clock import Clock, clock_of
from cdshooks.http.collection import collected
from cdshooks.http.memory import Memory, memory_of
from cdshooks.http.paths import plain_paths
from cdshooks.security.addresses import origin
from cdshooks.security.clients import Client
from cdshooks.security.outbound import Outbound
from cdshooks.security.replays import Replays, ReplaysHere
from cdshooks.security.tokens import Authenticator
from cdshooks.services import answer
from cdshooks.services.answer import Site
from cdshooks.services.profiles import under
from cdshooks.services.sites import Sites
from cdshooks.services.trust import trusted_clients
from cdshooks.settings import Settings


def create_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    replays: Replays | None = None,
    outbound: Outbound | None = None,
) -> Flask:
    """The service as ``settings`` describe it.

    clock: says what time it is, an aware instant; by default as the settings say.
    replays: remembers used tokens; by default the store does.
    outbound: reads the clients' key servers.
    Raises KnowledgeInvalid when a knowledge file or a profile's name is wrong, and
    SettingsInvalid when authentication is required and cannot be relied on.
    """
    logs.configure(settings.log_level)
    site = site_of(settings)
    clients = trusted_clients(settings, site)
    sites = _prepared(site, clients, settings)
    outbound = outbound or Outbound(private=[origin(one.jku) for one in clients if one.jku])
    now = clock or clock_of(settings)
    memory = memory_of(site, settings, now)
    used = replays or StoredReplays(memory.store, now)
    authenticator = Authenticator.of(clients, used, outbound)
    return build(
        site, settings, now, authenticator=authenticator, others=sites.others, memory=memory
    )


def site_of(settings: Settings) -> Site:
    """The installation: the knowledge under its profiles, its time zone, its address."""
    return Site(
        knowledge=under(settings.profile),
        timezone=settings.zone,
        public_url=settings.public_url,
        full_prefetch=settings.prefetch == "full",
        trace=settings.demo,
        # Only listed servers are ever asked, and a hospital's are inside its network.
        outbound=Outbound(allow_http=settings.demo, private=("*",)),
    )


def _prepared(site: Site, clients: tuple[Client, ...], settings: Settings) -> Sites:
    """The installation under its own profile and under each that a client is served with.

    A client's profile may name a file of the site's own by the name in it.
    """
    files = {Path(name).stem: name for name in settings.profile if name.endswith(".yaml")}
    others = {
        names: replace(site, knowledge=under([files.get(n, n) for n in names]))
        for client in clients
        for names in client.profiles
    }
    sites = Sites(site, others)
    for one in (sites.own, *sites.others.values()):
        answer.prepare(one)
    return sites


def build(
    site: Site,
    settings: Settings,
    clock: Clock,
    *,
    authenticator: Authenticator | None = None,
    others: Mapping[tuple[str, ...], Site] = MappingProxyType({}),
    memory: Memory | None = None,
) -> Flask:
    """The application around a ``site`` that exists already.

    others: the same under the profiles that clients are served with.
    memory: what the installation remembers; by default what the settings describe.
    Where authentication is required, an application without authenticator lets nobody in.
    """
    sites = Sites(site, others)
    logs.configure(settings.log_level)
    app = Flask("cdshooks", static_folder=None)
    # One byte more than allowed, see http/body.py.
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes + 1
    app.wsgi_app = collected(plain_paths(app.wsgi_app))  # type: ignore[assignment, method-assign]
    kept = memory or memory_of(site, settings, clock)
    app.extensions["memory"] = kept
    counted = metrics.Metrics(site, kept)
    # The order counts: the exchange begins first and ends last, and is counted then.
    metrics.install(app, counted.tally)
    if settings.tracing:
        # Whoever does not trace need not have what traces.
        from cdshooks.http import tracing

        tracing.install(app)
    exchange.install(app, site.knowledge.version)
    safety.install(app, settings)
    cors.install(app, settings)
    errors.install(app)
    authentication.install(app, settings, _door(settings, authenticator), clock)
    app.register_blueprint(health.blueprint(kept, settings))
    app.register_blueprint(discovery.blueprint(sites))
    app.register_blueprint(call.blueprint(sites, settings, clock, kept))
    app.register_blueprint(feedback.blueprint(settings.max_body_bytes, kept))
    app.register_blueprint(openapi.blueprint(site))
    may_look = partial(authentication.check_operator, settings)
    app.register_blueprint(insights.blueprint(kept, site.public_url, clock, may_look))
    app.register_blueprint(metrics.blueprint(counted, may_look))
    app.register_blueprint(assets.blueprint())
    app.register_blueprint(pages.blueprint(site))
    if settings.demo:
        app.register_blueprint(example_ehr.blueprint(settings, clock))
        # Only a demo needs what it draws with.
        from cdshooks.http import workbench

        app.register_blueprint(workbench.blueprint(site, settings, clock, kept))
    return app


def _door(settings: Settings, authenticator: Authenticator | None) -> Authenticator | None:
    if settings.auth == "off":
        return None
    return authenticator or Authenticator({}, {}, ReplaysHere())
