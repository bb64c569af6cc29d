"""Running the application under gunicorn, inside this process: no second command to know."""

import ctypes
import errno
import selectors
import socket
import struct
import sys
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any
from wsgiref.types import WSGIApplication

import orjson
import structlog
from gunicorn import util
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import ThreadWorker

from cdshooks.errors import CdsHooksError, SettingsInvalid
from cdshooks.garbage import spare_the_collector
from cdshooks.http import metric_files
from cdshooks.http.errors import operation_outcome

_STATUSES = {
    "ExpectationFailed": 417,
    "LimitRequestHeaders": 431,
    "LimitRequestLine": 414,
    "UnsupportedTransferCoding": 501,
}
_SILENCE_S = 5
"""How long a client may send nothing in the middle of a request, or take nothing of an answer."""
_READS = 16
"""At most so much of a refused request is read to its end, in parts of 64 KiB."""
_MALLOC = ((-8, 1), (-1, 128 * 1024))
"""glibc's M_ARENA_MAX and M_TRIM_THRESHOLD, which ``mallopt`` sets."""
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - gunicorn makes its own private file there
_ANYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - compared with, never bound


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises SettingsInvalid in one line.

    It is opened here and handed to gunicorn, which would try five times and
    print each failure.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as problem:
        # Python adds the address to what the system said.
        said = str(problem.strerror).partition(" (while")[0].lower()
        reason = "the port is in use" if problem.errno == errno.EADDRINUSE else said
        raise SettingsInvalid(
            f"cannot listen on {host} port {port}: {reason}; choose another with --host or --port"
        ) from None


def address(host: str, listener: socket.socket) -> str:
    """The URL at which a browser on this machine reaches ``listener``."""
    name = "localhost" if host in _ANYWHERE else host
    port = listener.getsockname()[1]
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def run(
    app: WSGIApplication,
    listener: socket.socket,
    *,
    workers: int,
    threads: int,
    announce: Callable[[], None],
    again: Callable[[], WSGIApplication] | None = None,
) -> None:
    """Serves ``app`` until SIGINT or SIGTERM, then ends the process with exit code 0.

    announce: called once the signals are heeded, so that what it says is true.
    again: makes the application anew at SIGHUP; without it new workers run the old one.
    """
    # In memory where there is such a place, so that the root can be read-only.
    memory = _SHARED_MEMORY if Path(_SHARED_MEMORY).is_dir() else None
    folder = metric_files.open_folder(memory)
    _give_memory_back()
    spare_the_collector()
    _Embedded(
        app,
        again or (lambda: app),
        {
            # gunicorn takes the descriptor over and closes it.
            "bind": f"fd://{listener.detach()}",
            "workers": workers,
            "threads": threads,
            "worker_class": _Worker,
            "logger_class": _Log,
            "loglevel": "warning",
            "when_ready": lambda _arbiter: announce(),
            "accesslog": None,
            # Longer than proxies keep theirs, mostly 60 s: who closes first loses no call.
            "keepalive": 75,
            # No header of a proxy is believed: the public address is a setting.
            "forwarded_allow_ips": "",
            "forwarder_headers": "",
            "limit_request_line": 4094,
            "limit_request_fields": 100,
            "limit_request_field_size": 16_384,
            # A worker that ends waits so long for idle connections to be used once more.
            "graceful_timeout": 3,
            "control_socket_disable": True,
            "proc_name": "cdshooks",
            "worker_tmp_dir": memory,
            "child_exit": lambda _arbiter, worker: metric_files.keep_counts_of(worker.pid, folder),
            "on_exit": lambda _arbiter: metric_files.remove(folder),
        },
    ).run()


def _give_memory_back() -> None:
    """Lets the C library return what a large body needed, where it is glibc.

    It would keep a heap for every few threads, each as large as the largest body that
    one of them ever read.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for what, value in _MALLOC:
            mallopt(what, value)


class _Embedded(BaseApplication):  # type: ignore[misc]
    def __init__(
        self, app: WSGIApplication, again: Callable[[], WSGIApplication], options: dict[str, Any]
    ) -> None:
        self._app = app
        self._again = again
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            # Older gunicorns have no control socket to switch off.
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        return self._app

    def reload(self) -> None:
        """Makes the application anew for the workers to come; a mistake leaves the old one.

        It is made before any worker is asked to end, and once for all of them: they share
        its memory.
        """
        super().reload()
        try:
            self.callable = self._app = self._again()
        except Exception as mistake:  # whatever it is, the service goes on as it was
            said = str(mistake) if isinstance(mistake, CdsHooksError) else type(mistake).__name__
            structlog.get_logger().error("not reloaded", error=said)
        spare_the_collector()


class _Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threads, with its own refusals as OperationOutcome.

    gunicorn answers an unreadable request in HTML and logs its first line, which
    may name a patient.
    """

    def handle(self, conn: Any) -> Any:
        """Answers on a connection whose client may not stay silent for ever.

        gunicorn reads with no limit of time, so that a client which stops in the
        middle of its headers would keep a thread.
        """
        limit = struct.pack("ll", _SILENCE_S, 0)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        kept = super().handle(conn)
        # What is neither yes nor no is a new connection that is silent: it has had its time.
        return kept is True

    def finish_request(self, conn: Any, fs: "Future[bool]") -> None:
        """Waits for the next call on a connection whose client was told that it may send one.

        gunicorn would close it in a worker that was told to end meanwhile, and lose a call
        that is on its way. That call is answered, and its client then sent away.
        """
        if fs.cancelled() or fs.exception() is not None or not fs.result():
            self.nr_conns -= 1
            conn.close()
            return
        if conn.parser.unreader.buf.getvalue().strip():
            # The next call came along with this one: the socket will not tell of it again.
            self.enqueue_req(conn)
            return
        conn.sock.setblocking(False)
        conn.set_timeout()
        self.keepalived_conns.append(conn)
        readable = partial(self.on_client_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, readable)

    def handle_error(self, _req: Any, client: socket.socket, _addr: Any, exc: Exception) -> None:
        status = HTTPStatus(_STATUSES.get(type(exc).__name__, _status(exc)))
        self.log.warning("refused before the application: %s", type(exc).__name__)
        try:
            util.write_nonblock(client, _refusal(status))
            _drain(client)
        except OSError:
            self.log.debug("the client had gone")


def _drain(client: socket.socket) -> None:
    """Reads what has arrived: closing on unread bytes resets the connection and loses the reply."""
    client.setblocking(False)
    for _ in range(_READS):
        if not client.recv(65_536):
            return


def _status(exc: Exception) -> int:
    return 400 if isinstance(exc, ParseException) else 500


def _refusal(status: HTTPStatus) -> bytes:
    code = "exception" if status == 500 else "structure"
    body = orjson.dumps(operation_outcome(code, f"not readable as HTTP: {status.phrase}"))
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        "Content-Type: application/json\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "Cache-Control: no-store\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + body


class _Log(Logger):  # type: ignore[misc]
    """gunicorn's log without tracebacks: an exception's message may hold a patient's data."""

    def exception(self, msg: str, *_args: Any, **_kwargs: Any) -> None:
        kind = getattr(sys.exc_info()[0], "__name__", "no exception")
        self.error_log.error("%s: %s", msg.partition("%")[0].strip(), kind)
