"""``als-order-sign``: answers the hook ``order-sign``."""

from cdshooks.services.service import Service

SERVICE = Service(
    id="als-order-sign",
    hook="order-sign",
    hook_version="1.1.0",
    title="ALS order signing safety",
    description=(
        "Safety and completeness of every draft order for a person with ALS, including "
        "what could not be verified."
    ),
)
