"""``als-discharge``: answers the hook ``encounter-discharge``."""

from cdshooks.services.service import Service

SERVICE = Service(
    id="als-discharge",
    hook="encounter-discharge",
    hook_version="1.0",
    title="ALS discharge check",
    description=(
        "What must not be forgotten when a person with ALS leaves: ventilation at home, "
        "and reviews that are due."
    ),
)
