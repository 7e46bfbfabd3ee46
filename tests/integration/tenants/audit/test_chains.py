"""A sealed row cannot be changed, taken out or put in without being found."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django_tenants.utils import tenant_context

from cvm_platform.common import bulk, clock
from tenants.audit.contracts import Action, Actor, Finding, ProcessingRow
from tenants.audit.models import ProcessingEntry, Seal
from tenants.audit.services import log_processing, record, seal_all, seal_stream
from tenants.audit.verifying import newest_roots, verify_chains
from tenants.tenancy.models import Tenant

SLICE = 10
CHANGED = "rows or the chain were changed"


def sealed_log(count: int = 35) -> None:
    log_processing(
        rows=[
            ProcessingRow(Actor("user:1", "client_dpo", "10.0.0.1"), Action.VIEW, subject_id=n,
                          categories=["name", "email"])
            for n in range(count)
        ]
    )  # fmt: skip
    seal_stream(stream="processing", size=SLICE)


def rows(number: int) -> list[int]:
    found = ProcessingEntry.objects.filter(seal_number=number)
    return list(found.order_by("id").values_list("pk", flat=True))


def kinds(findings: list[Finding]) -> list[tuple[int, str]]:
    return [(finding.number, finding.kind) for finding in findings]


def test_every_row_is_sealed_once_and_the_chain_is_whole(acme: Tenant) -> None:
    sealed_log(35)
    assert list(Seal.objects.values_list("number", "count")) == [(1, 10), (2, 10), (3, 10), (4, 5)]
    assert not ProcessingEntry.objects.filter(seal_number__isnull=True).exists()
    assert verify_chains() == []
    assert seal_all() == 0  # nothing new


def test_streams_are_chained_apart(acme: Tenant) -> None:
    sealed_log(5)
    record(actor=Actor("user:1"), action="team.changed", target=acme, details={"role": "viewer"})
    assert seal_all() == 1
    assert set(newest_roots()) == {"processing", "trail"}
    bulk.run('UPDATE audit_auditentry SET details = \'{"role": "client_admin"}\'')
    [finding] = verify_chains()
    assert (finding.stream, finding.number) == ("trail", 1)


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        ("UPDATE {} SET reason = 'x' WHERE id = %s", CHANGED),
        ("UPDATE {} SET at = at + interval '1 us' WHERE id = %s", CHANGED),
        ("UPDATE {} SET subject_id = 999 WHERE id = %s", CHANGED),
        ("UPDATE {} SET categories = '{{name}}' WHERE id = %s", CHANGED),
        ("DELETE FROM {} WHERE id = %s", "rows are gone"),
    ],
)
def test_a_change_of_any_kind_is_found_at_its_slice(
    acme: Tenant, tamper: str, expected: str
) -> None:
    sealed_log()
    bulk.run(tamper.format("audit_processingentry"), [rows(2)[4]])
    assert kinds(verify_chains()) == [(2, expected)]


def _insert(number: int | None) -> None:
    log_processing(rows=[ProcessingRow(Actor("user:9"), Action.VIEW)])
    bulk.run("UPDATE audit_processingentry SET seal_number = %s WHERE actor = 'user:9'", [number])


@pytest.mark.parametrize(
    ("number", "found"), [(2, (2, "rows were added")), (77, (77, "rows that no seal knows"))]
)
def test_a_row_put_in_later_is_found(acme: Tenant, number: int, found: tuple[int, str]) -> None:
    sealed_log()
    _insert(number)
    assert kinds(verify_chains()) == [found]


def _swap(acme: Tenant) -> None:
    first, second = rows(1)[0], rows(2)[0]
    bulk.run("UPDATE audit_processingentry SET seal_number = 2 WHERE id = %s", [first])
    bulk.run("UPDATE audit_processingentry SET seal_number = 1 WHERE id = %s", [second])


def _drop_slice(acme: Tenant) -> None:
    bulk.run("DELETE FROM audit_processingentry WHERE seal_number = 2")


def _drop_slice_and_seal(acme: Tenant) -> None:
    _drop_slice(acme)
    bulk.run("DELETE FROM audit_seal WHERE number = 2")


def _forge(acme: Tenant) -> None:
    """Somebody with the database, but without the key, writes a seal of his own."""
    bulk.run("UPDATE audit_processingentry SET reason = 'x' WHERE seal_number = 4")
    bulk.run("UPDATE audit_seal SET root = sha256('anything') WHERE number = 4")


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        (_swap, [(1, CHANGED), (2, CHANGED)]),
        (_drop_slice, [(2, "all rows are gone")]),
        (_drop_slice_and_seal, [(2, "a seal is missing"), (3, CHANGED)]),
        (_forge, [(4, CHANGED)]),
    ],
)
def test_rows_and_seals_out_of_place(
    acme: Tenant, tamper: Callable[[Tenant], None], expected: list[tuple[int, str]]
) -> None:
    sealed_log()
    tamper(acme)
    assert kinds(verify_chains()) == expected


def test_an_end_that_was_cut_off_is_found_by_a_root_kept_elsewhere(acme: Tenant) -> None:
    sealed_log()
    _number, root = newest_roots()["processing"]
    bulk.run("DELETE FROM audit_processingentry WHERE seal_number = 4")
    bulk.run("DELETE FROM audit_seal WHERE number = 4")
    assert verify_chains() == []  # the chain alone cannot know
    [finding] = verify_chains(expected={"processing": root})
    assert finding.kind == "the root kept elsewhere is not in the chain"


def test_rows_that_are_not_sealed_for_long_are_reported(acme: Tenant) -> None:
    log_processing(
        rows=[ProcessingRow(Actor("system"), Action.VIEW, at=clock.now() - timedelta(hours=1))]
    )
    assert kinds(verify_chains()) == [(0, "not sealed for a long time")]
    seal_all()
    assert verify_chains() == []


def test_rows_whose_term_is_over_may_go_and_the_chain_stays(acme: Tenant) -> None:
    sealed_log()
    _drop_slice(acme)
    Seal.objects.filter(number=2).update(pruned_at=clock.now())
    assert verify_chains() == []


def test_the_seal_of_one_company_does_not_fit_another(acme: Tenant, beta: Tenant) -> None:
    sealed_log(5)
    seal = Seal.objects.get()
    lines = list(ProcessingEntry.objects.order_by("id").values())
    with tenant_context(beta):
        ProcessingEntry.objects.bulk_create(ProcessingEntry(**line) for line in lines)
        Seal.objects.create(
            stream=seal.stream, number=1, count=5, first_id=seal.first_id, last_id=seal.last_id,
            root=bytes(seal.root), sealed_at=seal.sealed_at,
        )  # fmt: skip
        assert kinds(verify_chains()) == [(1, CHANGED)]


def test_the_command_names_what_is_wrong(acme: Tenant, capsys: pytest.CaptureFixture[str]) -> None:
    sealed_log()
    _number, root = newest_roots()["processing"]
    call_command("verify_log", "acme", "--expect", f"processing={root.hex()}")
    assert "acme: whole" in capsys.readouterr().out
    bulk.run("DELETE FROM audit_processingentry WHERE id = %s", [rows(2)[0]])
    with pytest.raises(CommandError, match="1 findings"):
        call_command("verify_log", "acme")
    assert "acme: processing: slice 2: rows are gone (9 of 10" in capsys.readouterr().err
    with pytest.raises(CommandError, match="no company nowhere"):
        call_command("verify_log", "nowhere")
    with pytest.raises(CommandError, match="needs a schema"):
        call_command("verify_log", "--expect", f"processing={root.hex()}")
    with pytest.raises(CommandError, match="STREAM=ROOT"):
        call_command("verify_log", "acme", "--expect", "processing=zz")
