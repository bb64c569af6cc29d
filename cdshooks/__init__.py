"""CDS Hooks decision support for people with ALS: FHIR R4 in, cited cards out."""

__version__ = "0.1.0"
