"""What ``/metrics`` says, as numbers by name and labels."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

TOKEN = "the token of an operator"


@dataclass(frozen=True, slots=True)
class Page:
    """Every sample of a page: name, labels in order of their names, and value."""

    samples: Mapping[tuple[str, tuple[tuple[str, str], ...]], float]

    @property
    def names(self) -> set[str]:
        """The names that Prometheus stores."""
        return {name for name, _ in self.samples}

    def of(self, name: str, **labels: str) -> float:
        """The sum of the samples of a name that have these labels."""
        wanted = set(labels.items())
        return sum(
            value
            for (named, given), value in self.samples.items()
            if named == name and wanted <= set(given)
        )

    def labels(self, label: str) -> set[str]:
        """Every value of a label."""
        return {value for _, given in self.samples for name, value in given if name == label}

    def since(self, before: "Page", name: str) -> dict[tuple[str, ...], float]:
        """By label values, what was added since an earlier page; nothing that stayed."""
        return {
            tuple(value for _, value in given): value - before.samples.get((name, given), 0.0)
            for (named, given), value in self.samples.items()
            if named == name and value != before.samples.get((name, given), 0.0)
        }


def read(text: str) -> Page:
    """A page in Prometheus' own text format."""
    return Page(
        {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
    )


def page(app: Flask) -> Page:
    """What an application says to its operator."""
    reply = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert reply.status_code == 200
    return read(reply.text)
