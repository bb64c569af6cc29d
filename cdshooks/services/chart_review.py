"""``als-chart-review``: answers the hook ``patient-view``."""

from cdshooks.services.service import Service

SERVICE = Service(
    id="als-chart-review",
    hook="patient-view",
    hook_version="1.0",
    title="ALS chart review",
    description=(
        "Everything that is due, met or missing in this patient's ALS care, with the "
        "patient's own values and the guideline behind each card."
    ),
)
