"""Connections that go where they were checked to go, and end when their time is up."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

from cdshooks.security.addresses import Refused

Allowed = Callable[[str, str, str], bool]
"""Whether an origin, by its host, may be read at an address."""

_END: ContextVar[float] = ContextVar("end")


@contextmanager
def until(seconds: float) -> Iterator[None]:
    """Everything that this thread reads within ends after so many seconds."""
    token = _END.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _END.reset(token)


def _left() -> float:
    """Seconds that remain; raises TimeoutError when none do."""
    left = _END.get() - time.monotonic()
    if left <= 0:
        raise TimeoutError("the time is up")
    return left


class TimedSocket(socket.socket):
    """Waits for each piece only as long as the whole may take: a slow drip ends too."""

    def recv_into(self, *args: Any, **options: Any) -> int:
        """As of a socket; raises TimeoutError once the time of the whole is up."""
        self.settimeout(_left())
        return super().recv_into(*args, **options)


class TimedTls(ssl.SSLSocket):
    """The same over TLS."""

    def recv_into(self, *args: Any, **options: Any) -> int:
        """As of a socket; raises TimeoutError once the time of the whole is up."""
        self.settimeout(_left())
        return super().recv_into(*args, **options)


def pool_classes(allowed: Allowed) -> dict[str, type[HTTPConnectionPool]]:
    """urllib3's pools by scheme, whose connections ask ``allowed`` before they connect."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, "http", allowed)

    class Tls(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, "https", allowed)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = Tls

    return {"http": PlainPool, "https": TlsPool}


def _connected(wanted: HTTPConnection, scheme: str, allowed: Allowed) -> socket.socket:
    """A socket for urllib3, which tells a failed connection from a broken one by the exception."""
    try:
        return _connect(scheme, wanted._dns_host, wanted.port, allowed)
    except OSError as problem:
        raise NewConnectionError(wanted, type(problem).__name__) from None


def _connect(scheme: str, host: str, port: int, allowed: Allowed) -> socket.socket:
    """A connection to the first allowed address that answers; raises Refused if none is allowed."""
    origin = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
    found = [address for address in _resolve(host, port) if allowed(origin, host, address)]
    if not found:
        raise Refused("the server's address is not one that may be called")
    for position, address in enumerate(found[:-1]):
        try:
            return _open(address, port, _left() / (len(found) - position))
        except OSError:
            continue
    return _open(found[-1], port, _left())


def _open(address: str, port: int, seconds: float) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    timed = TimedSocket(family, socket.SOCK_STREAM)
    try:
        timed.settimeout(seconds)
        timed.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        timed.connect((address, port))
    except BaseException:
        timed.close()
        raise
    return timed


def _resolve(host: str, port: int) -> tuple[str, ...]:
    """The addresses of a host, each once; raises OSError, TimeoutError when it takes too long.

    In a thread of its own, since a lookup cannot be given a time limit.
    """
    found: list[str] = []
    failed: list[Exception] = []

    def look_up() -> None:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(info[4][0]) for info in infos))
        except (OSError, UnicodeError) as problem:
            failed.append(problem)

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(_left())
    if thread.is_alive():
        raise TimeoutError("the name was not resolved in time")
    if failed:
        raise failed[0]
    return tuple(found)
