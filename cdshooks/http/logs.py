"""Log lines: JSON on stderr, and only what is on the list below.

What a rule, a library or a later change adds by mistake is dropped, so that
nothing of a chart can reach a log.
"""

import logging
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

ALLOWED = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "request_id",
        "method",
        "route",
        "status",
        "service",
        "hook",
        "rule",
        "outcome",
        "ms",
        "knowledge",
        "error",
        "where",
        "reason",
        "issuer",
        "tenant",
    }
)


def only_allowed(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The structlog processor that drops every key that is not on the list."""
    return {key: value for key, value in event.items() if key in ALLOWED}


def configure(level: str) -> None:
    """Sets up structlog for this process; ``level`` as in ``logging``, such as INFO."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        # Looked up at each line: the stream is replaced when a process is forked or tested.
        logger_factory=lambda *_names: structlog.WriteLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
