"""The measurements as one picture, drawn by leather."""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import leather
from leather import theme

from bench.results import Results

WIDTH, HEIGHT = 320, 240
"""Of one plot."""
ROOM = 24
"""To the right of a plot, for the half of its last label."""
theme.background_color = "none"
COLOR = "#0b5fa5"


class _Course(leather.Shape):  # type: ignore[misc]
    """Points joined by a line, as one series: two would ask for a legend."""

    def validate_series(self, series: Any) -> None:
        """Everything that this module draws is in order."""

    def to_svg(self, width: float, height: float, x: Any, y: Any, series: Any, _: Any) -> Any:
        """The line, and a dot for each measurement."""
        group = ET.Element("g")
        points = [
            (float(x.project(datum.x, 0, width)), float(y.project(datum.y, height, 0)))
            for datum in series.data()
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        line = {"points": path, "fill": "none", "stroke": COLOR, "stroke-width": "2"}
        ET.SubElement(group, "polyline", line)
        for left, top in points:
            dot = {"cx": f"{left:.1f}", "cy": f"{top:.1f}", "r": "4", "fill": COLOR}
            ET.SubElement(group, "circle", dot)
        return group


def draw(results: Results, file: Path) -> None:
    """Time by observations and by rules, and memory by calls, side by side and from zero."""
    named = [(f"ms of a call, by {one.of}s", one.points) for one in results.growth]
    memory = [(calls, sizes["pss"]) for calls, sizes in results.footprint.memory]
    picture(file, [*named, ("MB of a worker, by calls", memory)])


def picture(file: Path, plots: Sequence[tuple[str, Sequence[tuple[float, float]]]]) -> None:
    """Writes plots, each a title and points, into one SVG file."""
    box = f"0 0 {WIDTH * len(plots)} {HEIGHT}"
    svg = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "viewBox": box, "role": "img"})
    ET.SubElement(svg, "rect", {"width": "100%", "height": "100%", "fill": "#ffffff"})
    ET.SubElement(svg, "title").text = "; ".join(title for title, _ in plots)
    for number, (title, points) in enumerate(plots):
        place = ET.SubElement(svg, "g", {"transform": f"translate({WIDTH * number} 0)"})
        place.append(_chart(title, points).to_svg_group(WIDTH - ROOM, HEIGHT))
    file.parent.mkdir(exist_ok=True)
    file.write_text(ET.tostring(svg, encoding="unicode") + "\n", encoding="utf-8")


def _chart(title: str, points: Sequence[tuple[float, float]]) -> leather.Chart:
    chart = leather.Chart(title)
    chart.add_x_scale(0, max(x for x, _ in points))
    chart.add_y_scale(0, max(y for _, y in points) * 1.1)
    chart.add_x_axis(tick_formatter=_told)
    chart.add_y_axis(tick_formatter=_told)
    chart.add_series(leather.Series([list(point) for point in points]), _Course())
    return chart


def _told(value: float, _number: int, _count: int) -> str:
    return f"{float(value):,g}"
