"""``als-order-select``: answers the hook ``order-select``."""

from cdshooks.services.service import Service

SERVICE = Service(
    id="als-order-select",
    hook="order-select",
    hook_version="1.0",
    title="ALS order selection safety",
    description="Safety of the selected draft orders for a person with ALS.",
)
