"""A synthetic cohort: who could be a clinic's patients with ALS, as an export of FHIR resources."""

from cdshooks.cohort.export import FolderInvalid, Part, write
from cdshooks.cohort.patients import Cohort, patient

__all__ = ["Cohort", "FolderInvalid", "Part", "patient", "write"]
