"""Every one of the 125 cells has exactly one name, and the names mean what they say."""

import pytest

from analytics.features import presets
from analytics.features.contracts import SCORES, Cell, Sums
from analytics.features.selectors import at_risk_of, grid_of, preset_rows, total_of


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ((5, 5, 5), "champions"),
        ((4, 4, 4), "champions"),
        ((5, 5, 3), "loyal"),
        ((3, 4, 5), "loyal"),
        ((1, 5, 5), "cannot_lose"),
        ((2, 4, 4), "cannot_lose"),
        ((2, 3, 1), "at_risk"),
        ((1, 1, 4), "at_risk"),
        ((5, 1, 5), "big_spenders"),
        ((4, 3, 2), "potential_loyal"),
        ((5, 1, 1), "newcomers"),
        ((4, 2, 4), "promising"),
        ((3, 3, 3), "need_attention"),
        ((3, 1, 1), "about_to_sleep"),
        ((2, 2, 3), "hibernating"),
        ((1, 1, 1), "lost"),
    ],
)
def test_a_cell_belongs_to_its_preset(cell: tuple[int, int, int], code: str) -> None:
    assert presets.preset_of(*cell) == code


def test_every_cell_has_a_preset_and_every_preset_a_cell() -> None:
    table = presets.preset_table()
    assert len(table) == 125
    assert set(table) == {preset.code for preset in presets.PRESETS}


def test_the_table_is_ordered_as_the_statement_reads_it() -> None:
    table = presets.preset_table()
    for r in SCORES:
        for f in SCORES:
            for m in SCORES:
                assert table[(r - 1) * 25 + (f - 1) * 5 + (m - 1)] == presets.preset_of(r, f, m)


def _cell(r: int, f: int, m: int, customers: int, revenue: int) -> Cell:
    return Cell(r, f, m, presets.preset_of(r, f, m), Sums(customers, revenue, revenue // 4))


CELLS = [_cell(5, 5, 5, 10, 8000), _cell(5, 5, 4, 1, 400), _cell(1, 5, 5, 3, 1200),
         _cell(2, 3, 1, 2, 400), _cell(1, 1, 1, 7, 0)]  # fmt: skip


def test_presets_add_up_to_the_whole_with_the_richest_first() -> None:
    rows = preset_rows(CELLS)
    assert [row.preset.code for row in rows[:4]] == ["champions", "cannot_lose", "at_risk", "lost"]
    assert rows[0].sums == Sums(11, 8400, 2100)
    assert rows[0].share == 0.84
    assert sum((row.sums for row in rows), Sums()) == total_of(CELLS) == Sums(23, 10_000, 2500)
    assert len(rows) == len(presets.PRESETS)


def test_money_at_risk_is_that_of_those_who_brought_much_and_went_silent() -> None:
    assert at_risk_of(CELLS) == Sums(5, 1600, 400)


def test_the_grid_has_recency_down_and_frequency_across() -> None:
    grid = grid_of(CELLS)
    assert [[cell.recency for cell in row] for row in grid] == [[r] * 5 for r in (5, 4, 3, 2, 1)]
    top = grid[0][4]
    assert (top.frequency, top.sums, top.heat) == (5, Sums(11, 8400, 2100), 4)
    assert grid[4][4].heat == 2  # a seventh of the top: the root keeps it apart from nothing
    assert grid[4][0].heat == 0
    assert grid[1][1].sums == Sums()
