"""The one door for writing customers."""

from tenants.customers.services.persons import link_customers, reserve_person_ids
from tenants.customers.services.upserting import upsert_customers

__all__ = ["link_customers", "reserve_person_ids", "upsert_customers"]
