"""Evidence is written first: without it nothing becomes a permission (152-FZ, article 9(3))."""

from collections.abc import Mapping, Sequence
from typing import Any

from cvm_platform.common import clock
from tenants.privacy.models import ConsentText, Evidence


def keep_evidence(
    *,
    kind: str,
    customer_id: int | None = None,
    text: ConsentText | None = None,
    ip: str | None = None,
    user_agent: str = "",
    form_url: str = "",
    form_version: int | None = None,
    snapshot: str = "",
    controls: Sequence[Mapping[str, Any]] = (),
    declaration_id: int | None = None,
    details: Mapping[str, Any] | None = None,
) -> Evidence:
    """One act of will as it was seen; append-only, chained within a minute.

    Args:
        customer_id: whose; None for a declaration that stands behind a whole load.
        snapshot: the form as it was shown, HTML.
        controls: of each box {id, label, default, final}.
        details: what the sort of proof knows; never the code that was typed.
    """
    return Evidence.objects.create(
        at=clock.now(), kind=kind, customer_id=customer_id, ip=ip, user_agent=user_agent[:300],
        form_url=form_url[:300], form_version=form_version, snapshot=snapshot,
        controls=[dict(each) for each in controls], text_id=text.pk if text else None,
        text_sha256=text.body_sha256 if text else "", declaration_id=declaration_id,
        details=dict(details or {}),
    )  # fmt: skip
