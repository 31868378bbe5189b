"""Small bar charts of one number for each day, drawn by the server as SVG (P8, P12).

A chart is also said in a sentence and kept as a table, for readers who do not see it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

WIDTH, HEIGHT = 300, 48  # of the drawing, in its own units
GAP = 2
WEEK = 7
WORTH_A_PERCENTAGE = 10  # of fewer, a percentage says more than there is to say
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
    def week(self) -> int:
        """The sum of the last seven full days: today is not over yet."""
        return sum(bar.number for bar in self.bars[-WEEK - 1 : -1])

    @property
    def week_before(self) -> int:
        """The sum of the seven days before those."""
        return sum(bar.number for bar in self.bars[-2 * WEEK - 1 : -WEEK - 1])

    @property
    def change(self) -> int | None:
        """By how many percent the week differs from the one before; None if that had too little."""
        if self.week_before < WORTH_A_PERCENTAGE:
            return None
        return round(100 * (self.week - self.week_before) / self.week_before)

    @property
    def decrease(self) -> int:
        """The change the other way round, for a sentence that says "fewer"."""
        return -(self.change or 0)

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
