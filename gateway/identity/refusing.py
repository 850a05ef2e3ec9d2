"""The refusal of a caller."""

from hazelgate.sourcing.errors import TenantRequired, Unauthenticated


class CallerRefused(Unauthenticated):
    """
    A caller has shown credentials that do not hold.

    Args:
        reason: What is wrong, and how to mend it.
        unavailable: Whether the gateway could not find out, as the issuer is away.
    """

    def __init__(self, reason: str, *, unavailable: bool = False) -> None:
        super().__init__(reason)
        self.unavailable = unavailable


class TenantRefused(CallerRefused, TenantRequired):
    """A caller is known, and not whose it is."""
