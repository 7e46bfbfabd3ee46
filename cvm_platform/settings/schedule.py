"""The platform's clock: one entry serves all tenants, the task itself sends one to each.

Times are UTC; the early ones are three hours later in Moscow, before the working day.
"""

from typing import Any

from celery.schedules import crontab

SCHEDULE: dict[str, dict[str, Any]] = {
    "events-partitions": {
        "task": "events.make_partitions_all", "schedule": crontab(hour=0, minute=5),
    },
    "approvals-watch": {"task": "approvals.watch_all", "schedule": 300.0},
    "registers-watch": {"task": "registers.watch_all", "schedule": 600.0},
    "requests-watch": {"task": "requests.watch_all", "schedule": crontab(minute=20)},
    "privacy-expire": {"task": "privacy.expire_all", "schedule": 600.0},
    "audit-seal": {"task": "audit.seal_all", "schedule": 60.0},
    "sources-reap": {"task": "sources.reap_imports_all", "schedule": 60.0},
    "features-rfm": {"task": "features.refresh_rfm_all", "schedule": crontab(hour=0, minute=30)},
    "erasure-due": {"task": "erasure.run_due_all", "schedule": 120.0},
    "erasure-retention": {
        "task": "erasure.retention_all", "schedule": crontab(hour=1, minute=15),
    },
    "delivery-watch": {"task": "delivery.watch_all", "schedule": 300.0},
    "delivery-verify": {"task": "delivery.verify_all", "schedule": crontab(hour=2, minute=5)},
    "segments": {"task": "segments.refresh_all", "schedule": crontab(minute=10)},
    "results": {"task": "results.refresh_all", "schedule": crontab(minute=45)},
}  # fmt: skip
