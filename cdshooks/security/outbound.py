"""Reading one address on behalf of a caller whom nobody need trust.

Who calls this service may name the servers that it reads. So each address is
checked once resolved, and the connection goes to that very address; nothing is
redirected; time and size are limited whatever the other side sends.
"""

import logging
import ssl
import traceback
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import certifi
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util.retry import Retry

from cdshooks.errors import CdsHooksError
from cdshooks.security.addresses import Refused, is_listed, may_connect, origin
from cdshooks.security.sockets import TimedTls, pool_classes, until

CHUNK = 64 * 1024
MAX_HEADER_CHARACTERS = 64 * 1024
POOLED = 16
"""Connections kept open to one server."""
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_ALWAYS = {"Accept-Encoding": "gzip", "User-Agent": "cdshooks"}
# A connection that the server closed while it lay idle is replaced once.
_ONCE_MORE = Retry(
    total=1, connect=0, read=1, redirect=0, status=0, other=0, respect_retry_after_header=False
)

# Its messages quote whole URLs, which name patients.
logging.getLogger("urllib3").addHandler(logging.NullHandler())
logging.getLogger("urllib3").propagate = False


class Unreachable(CdsHooksError):
    """No answer, or none that may be used; says why without any address.

    kind: the same as one of few words, by which it is counted.
    """

    def __init__(self, why: str, kind: str = "unusable") -> None:
        super().__init__(why)
        self.kind = kind


@dataclass(frozen=True)
class Reply:
    """What a server answered, of whichever status. ``content_type`` is without parameters."""

    status: int
    content_type: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Outbound:
    """GET and nothing else, over connections that are kept; safe to share between threads."""

    def __init__(self, *, allow_http: bool = False, private: Collection[str] = ()) -> None:
        """
        allow_http: whether plain http is good enough, as in a demonstration.
        private: origins whose address may be internal: ``http://localhost:8080``,
        or ``http://localhost:*`` for any port, or ``*`` if only listed ones are ever asked.
        """
        self._schemes = ("http", "https") if allow_http else ("https",)
        self._private = frozenset(_with_port(one) for one in private)

    def prepare(self) -> None:
        """Reads the certificates, which the first call would otherwise wait for."""
        assert self._adapter

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] = _NO_HEADERS,
        timeout_s: float,
        max_bytes: int,
    ) -> Reply:
        """What ``url`` answers within ``timeout_s`` seconds of wall-clock time.

        max_bytes: of the body, after decompression. Raises Refused for an address
        that may not be called, Unreachable for every other failure.
        """
        if origin(url).partition(":")[0] not in self._schemes:
            raise Refused("expected an https address")
        request = requests.Request("GET", url, headers={**_ALWAYS, **headers})
        try:
            with until(timeout_s):
                return self._reply(request.prepare(), timeout_s, max_bytes)
        except (requests.RequestException, HTTPError, OSError, ValueError) as problem:
            _let_go(problem)
            # Without its cause: it quotes the URL, and may quote the answer.
            said = f"no usable answer ({type(problem).__name__})"
            raise Unreachable(said, "unreachable") from None

    @cached_property
    def _adapter(self) -> "_Adapter":
        # Reading certificates takes longer than most commands, and most never call out.
        return _Adapter(self._may_connect)

    def _reply(self, request: requests.PreparedRequest, timeout_s: float, most: int) -> Reply:
        response = self._adapter.send(request, stream=True, timeout=timeout_s)
        try:
            if sum(len(n) + len(v) for n, v in response.headers.items()) > MAX_HEADER_CHARACTERS:
                raise Unreachable("the answer's headers are too long")
            kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            return Reply(response.status_code, kind, response.headers, _body(response.raw, most))
        finally:
            response.close()

    def _may_connect(self, wanted: str, host: str, address: str) -> bool:
        return may_connect(host, address, internal=is_listed(wanted, self._private))


def _let_go(problem: BaseException) -> None:
    """Empties the frames of a failure, and of those before it.

    urllib3 leaves them in circles, so that a broken connection and the caller's token
    would stay until Python looks for garbage.
    """
    seen: BaseException | None = problem
    while seen is not None:
        traceback.clear_frames(seen.__traceback__)
        seen = seen.__context__


def _with_port(listed: str) -> str:
    return listed.lower() if listed.endswith("*") else origin(listed.lower())


def _body(raw: Any, most: int) -> bytes:
    """The decompressed body, read piece by piece so that a small one cannot unfold without end."""
    read = bytearray()
    while piece := raw.read(min(CHUNK, most + 1), decode_content=True):
        read += piece
        if len(read) > most:
            raise Unreachable("the answer is larger than allowed")
    return bytes(read)


class _Adapter(HTTPAdapter):
    """requests' way to urllib3, over checked connections and without its own certificates."""

    def __init__(self, allowed: Any) -> None:
        self._allowed = allowed
        super().__init__(pool_connections=POOLED, pool_maxsize=POOLED, max_retries=_ONCE_MORE)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options, ssl_context=_tls())
        self.poolmanager.pool_classes_by_scheme = pool_classes(self._allowed)

    def cert_verify(self, *_args: Any) -> None:
        """Leaves verification to the TLS context; certificates are not read at each connection."""


def _tls() -> ssl.SSLContext:
    """Certificates of the machine (``SSL_CERT_FILE`` adds a site's own) beside the public ones."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    context.sslsocket_class = TimedTls
    return context


__all__ = ["Outbound", "Refused", "Reply", "Unreachable"]
