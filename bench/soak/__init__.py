"""Hours of load in minutes, while the FHIR server and the database fail in turns: ``make soak``."""
