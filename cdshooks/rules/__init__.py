"""Clinical logic: every module here is scanned, so a new rule needs no registration."""

import pkgutil
from functools import cache
from importlib import import_module

from cdshooks.rules import authoring


@cache
def load() -> tuple[authoring.Rule, ...]:
    """Imports every rule, state and gate module, and gives the rules by id."""
    for module in pkgutil.walk_packages(__path__, prefix=f"{__name__}."):
        import_module(module.name)
    return authoring.rules()
