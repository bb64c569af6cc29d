"""Which network addresses may be connected to, and what an origin is."""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from requests_hardened.ip_filter import EXTRA_BLOCKED_NET_RANGES

from cdshooks.errors import CdsHooksError

Address = IPv4Address | IPv6Address

_PORTS = {"http": 80, "https": 443}
_INTERNAL = tuple(
    ip_network(block)
    for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
"""Networks inside an organisation: where hospitals keep their FHIR servers."""
_METADATA = frozenset(
    ip_address(text) for text in ("168.63.129.16", "100.100.100.200", "fd00:ec2::254")
)
"""Services of cloud providers that hand out credentials, outside the link-local range."""


class Refused(CdsHooksError):
    """An address that may not be called; the message names no path and no token."""


def origin(url: str) -> str:
    """``scheme://host:port`` of an absolute URL, the port always named.

    Raises Refused for what is no plain http(s) address: user information, white
    space, backslashes and zone ids are read differently by different readers.
    """
    if not url.isascii() or not url.isprintable() or any(sign in url for sign in ' \\"<>^`{|}'):
        raise Refused("not an absolute http or https URL")
    try:
        parts = urlsplit(url)
        port = parts.port if parts.port is not None else _PORTS.get(parts.scheme)
    except ValueError:
        raise Refused("not an absolute http or https URL") from None
    host = parts.hostname
    if port is None or not host or parts.scheme not in _PORTS or set(parts.netloc) & set("@%"):
        raise Refused("not an absolute http or https URL")
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def is_listed(wanted: str, origins: Collection[str]) -> bool:
    """Whether an origin is among ``origins``, in which ``*`` is any port, or any origin."""
    return "*" in origins or wanted in origins or f"{wanted.rpartition(':')[0]}:*" in origins


def may_connect(host: str, address: str, *, internal: bool) -> bool:
    """Whether ``address``, which ``host`` resolved to, may be connected to.

    internal: an operator listed the origin, so its address may lie within the
    organisation. This machine itself only where the host is written so: a name
    that turns into a loopback address is an attack or a mistake.
    """
    ip = _plain(ip_address(address))
    if ip in _METADATA or ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        return False
    if ip.is_loopback:
        return internal and _is_this_machine(host)
    if any(ip in block for block in _INTERNAL):
        return internal
    blocked = any(ip in block for block in EXTRA_BLOCKED_NET_RANGES)
    return ip.is_global and not (ip.is_reserved or getattr(ip, "is_site_local", False) or blocked)


def _plain(ip: Address) -> Address:
    """The IPv4 address within an IPv6 one that is only another way to write it."""
    return (ip.ipv4_mapped or ip) if isinstance(ip, IPv6Address) else ip


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
