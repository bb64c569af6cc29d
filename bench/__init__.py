"""Speed, memory and steadiness of the service, measured: ``make bench`` and ``make soak``."""
