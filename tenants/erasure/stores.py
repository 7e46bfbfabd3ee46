"""How customers, their names, addresses and keys are erased."""

from collections.abc import Sequence

from cvm_platform.common import bulk, clock
from tenants.customers.models import Customer
from tenants.erasure.contracts import Eraser, Means, Person
from tenants.keyring import services as keyring
from tenants.tenancy.selectors import current_tenant

_TOMB = """
UPDATE customers_customer SET status = 'erased', lifecycle_stage = '', timezone = '',
    language = '', city = '', age_band = '', birth_month_day = NULL, attributes = '{}', tags = '{}',
    source = '', updated_at = %s
WHERE id = ANY(%s)
"""


def _ids(people: Sequence[Person]) -> list[int]:
    return [person.customer_id for person in people]


def leave_number_only(people: Sequence[Person]) -> int:
    """The row stays as a number, so that acts, requests and logs still mean somebody."""
    return bulk.run(_TOMB, [clock.now(), _ids(people)])


def destroy_keys(people: Sequence[Person]) -> int:
    """Both halves: whatever copy of the sealed values exists, it cannot be read any more."""
    ids = _ids(people)
    keyring.destroy_shares(tenant_id=current_tenant().pk, customer_ids=ids)
    bulk.run(
        "UPDATE customers_datakey SET wrapped = NULL, destroyed_at = %s "
        "WHERE customer_id = ANY(%s) AND destroyed_at IS NULL",
        [clock.now(), ids],
    )
    return len(ids)


def forget_answers(people: Sequence[Person]) -> int:
    """Answers of the API kept for retries may name the person."""
    taken = 0
    for person in people:
        for text in (person.public_id, *person.needles):
            taken += bulk.run(
                "DELETE FROM idempotency_storedanswer WHERE position(%s::bytea in body) > 0",
                [text.encode()],
            )
    return taken


ERASERS = (
    Eraser("customers.Customer", Means.DELETE, ("address", "attributes"), order=80,
           run=leave_number_only, is_contract=True),
    # without it later events about this number are refused at the door
    Eraser("customers.Person", Means.DELETE, ("ids",), table="customers_person", column="id",
           order=75, is_contract=True),
    Eraser("customers.Identity", Means.DELETE, ("ids",), table="customers_identity",
           column="person_id", order=70, is_contract=True),
    Eraser("customers.ContactPoint", Means.DELETE, ("email", "phone"),
           table="customers_contactpoint", order=70, is_contract=True),
    Eraser("customers.PersonalName", Means.DELETE, ("name",), table="customers_personalname",
           order=70, is_contract=True),
    Eraser("customers.PersonalAttribute", Means.DELETE, ("birth", "address"),
           table="customers_personalattribute", order=70),
    Eraser("customers.DataKey", Means.SHRED, ("name", "email", "phone", "birth"), order=90,
           run=destroy_keys, is_contract=True),
    Eraser("idempotency.StoredAnswer", Means.DELETE, ("name", "email", "phone"), order=20,
           run=forget_answers),
)  # fmt: skip

NOT_ACTIVE = (Customer.Status.ERASURE_PENDING, Customer.Status.ERASED)
