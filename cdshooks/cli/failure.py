"""Errors as the command line tells them."""

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
