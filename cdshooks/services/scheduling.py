"""``als-scheduling``: answers the hook ``appointment-book``."""

from cdshooks.services.service import Service

SERVICE = Service(
    id="als-scheduling",
    hook="appointment-book",
    hook_version="1.0",
    title="ALS scheduling check",
    description=(
        "Tests and reviews that are due in a person with ALS and that an appointment should cover."
    ),
)
