"""One installation, under each of the profiles that its clients are served with."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cdshooks.security.policy import Policy
from cdshooks.services.answer import Site


@dataclass(frozen=True, slots=True)
class Sites:
    """``own`` under the installation's profile, and ``others`` by the names of theirs."""

    own: Site
    others: Mapping[tuple[str, ...], Site] = field(default_factory=dict)

    def of(self, policy: Policy) -> Site:
        """The installation as the caller of this policy is served."""
        return self.others[policy.profile] if policy.profile else self.own
