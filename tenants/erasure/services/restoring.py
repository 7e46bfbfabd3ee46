"""After a restore of an older copy: the ledger is applied before anybody gets in."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from cvm_platform.common import clock
from tenants.audit.contracts import Action
from tenants.audit.services import SYSTEM, ProcessingRow, log_processing
from tenants.customers.models import Customer
from tenants.erasure import registry, selectors
from tenants.erasure.contracts import Means, Person
from tenants.erasure.models import ErasureSubject, Tombstone
from tenants.erasure.services import identities, people_of, running, steps, verifying
from tenants.erasure.services.marking import BOUND
from tenants.keyring import services as keyring
from tenants.keyring.models import ErasureMark
from tenants.keyring.selectors import marks_after
from tenants.tenancy.models import Tenant

BATCH = 500


@dataclass(frozen=True, slots=True)
class Applied:
    """`learned`: lines that only the file outside the database had."""

    learned: int
    people: int
    left: tuple[str, ...]


def apply_ledger(*, tenant: Tenant) -> Applied:
    """Erases again whoever the ledger names and this schema does not know as erased.

    Inside the tenant. Repeating it changes nothing. The tombstones come last: until all is done
    and looked after, the company stays closed.

    Raises:
        LedgerBroken: the file was changed; nothing was applied.
    """
    learned = keyring.restore_marks(tenant=tenant)
    marks = marks_after(tenant.public_id, selectors.newest_tombstone())
    left: set[str] = set()
    for start in range(0, len(marks), BATCH):
        left.update(_apply(list(marks[start : start + BATCH]), tenant))
    return Applied(learned, len({mark.customer_id for mark in marks}), tuple(sorted(left)))


def _apply(marks: list[ErasureMark], tenant: Tenant) -> list[str]:
    whole = {mark.customer_id: mark for mark in marks if not mark.ground.endswith(BOUND)}
    parts = {mark.customer_id: mark for mark in marks if mark.ground.endswith(BOUND)}
    partial = _people([who for who in parts if who not in whole])
    people = _people(list(whole))
    with transaction.atomic():
        _erase(partial, is_bound=True)
        for ground in {mark.ground for mark in whole.values()}:
            mine = [person for person in people if whole[person.customer_id].ground == ground]
            identities.remember(people=mine, ground=ground)
        _erase(people, is_bound=False)
        Customer.objects.filter(pk__in=[each.customer_id for each in partial]).update(
            status=Customer.Status.ERASURE_PENDING
        )
        keyring.destroy_shares(tenant_id=tenant.pk, customer_ids=whole)
        left: list[str] = verifying.verify(people)["left"] if people else []
        if left:
            return left  # no tombstones: the company stays closed
        _log(people)
        Tombstone.objects.bulk_create(
            (Tombstone(number=each.number, customer_id=each.customer_id, at=clock.now())
             for each in marks),
            ignore_conflicts=True,
        )  # fmt: skip
    return []


def _people(ids: list[int]) -> list[Person]:
    found = dict(Customer.objects.filter(pk__in=ids).values_list("pk", "public_id"))
    subjects = [
        ErasureSubject(
            customer_id=who, public_id=found.get(who, UUID(int=0)), stand_in=running.stand_in()
        )
        for who in ids
    ]
    return people_of.persons(subjects)


def _erase(people: list[Person], *, is_bound: bool) -> None:
    if not people:
        return
    for eraser in registry.erasers():
        if eraser.means != Means.KEEP and not (is_bound and eraser.is_contract):
            steps.run(eraser, people)


def _log(people: list[Person]) -> None:
    log_processing(
        rows=[
            ProcessingRow(
                actor=SYSTEM, action=Action.DESTROY, object_type="erasure.tombstone",
                subject_id=person.customer_id, reason="applied after a restore",
            )
            for person in people
        ]
    )  # fmt: skip
