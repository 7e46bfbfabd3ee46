"""Addresses that do not exist: marked, suppressed and told as events."""

from collections.abc import Sequence

from campaigns.delivery.statements import execute, rows_of
from tenants.privacy.services import stop_channel

HARD = "hard_bounce"


def bury_addresses(dispatch_id: int, customer_ids: Sequence[int]) -> None:
    """The address is never tried again, in any campaign. Repeating changes nothing."""
    rows = rows_of(
        "SELECT m.customer_id, k.id, k.address_hmac FROM delivery_message m "
        "JOIN customers_contactpoint k ON k.id = m.contact_id "
        "WHERE m.dispatch_id + 0 = %(dispatch)s AND m.customer_id = ANY(%(ids)s)",
        {"dispatch": dispatch_id, "ids": list(customer_ids)},
    )
    for customer_id, contact_id, address_hmac in rows:
        execute(
            "UPDATE customers_contactpoint SET status = 'bounced' WHERE id = %(id)s",
            {"id": contact_id},
        )
        stop_channel(
            customer_id=customer_id, channel="EMAIL", address_hmac=bytes(address_hmac),
            source="BOUNCE", kind="HARD_BOUNCE", details={"dispatch": dispatch_id},
        )  # fmt: skip
