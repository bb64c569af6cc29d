"""Everything that can go wrong, without HTTP: only ``cdshooks.http`` knows statuses.

A message says what is wrong, where, and what was expected. It never holds a
value from a chart, a token or a name: messages travel to logs and to clients.
"""


class CdsHooksError(Exception):
    """Base of every error of this project."""


class RequestInvalid(CdsHooksError):
    """The client's JSON is not a CDS Hooks request; ``where`` is a JSON path."""

    def __init__(self, where: str, expected: str, code: str = "value") -> None:
        """``code`` is one of FHIR's issue types, as in ``OperationOutcome.issue.code``."""
        super().__init__(f"{where}: expected {expected}")
        self.where = where
        self.expected = expected
        self.code = code


class RequestTooLarge(CdsHooksError):
    """A part of the request is longer than this service accepts; ``where`` is a JSON path."""

    def __init__(self, where: str, expected: str) -> None:
        super().__init__(f"{where}: expected {expected}")
        self.where = where


class Overloaded(CdsHooksError):
    """More calls at once than this process can answer in time."""


class ServiceUnknown(CdsHooksError):
    """No service of this id is offered."""


class PrefetchUnavailable(CdsHooksError):
    """Data without which nothing can be said were neither sent nor obtainable."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        super().__init__(f"needed and not available: prefetch {', '.join(keys)}")
        self.keys = keys


class KnowledgeInvalid(CdsHooksError):
    """A knowledge file is wrong: names the file, the key and what was expected."""

    def __init__(self, file: str, key: str, problem: str) -> None:
        super().__init__(f"{file}: {key}: {problem}")
        self.file = file
        self.key = key


class SettingsInvalid(CdsHooksError):
    """The configuration cannot be used; says which setting and what it accepts."""


class UnitUnknown(CdsHooksError):
    """A unit that the closed table of this quantity does not hold."""


class NotAuthenticated(CdsHooksError):
    """The caller did not prove who it is; ``reason`` is for the log, never for the caller.

    issuer: whom the caller claimed to be, once that is one whom we know.
    """

    def __init__(self, reason: str) -> None:
        super().__init__("authentication required")
        self.reason = reason
        self.issuer: str | None = None


class StoreUnavailable(CdsHooksError):
    """The store of feedback and replay ids does not answer."""


class StoreInvalid(CdsHooksError):
    """The store cannot be used in the form that it has; says what to do."""
