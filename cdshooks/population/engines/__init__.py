"""What runs a function of one patient over all patients of an export."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from cdshooks.population.record import Record


class PerPatient(Protocol):
    """A function of one patient; picklable, since it runs in other processes."""

    @property
    def columns(self) -> Mapping[str, str]:
        """Column → DuckDB type, in order: the allow-list of what leaves."""
        ...

    @property
    def settings(self) -> Mapping[str, str]:
        """What the rows depend on besides the input.

        Parts of an interrupted run are taken up again only under the same.
        """
        ...

    def concerns(self, record: Record) -> bool:
        """Whether the patient gives any row; asked with the ``DECIDING`` types only."""
        ...

    def __call__(self, record: Record) -> Iterable[tuple[object, ...]]:
        """The rows of one patient, each as wide as ``columns``."""
        ...
