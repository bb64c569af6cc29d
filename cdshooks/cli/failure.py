"""Errors as the command line tells them."""

from pathlib import Path

from cdshooks.errors import CdsHooksError, StoreUnavailable


def in_a_line(error: CdsHooksError) -> str:
    """An error in one line; of a database also the first of what its driver said.

    That names host, port, user and the reason, never a password. It is for the operator
    at the terminal alone: a log line or an answer has the kind of the error only.
    """
    driver = getattr(error.__cause__, "orig", None)
    if not isinstance(error, StoreUnavailable) or driver is None:
        return str(error)
    first = str(driver).strip().partition("\n")[0]
    return f"CDSHOOKS_DATABASE_URL: {error}: {first}"


def of_a_file(error: OSError) -> str:
    """What the system said of a file or folder that could not be read or written."""
    reason = (error.strerror or "cannot be read or written").lower()
    return f"{error.filename}: {reason}" if error.filename else reason


def check_writable(file: Path) -> None:
    """Raises OSError where a file cannot be written, before much work is done for it."""
    is_new = not file.exists()
    file.open("ab").close()
    if is_new:
        file.unlink()
