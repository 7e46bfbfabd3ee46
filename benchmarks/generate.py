"""How fast the simulated shop is made, and that memory does not grow with it.

Rows a second by table, then the same pass over shops of two sizes with the peak memory of each.
Run `python -m benchmarks.generate [customers]`.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date

import numpy as np

from cvm_platform.demo.coffee import CoffeeShop

TODAY = date(2026, 11, 22)


def _tables(shop: CoffeeShop) -> dict[str, Callable[[], int]]:
    treated = np.arange(shop.customers) % 10 > 0
    return {
        "customers": lambda: sum(len(c["customer_no"]) for c in shop.customer_chunks()),
        "consents": lambda: sum(len(c["customer_no"]) for c in shop.consent_chunks()),
        "orders and lines": lambda: sum(
            len(c) + len(c.lines["number"]) for c in shop.order_chunks()
        ),
        "events": lambda: sum(len(c["at"]) for c in shop.event_chunks()),
        "outcome": lambda: sum(
            len(c) + len(c.lines["number"]) for c in shop.outcome_chunks(treated)
        ),
    }


def one_pass(customers: int) -> int:
    """Rows of a history in one pass: customers, consents, orders, lines, events."""
    rows = 0
    for block in CoffeeShop(today=TODAY, customers=customers).blocks():
        rows += len(block.people["customer_no"]) + len(block.consents["customer_no"])
        rows += len(block.base) + len(block.base.lines["number"]) + len(block.events["at"])
    return rows


def main(customers: int = 200_000) -> None:
    shop = CoffeeShop(today=TODAY, customers=customers)
    print(f"simulated shop, {customers:,} customers")
    for name, count in _tables(shop).items():
        begun = time.perf_counter()
        rows = count()
        seconds = time.perf_counter() - begun
        print(f"  {name:<18}{rows:>12,} rows {rows / seconds:>12,.0f} rows/s")
    peaks = []
    for size in (customers // 10, customers):
        # a process of its own: a peak never goes down again
        begun = time.perf_counter()
        answer = subprocess.run(
            [sys.executable, "-m", "benchmarks.generate", "--one-pass", str(size)],
            check=True,
            capture_output=True,
            text=True,
        )
        seconds = time.perf_counter() - begun
        rows, peak = map(int, answer.stdout.split())
        peaks.append(peak)
        print(
            f"  one pass over {size:>9,} customers {rows:>12,} rows "
            f"{rows / seconds:>12,.0f} rows/s, peak {peak / 1024:,.0f} MB"
        )
    print(f"  peak memory, ten times the customers: {peaks[1] / peaks[0]:.2f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one-pass"]:
        made = one_pass(int(sys.argv[2]))
        print(made, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    else:
        main(*(int(argument) for argument in sys.argv[1:2]))
