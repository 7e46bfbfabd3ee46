import pytest

from cvm_platform.common import drawing


@pytest.mark.parametrize(
    ("low", "high", "kind"), [(1, 2, "pos"), (0, 2, "unk"), (-2, -1, "neg"), (-1, 0, "unk")]
)
def test_colour_means_proved(low: int, high: int, kind: str) -> None:
    assert drawing.kind_of(low, high) == kind


def test_interval_right_of_zero_has_no_hatching() -> None:
    drawn = drawing.draw(20, 60, 40, scale=(0, 80))
    assert drawn == drawing.Interval("pos", "25.00%", "50.00%", "50.00%", "0.00%", "", "")


def test_part_below_zero_is_hatched() -> None:
    drawn = drawing.draw(-20, 60, 20, scale=(-20, 80))
    assert (drawn.kind, drawn.zero) == ("unk", "20.00%")
    assert (drawn.left, drawn.width, drawn.point) == ("0.00%", "80.00%", "40.00%")
    assert (drawn.hatch, drawn.hatch_width) == ("0.00%", "20.00%")


def test_ends_beyond_the_scale_are_cut() -> None:
    drawn = drawing.draw(-500, 500, 900, scale=(-100, 100))
    assert (drawn.left, drawn.width, drawn.point) == ("0.00%", "100.00%", "100.00%")


def test_zero_off_the_scale_is_not_drawn() -> None:
    assert drawing.draw(30, 40, 35, scale=(20, 50)).zero == ""


def test_interval_without_length_stays_visible_and_flat_scale_divides_by_nothing() -> None:
    drawn = drawing.draw(0, 0, 0, scale=(0, 0))
    assert (drawn.left, drawn.width) == ("0.00%", "0.50%")


def test_own_scale_has_zero_inside_and_room() -> None:
    assert drawing.scale_of(100, 200) == pytest.approx((-24, 224))
    assert drawing.scale_of(-100, -50) == pytest.approx((-112, 12))
    assert drawing.scale_of(0, 0) == pytest.approx((-0.12, 0.12))


def _labels(low: float, high: float, point: float) -> dict[str, tuple[str, str]]:
    drawn = drawing.draw(low, high, point, scale=drawing.scale_of(low, high))
    return {label.text: (label.x, label.anchor) for label in drawing.labels(drawn, "low", "high")}


def test_labels_of_a_wide_interval_stand_in_the_middle_of_their_ends() -> None:
    found = _labels(40, 100, 70)
    assert found["low"] == ("41.94%", "middle")
    assert found["high"] == ("90.33%", "middle")
    assert found["0"] == ("9.68%", "middle")


def test_labels_near_zero_turn_away_from_it() -> None:
    found = _labels(10, 100, 50)
    assert found["low"] == ("17.74%", "start")
    assert found["0"] == ("9.68%", "end")


def test_labels_of_a_narrow_interval_turn_outwards() -> None:
    found = _labels(80, 100, 90)
    assert found["low"] == ("74.19%", "end")
    assert found["high"] == ("90.32%", "start")


def test_label_of_zero_gives_way_where_an_end_stands_on_it() -> None:
    assert "0" not in _labels(1, 100, 50)
