"""Kinds of decisions and of work: each app names its own once, at start."""

from tenants.approvals.contracts import ApprovalKind, TaskKind

_approvals: dict[str, ApprovalKind] = {}
_tasks: dict[str, TaskKind] = {}


def add_approval_kind(kind: ApprovalKind) -> None:
    _approvals[kind.code] = kind


def add_task_kind(kind: TaskKind) -> None:
    _tasks[kind.code] = kind


def approval_kind(code: str) -> ApprovalKind:
    """Raises KeyError: no app knows it."""
    return _approvals[code]


def task_kind(code: str) -> TaskKind:
    """Raises KeyError: no app knows it."""
    return _tasks[code]


def approval_kinds() -> list[ApprovalKind]:
    return [_approvals[code] for code in sorted(_approvals)]


def task_kinds() -> list[TaskKind]:
    return [_tasks[code] for code in sorted(_tasks)]
