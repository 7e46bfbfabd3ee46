"""A stratified draw of a fixed audience, computed and not yet written down.

Deterministic: the same audience, salt, layer and version give the same control group, so an
estimate before the start shows exactly whom the start will leave out.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from analytics.stats.assignment import (
    merge_small_strata,
    spend_strata,
    stratified_control,
)
from campaigns.experiments.balance import compare_balance
from campaigns.experiments.columns import read_columns
from campaigns.experiments.contracts import Balance, Population
from campaigns.experiments.hashing import digest_sql, salt_prefix
from cvm_platform.common import bulk

MOST_ATTEMPTS = 4  # the first draw and three repeats with another salt
_COLUMNS = ("customer_id", "hash", "revenue", "orders", "recency", "tenure")


@dataclass(frozen=True, slots=True)
class Draw:
    """Columns of equal length: who, which stratum, who is control; and how fair it is."""

    customer_ids: NDArray[np.int64]
    strata: NDArray[np.int64]
    control: NDArray[np.bool_]
    balance: Balance
    version: int
    attempts: int

    def report(self) -> dict[str, Any]:
        """Sizes, strata and balance as they are stored with the layer."""
        groups = []
        for stratum in np.unique(self.strata):
            members = self.strata == stratum
            silent = int(self.control[members].sum())
            groups.append({"stratum": int(stratum), "size": int(members.sum()), "control": silent})
        return {
            "treated": int((~self.control).sum()),
            "control": int(self.control.sum()),
            "strata": groups,
            "balance": {
                "differences": {
                    name: round(value, 6) for name, value in self.balance.differences.items()
                },
                "limit": round(self.balance.limit, 6) if self.control.any() else None,
                "p": self.balance.p,
                "flagged": list(self.balance.flagged),
            },
            "attempts": self.attempts,
        }


def compute_draw(
    population: Population, *, salt: str, code: str, first_version: int, share: float
) -> Draw:
    """Draws until the groups are alike, at most `MOST_ATTEMPTS` times.

    Strata by spend so far (no purchase, lower three quartiles, top quartile, top 1 %), as the
    rollups know it; the only channel there is needs no stratum of its own.
    """
    for attempt in range(MOST_ATTEMPTS):
        version = first_version + attempt
        columns = _read(population, salt_prefix(salt, code, version))
        spend = columns["revenue"]
        strata = merge_small_strata(spend_strata(spend), ["EMAIL"] * spend.size, share)
        control = stratified_control(columns["hash"].view(np.uint64), strata, share)
        known = {name: columns[name] for name in _COLUMNS[2:]}
        balance = compare_balance(known, control)
        if balance.is_fair:
            break
    return Draw(columns["customer_id"], strata, control, balance, version, attempt + 1)


def _read(population: Population, prefix: str) -> dict[str, NDArray[np.int64]]:
    """Order, recency and tenure in days; -1 where there was no purchase."""
    query = f"""
        WITH population AS ({population.sql})
        SELECT c.id, {digest_sql("c.public_id")}::bigint,
               COALESCE(s.revenue, 0), COALESCE(s.orders, 0)::bigint,
               COALESCE(now()::date - s.last_order_at::date, -1)::bigint,
               COALESCE(now()::date - s.first_order_at::date, -1)::bigint
        FROM population p
        JOIN customers_customer c ON c.id = p.customer_id
        LEFT JOIN events_customerstats s ON s.customer_id = c.id
    """
    with transaction.atomic(), bulk.one_pass():
        return read_columns(query, {**population.params, "salt_prefix": prefix}, _COLUMNS)
