"""What the parts in a folder are of: so that a run goes on, and never mixes two."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from cdshooks.errors import CdsHooksError

FILE = "manifest.json"


class PartsDiffer(CdsHooksError):
    """The folder holds parts of another run: says what differs, and what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything on which the rows of a part depend, each by its name."""

    settings: Mapping[str, str]

    def claim(self, folder: Path) -> None:
        """
        Makes the folder this run's, or takes it up again.

        Only its owner can read it: it holds what was exported of patients. Raises
        PartsDiffer where it is another run's, or somebody's who knows nothing of runs.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = folder / FILE
        if not file.exists():
            if any(folder.iterdir()):
                raise PartsDiffer(f"{folder}: expected an empty folder, or parts of this same run")
            file.write_bytes(orjson.dumps(dict(self.settings), option=orjson.OPT_INDENT_2))
            return
        self._compare(folder, orjson.loads(file.read_bytes()))

    def _compare(self, folder: Path, before: Mapping[str, str]) -> None:
        names = dict.fromkeys([*before, *self.settings])
        changed = [
            f"{name} was {before.get(name, 'not given')}, is {self.settings.get(name, 'not given')}"
            for name in names
            if before.get(name) != self.settings.get(name)
        ]
        if changed:
            said = "; ".join(changed)
            raise PartsDiffer(
                f"{folder} holds parts of another run ({said}). Finish that one with its own "
                "settings, name another folder, or delete this one"
            )
