"""Lenient reading of FHIR R4 JSON, element by element; and validation of what we send."""
