"""The measurements as one picture."""

from collections.abc import Sequence
from pathlib import Path

import leather
from leather import theme

from bench.results import Results

WIDTH, HEIGHT = 900, 300
# leather keeps its looks in the variables of a module.
theme.background_color = "#ffffff"
theme.default_series_colors = ["#0b5fa5"] * 4


def draw(results: Results, file: Path) -> None:
    """Time by observations and by rules, memory by calls, each from zero."""
    grid = leather.Grid()
    for growth in results.growth:
        title = f"ms of a call, by {growth.of}s"
        grid.add_one(_line(title, growth.points))
    memory = [(calls, sizes["pss"]) for calls, sizes in results.footprint.memory]
    grid.add_one(_line("MB of a worker, by calls", memory))
    grid.to_svg(str(file), width=WIDTH, height=HEIGHT)


def _line(title: str, points: Sequence[tuple[int, float]]) -> leather.Chart:
    chart = leather.Chart(title)
    chart.add_x_scale(0, max(x for x, _ in points))
    chart.add_y_scale(0, max(y for _, y in points) * 1.1)
    chart.add_x_axis(tick_formatter=_whole)
    chart.add_y_axis(tick_formatter=_whole)
    chart.add_line([list(point) for point in points])
    chart.add_dots([list(point) for point in points])
    return chart


def _whole(value: float, _number: int, _count: int) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"
