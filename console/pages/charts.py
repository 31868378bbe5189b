"""Small bar charts of one number for each day, drawn by the server as SVG (P8, P12).

A chart is also said in a sentence and kept as a table, for readers who do not see it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

WIDTH, HEIGHT = 300, 48  # of the drawing, in its own units
GAP = 2
LEAST = 2  # the height of a bar that is not nothing


@dataclass(frozen=True, slots=True)
class Bar:
    """One day. `x`, `y`, `width` and `height` are in units of the drawing; a day without anything has no height."""

    day: date
    number: int
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class BarChart:
    """The days in order, the oldest first, with their sum and the largest number. `tone` is "" or "danger"."""

    bars: tuple[Bar, ...]
    total: int
    most: int
    tone: str = ""

    @property
    def is_empty(self) -> bool:
        return self.total == 0

    @property
    def first(self) -> date:
        return self.bars[0].day

    @property
    def last(self) -> date:
        return self.bars[-1].day


def of_days(numbers: Mapping[date, int], last: date, *, days: int = 30, tone: str = "") -> BarChart:
    """A chart of the `days` days up to and with `last`; a day that `numbers` does not have counts as nothing."""
    shown = [last - timedelta(days=back) for back in reversed(range(days))]
    counted = [numbers.get(day, 0) for day in shown]
    most = max(counted)
    step = WIDTH // days
    bars = tuple(
        Bar(day, number, place * step, HEIGHT - height, step - GAP, height)
        for place, (day, number, height) in enumerate(
            (day, number, _height(number, most)) for day, number in zip(shown, counted, strict=True)
        )
    )
    return BarChart(bars, sum(counted), most, tone)


def _height(number: int, most: int) -> int:
    return max(LEAST, round(HEIGHT * number / most)) if number else 0
