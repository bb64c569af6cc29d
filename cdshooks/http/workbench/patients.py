"""Whose chart is open: an example patient, or one whose Bundle was pasted."""

import hashlib
from collections import OrderedDict
from datetime import date
from threading import Lock

import orjson

from cdshooks import examples
from cdshooks.errors import RequestInvalid
from cdshooks.fhir.elements import Json
from cdshooks.services.asking import patients, resources

AT_MOST = 20
"""Pasted Bundles that are kept; with one more, the one unused for longest is dropped."""
PASTED = "pasted-"
CAPITALS = {"als", "alt", "fvc", "niv", "snip"}


class Patients:
    """The charts that can be opened. What is pasted stays in this process and is never written."""

    def __init__(self) -> None:
        self._pasted: OrderedDict[str, Json] = OrderedDict()
        self._lock = Lock()

    def paste(self, text: str) -> str:
        """Keeps a Bundle and gives its name; raises RequestInvalid for what is none."""
        try:
            bundle = orjson.loads(text)
        except orjson.JSONDecodeError:
            # Without its cause: the decoder's message quotes the document.
            raise RequestInvalid("body", "a FHIR Bundle in JSON", "structure") from None
        if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
            raise RequestInvalid("body", "a FHIR Bundle in JSON", "structure")
        if len(patients(bundle)) != 1:
            raise RequestInvalid("entry", "exactly one Patient with an id")
        name = PASTED + hashlib.sha256(text.encode()).hexdigest()[:12]
        with self._lock:
            self._pasted[name] = bundle
            self._pasted.move_to_end(name)
            while len(self._pasted) > AT_MOST:
                self._pasted.popitem(last=False)
        return name

    def bundle(self, name: str, today: date) -> Json | None:
        """The chart of this name with its anchor day moved to today; None for no such name."""
        if name in examples.names():
            return examples.shifted(examples.load(name), today)
        with self._lock:
            found = self._pasted.get(name)
            if found is not None:
                self._pasted.move_to_end(name)
        return examples.shifted(found, today) if found is not None else None

    def listed(self) -> dict[str, str]:
        """The names of all charts, each with words for it."""
        with self._lock:
            pasted = {name: f"Pasted: {_who(self._pasted[name])}" for name in self._pasted}
        return pasted | {name: words(name) for name in examples.names()}


def words(name: str) -> str:
    """The name of an example as a person would write it: its abbreviations in capitals."""
    parts = [part.upper() if part in CAPITALS else part for part in name.split("-")]
    text = " ".join(parts)
    return text[:1].upper() + text[1:]


def _who(bundle: Json) -> str:
    kinds = sum(1 for _ in resources(bundle))
    return f"{next(iter(patients(bundle)))[:40]}, {kinds} resources"
