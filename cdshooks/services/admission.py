"""``als-admission``: answers the hook ``encounter-start``."""

from cdshooks.services.service import Service

SERVICE = Service(
    id="als-admission",
    hook="encounter-start",
    hook_version="1.0",
    title="ALS admission check",
    description=(
        "Acute checks when a person with ALS arrives: breathing, ventilation, and what "
        "was decided about them."
    ),
)
