"""People to be erased with what they are known by, opened once, in memory only."""

from collections.abc import Sequence

from tenants.customers.models import ContactPoint, Identity
from tenants.customers.sealing import Vault
from tenants.erasure.contracts import Person
from tenants.erasure.models import ErasureSubject
from tenants.tenancy.selectors import current_tenant

_SHORTEST = 5  # a shorter identifier would be found everywhere


def persons(subjects: Sequence[ErasureSubject]) -> list[Person]:
    """Plain identifiers are empty where the key is gone: then texts were looked through before."""
    ids = [each.customer_id for each in subjects]
    contacts = list(
        ContactPoint.objects.filter(customer_id__in=ids).values_list("pk", "customer_id", "sealed")
    )
    opened = Vault(current_tenant()).open_many([(pk, who, bytes(it)) for pk, who, it in contacts])
    texts: dict[int, list[str]] = {}
    for pk, who, _sealed in contacts:
        if pk in opened:
            texts.setdefault(who, []).append(opened[pk])
    for who, key in Identity.objects.filter(
        person_id__in=ids, kind__in=[Identity.Kind.EXTERNAL, Identity.Kind.LOYALTY]
    ).values_list("person_id", "key"):
        texts.setdefault(who, []).append(key)
    return [
        Person(
            each.customer_id, str(each.public_id), each.stand_in or 0,
            tuple(text for text in texts.get(each.customer_id, ()) if len(text) >= _SHORTEST),
            tuple(text for text in texts.get(each.customer_id, ()) if "@" in text),
        )
        for each in subjects
    ]  # fmt: skip
