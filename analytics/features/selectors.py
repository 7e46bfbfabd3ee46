"""Reading RFM: the newest answer, its grid and its named groups."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from analytics.events.models import CustomerStats
from analytics.features.contracts import SCORES, Cell, Sums
from analytics.features.models import RfmRun
from analytics.features.presets import PRESETS, Preset, preset_of
from cvm_platform.common import clock, sight

# longer than any calculation: whoever ran it has died
STUCK_AFTER = timedelta(minutes=15)
AT_RISK = ("cannot_lose", "at_risk")


@dataclass(frozen=True, slots=True)
class PresetRow:
    preset: Preset
    sums: Sums
    share: float  # of the revenue of all buyers, 0 to 1


@dataclass(frozen=True, slots=True)
class GridCell:
    """One square of recency x frequency; `heat` 0-4 is its share of the revenue, in steps."""

    recency: int
    frequency: int
    sums: Sums
    heat: int


@dataclass(frozen=True, slots=True)
class Border:
    metric: str
    score: int
    customers: int
    low: int | datetime
    high: int | datetime


def last_run() -> RfmRun | None:
    """The newest calculation in any state."""
    return RfmRun.objects.first()


def answer() -> RfmRun | None:
    """The newest finished calculation."""
    return RfmRun.objects.filter(status=RfmRun.Status.DONE).first()


def has_orders() -> bool:
    """Whether there is anybody to count."""
    return CustomerStats.objects.filter(orders__gt=0).exists()


def is_running(run: RfmRun | None) -> bool:
    return (
        run is not None
        and run.status == RfmRun.Status.RUNNING
        and run.requested_at is not None
        and clock.now() - run.requested_at < STUCK_AFTER
    )


def cells_of(run: RfmRun) -> list[Cell]:
    return [
        Cell(
            row["r"], row["f"], row["m"], preset_of(row["r"], row["f"], row["m"]),
            Sums(row["customers"], row["revenue"], row["margin"]),
        )
        for row in run.cells
    ]  # fmt: skip


def filled(cells: list[Cell]) -> list[Cell]:
    """All 125 of them."""
    known = {(cell.recency, cell.frequency, cell.monetary): cell for cell in cells}
    return [
        known.get((r, f, m)) or Cell(r, f, m, preset_of(r, f, m), Sums())
        for r in SCORES for f in SCORES for m in SCORES
    ]  # fmt: skip


def total_of(cells: list[Cell]) -> Sums:
    return sum((cell.sums for cell in cells), Sums())


def preset_rows(cells: list[Cell]) -> list[PresetRow]:
    """All presets, those with the most revenue first; empty ones stay, at the end."""
    sums: dict[str, Sums] = defaultdict(Sums)
    for cell in cells:
        sums[cell.preset] += cell.sums
    whole = total_of(cells).revenue
    rows = [
        PresetRow(preset, sums[preset.code], _share(sums[preset.code].revenue, whole))
        for preset in PRESETS
    ]
    if not sight.is_exact():  # groups under ten in the order of the list: places compare sums
        return sorted(rows, key=lambda row: 0 if row.sums.is_small else -row.sums.revenue)
    return sorted(rows, key=lambda row: (-row.sums.revenue, -row.sums.customers))


def _share(part: int, whole: int) -> float:
    if not whole or sight.hides_money():
        return 0.0
    return sight.money(part) / (sight.money(whole) or 1.0)


def at_risk_of(cells: list[Cell]) -> Sums:
    """Money of buyers who used to bring much and went silent."""
    return total_of([cell for cell in cells if cell.preset in AT_RISK])


def grid_of(cells: list[Cell]) -> list[list[GridCell]]:
    """Rows from recency 5 down to 1, each from frequency 1 to 5."""
    sums: dict[tuple[int, int], Sums] = defaultdict(Sums)
    for cell in cells:
        sums[cell.recency, cell.frequency] += cell.sums
    top = max((one.revenue for one in sums.values()), default=0)
    if sight.hides_money():
        top = 0  # the shade is a sum too
    return [
        [GridCell(r, f, sums[r, f], _heat(sums[r, f].revenue, top)) for f in SCORES]
        for r in reversed(SCORES)
    ]


def _heat(revenue: int, top: int) -> int:
    if revenue <= 0 or top <= 0:
        return 0
    return 1 + min(3, int(4 * (revenue / top) ** 0.5))  # the root: one cell hides not the rest


def borders_of(run: RfmRun) -> dict[str, list[Border]]:
    found: dict[str, list[Border]] = defaultdict(list)
    for row in run.borders:
        low, high = (_border_value(row["metric"], row[side]) for side in ("low", "high"))
        found[row["metric"]].append(
            Border(row["metric"], row["score"], row["customers"], low, high)
        )
    return dict(found)


def border_rows(run: RfmRun) -> list[dict[str, Any]]:
    """One row a score, from 5 down: {score, recency, frequency, monetary}; None where nobody."""
    found = borders_of(run)
    return [
        {"score": score}
        | {
            metric: next((one for one in found.get(metric, ()) if one.score == score), None)
            for metric in ("recency", "frequency", "monetary")
        }
        for score in reversed(SCORES)
    ]


def bare_rows() -> list[dict[str, Any]]:
    """As `border_rows`, with nobody's values."""
    nothing = dict.fromkeys(("recency", "frequency", "monetary"))
    return [{"score": score, **nothing} for score in reversed(SCORES)]


def _border_value(metric: str, value: Any) -> int | datetime:
    return datetime.fromisoformat(value) if metric == "recency" else int(value)
