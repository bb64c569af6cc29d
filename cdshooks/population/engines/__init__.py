"""What runs a function of one patient over all patients of an export."""

from cdshooks.population.engines.model import Machine, PerPatient, Progress, Summary, silent
from cdshooks.population.engines.running import run

__all__ = ["Machine", "PerPatient", "Progress", "Summary", "run", "silent"]
