"""The one door for writing customers."""

from tenants.customers.services.correcting import correct_customer
from tenants.customers.services.persons import link_customers, reserve_person_ids
from tenants.customers.services.status import set_status
from tenants.customers.services.upserting import upsert_customers

__all__ = [
    "correct_customer",
    "link_customers",
    "reserve_person_ids",
    "set_status",
    "upsert_customers",
]
