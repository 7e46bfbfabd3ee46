"""The independent look: counted and searched anew, by the ways in which screens find people."""

from collections.abc import Sequence
from typing import Any

from cvm_platform.common import bulk, clock
from tenants.customers.models import ContactPoint, Identity, PersonalName
from tenants.customers.sealing import Vault
from tenants.customers.selectors import customers_found_by
from tenants.erasure import registry
from tenants.erasure.contracts import Eraser, Means, Person
from tenants.keyring.selectors import shares_of
from tenants.tenancy.selectors import current_tenant


def _has_rows(eraser: Eraser, ids: Sequence[int]) -> bool:
    condition = f" AND ({eraser.where})" if eraser.where else ""
    [(found,)] = bulk.fetch(
        f"SELECT EXISTS (SELECT FROM {eraser.table} AS t "
        f"WHERE t.{eraser.column} = ANY(%s::bigint[]){condition})",
        [list(ids)],
    )
    return bool(found)


def verify(people: Sequence[Person]) -> dict[str, Any]:
    """{checked: looks, left: where something was found, at}; nothing may be left."""
    ids = [person.customer_id for person in people]
    stores = [
        each for each in registry.erasers()
        if each.table and each.means in {Means.DELETE, Means.STAND_IN}
    ]  # fmt: skip
    left = {each.name for each in stores if _has_rows(each, ids)}
    tenant = current_tenant()
    if shares_of(tenant_id=tenant.pk, customer_ids=ids) or Vault(tenant).customer_keys(ids):
        left.add("keys")
    for model in (ContactPoint, PersonalName):
        if model.objects.filter(customer_id__in=ids).exists():
            left.add(model._meta.label)
    if Identity.objects.filter(person_id__in=ids).exists():
        left.add(Identity._meta.label)
    needles = {text for person in people for text in person.needles}
    for text in needles:
        if customers_found_by(text).filter(pk__in=ids).exists():
            left.add("search")
    return {
        "checked": len(stores) + 4 + len(needles), "left": sorted(left),
        "at": clock.now().isoformat(),
    }  # fmt: skip
