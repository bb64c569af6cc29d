"""Whom this installation trusts, and whether it may start like that."""

from collections.abc import Iterator
from dataclasses import replace

from cdshooks.errors import SettingsInvalid
from cdshooks.security.client_file import ClientFile, Known, read
from cdshooks.security.clients import Client, public_sandboxes
from cdshooks.services import services
from cdshooks.services.answer import Site, searches
from cdshooks.settings import Settings


def client_file(settings: Settings, site: Site) -> ClientFile:
    """What the trusted-clients file says; nothing where none is configured."""
    if settings.trusted_clients is None:
        return ClientFile()
    return read(settings.trusted_clients, Known(site.knowledge.base.profiles, _keys(site)))


def _keys(site: Site) -> frozenset[str]:
    """Every prefetch key that some service asks for."""
    ways = (site, replace(site, full_prefetch=not site.full_prefetch))
    return frozenset(
        search.key for way in ways for one in services() for search in searches(one.hook, way)
    )


def trusted_clients(settings: Settings, site: Site) -> tuple[Client, ...]:
    """The clients that may call; none are looked for while authentication is off.

    Raises SettingsInvalid with everything that keeps the service from starting.
    """
    if settings.auth == "off":
        return ()
    found = client_file(settings, site)
    wrong = (*found.mistakes, *unsafe(settings, found.clients))
    if wrong:
        raise SettingsInvalid("\n  ".join(("authentication cannot be relied on:", *wrong)))
    return found.clients


def unsafe(settings: Settings, clients: tuple[Client, ...]) -> Iterator[str]:
    """What would make required authentication worth nothing. A demo may do as it likes."""
    if settings.trusted_clients is None:
        yield (
            "CDSHOOKS_TRUSTED_CLIENTS: expected a TOML file while CDSHOOKS_AUTH is required; "
            "behind a network that you trust, set CDSHOOKS_AUTH=off"
        )
    if settings.demo:
        return
    if not settings.allow_plain_http and not settings.public_url.startswith("https://"):
        yield (
            "CDSHOOKS_PUBLIC_URL: expected the https address that clients call; to try it "
            "without TLS, set CDSHOOKS_ALLOW_PLAIN_HTTP=true"
        )
    if not settings.allow_public_sandbox:
        for issuer in public_sandboxes(clients):
            yield (
                f"{issuer} is the public CDS Hooks Sandbox, whose private key anybody can "
                "read; for synthetic patients, set CDSHOOKS_ALLOW_PUBLIC_SANDBOX=true"
            )
