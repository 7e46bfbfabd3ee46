"""What an erased person was known by, as blind indexes: a load does not bring him back."""

from collections.abc import Iterable, Sequence

from cvm_platform.common import bulk, clock, crypto
from tenants.customers.models import Identity
from tenants.erasure.contracts import Person
from tenants.erasure.models import ErasedIdentity
from tenants.tenancy.keys import tenant_key
from tenants.tenancy.selectors import current_tenant

Known = tuple[str, str, str]
_INSERT = """
INSERT INTO erasure_erasedidentity (key, since, ground)
SELECT u, %s, %s FROM unnest(%s::bytea[]) AS u ON CONFLICT (key) DO NOTHING
"""
# addresses are told from each other everywhere; ids of another system only there
_LASTING = (Identity.Kind.EMAIL, Identity.Kind.PHONE, Identity.Kind.EXTERNAL, Identity.Kind.LOYALTY)


def _indexes(identities: Sequence[Known]) -> list[bytes]:
    key = tenant_key(current_tenant(), "erased")
    return [crypto.blind_index(key, "|".join(each)) for each in identities]


def remember(*, people: Sequence[Person], ground: str) -> int:
    """Before the identities are deleted: their indexes stay, they themselves do not."""
    found = list(
        Identity.objects.filter(
            person_id__in=[person.customer_id for person in people], kind__in=_LASTING
        ).values_list("kind", "namespace", "key")
    )
    return bulk.run(_INSERT, [clock.now(), ground, _indexes(found)])


def is_anybody_erased() -> bool:
    return ErasedIdentity.objects.exists()


def refused(identities: Iterable[Known]) -> set[Known]:
    """Those of erased people."""
    listed = list(identities)
    by_index = dict(zip(_indexes(listed), listed, strict=True))
    rows = bulk.fetch(
        "SELECT key FROM erasure_erasedidentity WHERE key = ANY(%s::bytea[])", [list(by_index)]
    )
    return {by_index[bytes(row[0])] for row in rows}


def forgive(*, identities: Sequence[Known]) -> int:
    """The person comes back by himself, with a fresh consent or a purchase."""
    return ErasedIdentity.objects.filter(key__in=_indexes(identities)).delete()[0]
