"""The agency's view of its companies: those where the user works, with health and money.

Reads the snapshots of the public schema only: sums that each tenant's own jobs wrote.
"""

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from cvm_platform.common import clock
from cvm_platform.common.verdicts import Verdict, verdict_of
from tenants.accounts import access, hosts
from tenants.accounts.models import Membership
from tenants.tenancy.health import Health, health_of, reason_in_words
from tenants.tenancy.models import Snapshot, Tenant

SORTS = ("help", "name", "profit", "revenue", "customers")


@dataclass(frozen=True, slots=True)
class Money:
    """The newest answer in money; `profit` is None where there is no verdict to stand on."""

    verdict: Verdict
    weeks: int | None
    profit: int | None
    low: int | None
    high: int | None
    label: str

    @property
    def has_interval(self) -> bool:
        return None not in (self.profit, self.low, self.high) and self.verdict.code != "refused"


@dataclass(frozen=True, slots=True)
class Row:
    tenant: Tenant
    url: str
    health: Health
    snapshot: Snapshot | None
    money: Money | None
    # of the drawn interval, shared by all rows of one currency
    scale: tuple[float, float] = (0.0, 0.0)

    @property
    def sums(self) -> Any:
        """Zeros for a company that has no snapshot yet."""
        return self.snapshot or Snapshot()

    @property
    def revenue(self) -> int | None:
        """None where the company does not show it to the agency."""
        return None if "home" in self.tenant.hidden_money else self.sums.revenue_30d

    @property
    def reason(self) -> str:
        """Why the health is what it is, in the reader's language."""
        sums = self.sums
        return reason_in_words(sums.health_reason, sums.last_order_at, clock.now())


def companies_of(user_id: int) -> QuerySet[Tenant]:
    """Client companies where the user may work today."""
    mine = Membership.objects.open_on(clock.now().date()).filter(user_id=user_id)
    return (
        Tenant.objects.filter(kind=Tenant.Kind.CLIENT, pk__in=mine.values("tenant_id"))
        .exclude(status=Tenant.Status.CLOSED)
        .select_related("plan", "snapshot")
        .prefetch_related("domains")
        .order_by("name", "pk")
    )


def _found(query: str) -> Q:
    return Q(name__icontains=query) | Q(domains__domain__icontains=query)


def _snapshot_of(tenant: Tenant) -> Snapshot | None:
    return getattr(tenant, "snapshot", None)


def _money_of(snapshot: Snapshot | None) -> Money | None:
    facts: dict[str, Any] = snapshot.money if snapshot else {}
    if not facts.get("verdict"):
        return None
    return Money(
        verdict_of(str(facts["verdict"])), facts.get("weeks"), facts.get("profit"),
        facts.get("low"), facts.get("high"), str(facts.get("label") or ""),
    )  # fmt: skip


def _row(request: HttpRequest, tenant: Tenant) -> Row:
    snapshot = _snapshot_of(tenant)
    return Row(
        tenant=tenant,
        url=hosts.tenant_url(request, tenant),
        health=health_of(snapshot.health if snapshot else None),
        snapshot=snapshot,
        money=None if {"home", "results"} & set(tenant.hidden_money) else _money_of(snapshot),
    )


def _key(row: Row, sort: str) -> tuple[Any, ...]:
    """Unknown sums sort below known ones."""
    name = row.tenant.name.casefold()
    if sort == "profit":
        profit = row.money.profit if row.money and row.money.has_interval else None
        return (profit is not None, profit or 0, name)
    if sort == "revenue":
        return (row.revenue is not None, row.revenue or 0, name)
    if sort == "customers":
        return (row.sums.customers, name)
    return (name,) if sort == "name" else (row.health.rank, name)


def _scales(rows: list[Row]) -> dict[str, tuple[float, float]]:
    """One per currency, with zero inside, so that rows can be compared."""
    ends: dict[str, tuple[float, float]] = {}
    for row in rows:
        if row.money and row.money.has_interval:
            low, high = ends.get(row.tenant.currency, (0.0, 0.0))
            values = (row.money.low or 0, row.money.high or 0)
            ends[row.tenant.currency] = (min(low, *values), max(high, *values))
    return {code: (low * 1.05, high * 1.05) for code, (low, high) in ends.items()}


def company_rows(
    request: HttpRequest, *, query: str = "", health: str = "", plan: str = "", sort: str = ""
) -> list[Row]:
    """Filtered and sorted in memory: an agency has hundreds of companies, never millions.

    Args:
        sort: one of SORTS, with a minus for descending; anything else: who needs help first.
    """
    found = companies_of(request.user.pk or 0)
    if query:
        found = found.filter(_found(query)).distinct()
    if plan:
        found = found.filter(plan_id=plan)
    rows = [_row(request, tenant) for tenant in found]
    if health:
        rows = [row for row in rows if row.health.code == health]
    scales = _scales(rows)
    rows = [replace(row, scale=scales.get(row.tenant.currency, row.scale)) for row in rows]
    name = sort.removeprefix("-")
    chosen = name if name in SORTS else "help"
    return sorted(rows, key=lambda row: _key(row, chosen), reverse=sort.startswith("-"))


def totals(rows: list[Row]) -> dict[str, Any]:
    """Sums over the rows, per currency: rubles and pounds do not add up."""
    revenue: dict[str, int] = {}
    for row in rows:
        if row.revenue is not None:  # a total with it would tell it
            revenue[row.tenant.currency] = revenue.get(row.tenant.currency, 0) + row.revenue
    proved = [row for row in rows if row.money and row.money.verdict.code == "proved_gain"]
    return {
        "companies": len(rows),
        "customers": sum(row.sums.customers for row in rows),
        "reachable": sum(row.sums.reachable for row in rows),
        "revenue": sorted(revenue.items(), key=lambda pair: -pair[1]),
        "urgent": sum(row.health.code == "bad" for row in rows),
        "waiting": sum(row.health.code in {"warn", "empty"} for row in rows),
        "proved": len(proved),
        "measured": sum(row.money is not None for row in rows),
    }


def urgent_count(request: HttpRequest) -> int:
    """Companies of this person where something has failed."""
    return companies_of(request.user.pk or 0).filter(snapshot__health="bad").count()


def switch_rows(
    request: HttpRequest, *, query: str = "", limit: int = 6
) -> tuple[list[dict[str, Any]], int]:
    """For the switcher: the first companies by name, and how many there are in all."""
    mine = companies_of(request.user.pk or 0)
    total = mine.count()
    found = mine.filter(_found(query)).distinct() if query else mine
    membership = access.membership_of(request)
    here = membership.tenant_id if membership else None
    rows = [
        {
            "name": tenant.name, "industry": tenant.industry,
            "url": hosts.tenant_url(request, tenant), "is_current": tenant.pk == here,
            "health": health_of(snapshot.health) if (snapshot := _snapshot_of(tenant)) else None,
        }
        for tenant in found[:limit]
    ]  # fmt: skip
    return rows, total
