"""What a CDS service is: an id, a hook, and words for the people who install it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Service:
    """One CDS service. It runs every rule whose ``hooks`` name its hook.

    hook_version: the version of the published hook that this was built to.
    """

    id: str
    hook: str
    hook_version: str
    title: str
    description: str
