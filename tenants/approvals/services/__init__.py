"""The one door to decisions and to work."""

from tenants.approvals.services.deciding import (
    ask_approval,
    comment,
    decide,
    delegate,
    expire_approvals,
    withdraw,
)
from tenants.approvals.services.reminding import remind
from tenants.approvals.services.working import close_task, complete_task, open_task

__all__ = [
    "ask_approval",
    "close_task",
    "comment",
    "complete_task",
    "decide",
    "delegate",
    "expire_approvals",
    "open_task",
    "remind",
    "withdraw",
]
