"""What must be in order before anybody is written to, and the work that opens when it is not."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cvm_platform.common import clock
from tenants.accounts.contracts import Permission
from tenants.approvals.contracts import TaskKind
from tenants.approvals.models import Task
from tenants.approvals.services import close_task, open_task
from tenants.audit.verifying import verify_chains

HALTED, CHAIN, AFTER_STOP = "delivery.halted", "delivery.chain", "delivery.after_stop"
# chains that prove that somebody may be written to
PROVING = frozenset({"consents", "evidence", "stops"})
_ALL = "all"
_LATE = "not sealed for a long time"  # the sealing is behind: nothing is wrong with the chain


class Unreadable(Exception):
    """Whether somebody may be written to cannot be found out: nobody is (REQ-S1)."""


def _halted(params: Mapping[str, Any]) -> str:
    return _("Sending No. %(dispatch)s is paused: its facts cannot be read (%(why)s)") % {
        "dispatch": params["dispatch"], "why": params["why"],
    }  # fmt: skip


def _broken(params: Mapping[str, Any]) -> str:
    return _("The chain of consents is broken, nothing is sent: %(what)s") % {
        "what": params["what"]
    }


def _after_stop(params: Mapping[str, Any]) -> str:
    return _("AD_AFTER_STOP: %(n)s messages left after a refusal") % {"n": params["count"]}


KINDS = (
    TaskKind(HALTED, gettext_lazy("Sending stopped itself"), Permission.BROADCASTS_SEND, _halted),
    TaskKind(CHAIN, gettext_lazy("Chain of consents"), Permission.AUDIT_VIEW, _broken,
             by_hand=False),
    TaskKind(AFTER_STOP, gettext_lazy("Advertising after a refusal"), Permission.AUDIT_VIEW,
             _after_stop),
)  # fmt: skip


def demand_sound_chains() -> None:
    """Raises: Unreadable: a chain of consents was found broken and is not mended."""
    broken = Task.objects.filter(kind=CHAIN, status=Task.Status.OPEN).first()
    if broken is not None:
        raise Unreadable(_broken(broken.params))


def watch_chains() -> bool:
    """Verifies every chain that proves consents; whether they are sound.

    A broken one stops all sending of the tenant at the next slice; mended, it opens it again.
    """
    wrong = [each for each in verify_chains() if each.stream in PROVING and each.kind != _LATE]
    if not wrong:
        close_task(kind=CHAIN, key=_ALL)
        return True
    open_task(kind=CHAIN, key=_ALL, params={"what": str(wrong[0]), "count": len(wrong)},
              due_at=clock.now())  # fmt: skip
    return False
