"""The CDS services: one module each, found by scanning, and how a call is answered."""

import pkgutil
from functools import cache
from importlib import import_module

from cdshooks.services.service import Service


@cache
def services() -> tuple[Service, ...]:
    """Every service of this package, in the order of its modules' names."""
    found = []
    for module in pkgutil.iter_modules(__path__):
        service = getattr(import_module(f"{__name__}.{module.name}"), "SERVICE", None)
        if isinstance(service, Service):
            found.append(service)
    return tuple(found)


__all__ = ["Service", "services"]
