"""Where the parts of an interval stand on its scale, in percent: geometry goes into attributes."""

from dataclasses import dataclass

Number = int | float

_MARGIN = 0.12
_NEAR = 14.0
_EDGE = 9.0


@dataclass(frozen=True, slots=True)
class Label:
    x: str
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Interval:
    """Strings ready for SVG attributes. `zero` and `hatch` are empty where they do not show."""

    kind: str
    left: str
    width: str
    point: str
    zero: str
    hatch: str
    hatch_width: str


def _percent(value: float) -> str:
    return f"{value:.2f}%"


def kind_of(low: Number, high: Number) -> str:
    """Green and red mean proved; an interval that touches zero is grey."""
    if low > 0:
        return "pos"
    return "neg" if high < 0 else "unk"


def scale_of(low: Number, high: Number) -> tuple[float, float]:
    """A scale with room on both sides and zero inside."""
    bottom, top = min(low, 0), max(high, 0)
    room = (top - bottom or 1) * _MARGIN
    return bottom - room, top + room


def draw(
    low: Number, high: Number, point: Number, *, scale: tuple[Number, Number], kind: str = ""
) -> Interval:
    """The bar is cut at the ends of the scale; a scale without length counts as one unit."""
    bottom, top = scale
    length = (top - bottom) or 1

    def place(value: Number) -> float:
        return min(100.0, max(0.0, (value - bottom) / length * 100))

    left, right, zero = place(low), place(high), place(0)
    is_zero_shown = bottom <= 0 <= top
    below = min(right, zero) - left if low < 0 <= high else 0.0
    return Interval(
        kind=kind or kind_of(low, high),
        left=_percent(left),
        width=_percent(max(right - left, 0.5)),
        point=_percent(place(point)),
        zero=_percent(zero) if is_zero_shown else "",
        hatch=_percent(left) if below > 0 else "",
        hatch_width=_percent(below) if below > 0 else "",
    )


def labels(drawn: Interval, low: str, high: str) -> list[Label]:
    """Zero and the two ends under the bar, turned outwards where they would touch."""
    left = float(drawn.left[:-1])
    right = left + float(drawn.width[:-1])
    places = [(left, low, "middle"), (right, high, "middle")]
    if right - left < 2 * _NEAR:
        places = [(left, low, "end"), (right, high, "start")]
    if drawn.zero:
        zero = float(drawn.zero[:-1])
        places = [(x, text, _away(x, zero, anchor)) for x, text, anchor in places]
        if min(abs(left - zero), abs(right - zero)) >= _NEAR / 3:
            places.append((zero, "0", _zero_anchor(zero, left, right)))
    return [Label(_percent(x), _inside(x, anchor), text) for x, text, anchor in places]


def _away(x: float, zero: float, anchor: str) -> str:
    if abs(x - zero) >= _NEAR:
        return anchor
    return "start" if x > zero else "end"


def _zero_anchor(zero: float, left: float, right: float) -> str:
    if 0 <= left - zero < _NEAR:
        return "end"
    return "start" if 0 <= zero - right < _NEAR else "middle"


def _inside(x: float, anchor: str) -> str:
    if x < _EDGE:
        return "start"
    return "end" if x > 100 - _EDGE else anchor
