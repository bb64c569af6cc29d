"""A small client that keeps connections busy: one thread, raw sockets, kept alive.

A connection sends its next call when the last is answered and the wished rate allows it.
"""

import re
import selectors
import socket
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress

from bench.calls import Address, Load

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection: close", re.IGNORECASE)
_PATIENCE_S = 30


class _Connection:
    """One connection with at most one call under way."""

    def __init__(self, address: Address, poller: selectors.BaseSelector) -> None:
        self._address, self._poller = address, poller
        self.open()

    def open(self) -> None:
        self.sent, self._got = 0.0, bytearray()
        self._socket = socket.create_connection(self._address, timeout=_PATIENCE_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._poller.register(self._socket, selectors.EVENT_READ, self)

    def send(self, call: bytes) -> None:
        self.sent = time.perf_counter()
        with suppress(OSError):  # the end of the connection is noticed when it is read
            self._socket.sendall(call)

    def read(self) -> int | None:
        """The status once the answer is whole, 0 where the connection ended before."""
        piece = b""
        with suppress(OSError):
            piece = self._socket.recv(262_144)
        self._got += piece
        head = self._got.find(b"\r\n\r\n")
        length = _LENGTH.search(self._got, 0, head + 2) if head >= 0 else None
        whole = head >= 0 and len(self._got) >= head + 4 + (int(length[1]) if length else 0)
        if not piece or (whole and _CLOSES.search(self._got, 0, head + 2)):
            self.close()
        if not whole:
            return None if piece else 0
        status = _STATUS.match(self._got)
        self._got = bytearray()
        return int(status[1]) if status else 0

    def close(self) -> None:
        if not self.closed():
            self._poller.unregister(self._socket)
            self._socket.close()

    def closed(self) -> bool:
        return self._socket.fileno() < 0


def load(
    address: Address,
    calls: Iterable[bytes],
    *,
    connections: int,
    seconds: float,
    rate: float = float("inf"),
) -> Load:
    """Sends ``calls``, which must not end before, for some seconds, at most ``rate`` a second."""
    poller, result, turns = selectors.DefaultSelector(), Load(), iter(calls)
    every = [_Connection(address, poller) for _ in range(connections)]
    idle = deque(every)
    cpu, started = time.process_time(), time.perf_counter()
    due = started
    while (now := time.perf_counter()) < started + seconds or len(idle) < connections:
        if now > started + seconds + _PATIENCE_S:
            break
        while idle and due <= now < started + seconds:
            connection = idle.popleft()
            if connection.closed():
                connection.open()
            connection.send(next(turns))
            due = max(due + 1 / rate, now - 1)
        for key, _ in poller.select(0.05 if due <= now or not idle else min(due - now, 0.05)):
            connection = key.data
            waited, status = connection.sent, connection.read()
            if status is not None and waited:
                connection.sent = 0.0
                result.times.append((time.perf_counter() - waited) * 1000)
                result.statuses[status] += 1
                idle.append(connection)
    result.seconds = time.perf_counter() - started
    result.busy = (time.process_time() - cpu) / result.seconds
    for connection in every:
        connection.close()
    return result
