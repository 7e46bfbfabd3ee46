"""Consents that count: texts, a declaration and evidence behind them."""

from typing import Any

from cvm_platform.common import clock
from cvm_platform.demo.consents import ensure_declaration, ensure_texts
from tenants.privacy.contracts import Proof
from tenants.privacy.models import ConsentText, Evidence, OperatorDeclaration
from tenants.privacy.services import keep_evidence
from tenants.tenancy.models import Tenant
from tenants.tenancy.selectors import current_tenant


def published(tenant: Tenant) -> dict[str, ConsentText]:
    """The usual texts by purpose or channel."""
    return ensure_texts(tenant)


def trust(tenant: Tenant, source: str, **values: Any) -> OperatorDeclaration:
    """From now on, what comes from `source` is proved by a declaration."""
    return ensure_declaration(tenant, source, **values)


def evidence_id() -> int:
    """Any evidence, for records that are written past the door."""
    return keep_evidence(kind=Evidence.Kind.STAFF, details={"test": True}).pk


def proof(**values: Any) -> Proof:
    return Proof(**{"evidence_id": evidence_id(), "brands": brands(), **values})


def brands() -> tuple[str, ...]:
    """Of the current company, as its texts name them."""
    return (current_tenant().name,)


def proved_now() -> dict[str, Any]:
    """Values of a record that counts."""
    return {"evidence_id": evidence_id(), "given_at": clock.now()}
