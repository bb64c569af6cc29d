"""Plots of a report as SVG: drawn by leather, coloured by the stylesheet of the page."""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import leather
from leather import theme
from leather.scales import Ordinal
from markupsafe import Markup

WIDTH, HEIGHT = 460, 260
ROOM = 1.08
"""How much higher a plot is than its highest value."""
LABEL, BAR, GAP = 18, 14, 12
"""Heights of the words over a bar, of a bar, and of what is free below it."""
FIGURES = 48
"""Width that is kept for the number at the end of a bar."""
TICKS = 6
"""How many months are named on an axis at most."""

# leather keeps its looks in the variables of a module. Colours are left to the stylesheet.
theme.background_color = "none"
theme.margin = 0.02
theme.tick_font_size = 12
theme.tick_font_char_height = 12
theme.tick_font_char_width = 7


@dataclass(frozen=True, slots=True)
class Bar:
    """A line of a bar plot: its words, and a value for each series, 0 or more."""

    words: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """A value of one series on a day."""

    series: int
    day: date
    value: float


class _Bars(leather.Shape):  # type: ignore[misc]
    """Under each line of words a bar for each series, with its value behind it."""

    def validate_series(self, series: Any) -> None:
        """Everything that this module draws is in order."""

    def to_svg(self, width: float, height: float, x: Any, y: Any, series: Any, _: Any) -> Any:
        """A group of bars a line; the widest leaves room for its number."""
        group = ET.Element("g")
        for datum in series.data():
            top = float(y.project_interval(datum.y, 0, height)[0])
            bar: Bar = datum.row[2]
            words = {"x": "0", "y": f"{top + LABEL - 6:.1f}", "class": "words"}
            ET.SubElement(group, "text", words).text = bar.words
            for number, value in enumerate(bar.values):
                long = float(x.project(value, 0, width - FIGURES))
                part = ET.SubElement(group, "g", {"class": f"kind kind-{number}"})
                _draw(part, long, top + LABEL + number * (BAR + 2), value)
        return group


def _draw(part: ET.Element, long: float, top: float, value: float) -> None:
    place = {"x": "0", "y": f"{top:.1f}", "width": f"{max(long, 1):.1f}", "height": str(BAR)}
    ET.SubElement(part, "rect", place)
    at = {"x": f"{long + 6:.1f}", "y": f"{top + BAR - 3:.1f}"}
    ET.SubElement(part, "text", at).text = amount(value)


class _Lines(leather.Shape):  # type: ignore[misc]
    """The points of each series, joined by a line."""

    def validate_series(self, series: Any) -> None:
        """Everything that this module draws is in order."""

    def to_svg(self, width: float, height: float, x: Any, y: Any, series: Any, _: Any) -> Any:
        """A group a series, so that the stylesheet can tell them apart."""
        group = ET.Element("g")
        found = [datum.row[2] for datum in series.data()]
        for number in sorted({point.series for point in found}):
            part = ET.SubElement(group, "g", {"class": f"kind kind-{number}"})
            places = [
                (
                    float(x.project(_month(p.day), 0, width)),
                    float(y.project(p.value, height, 0)),
                    p,
                )
                for p in found
                if p.series == number
            ]
            path = " ".join(f"{at:.1f},{up:.1f}" for at, up, _ in places)
            ET.SubElement(part, "polyline", {"points": path})
            for at, up, point in places:
                dot = ET.SubElement(
                    part, "circle", {"cx": f"{at:.1f}", "cy": f"{up:.1f}", "r": "3.5"}
                )
                ET.SubElement(dot, "title").text = f"{point.day:%b %Y}: {amount(point.value)}"
        return group


def bars(lines: Sequence[Bar], sentence: str) -> Markup:
    """A bar plot, top to bottom as given; nothing without lines."""
    if not lines:
        return Markup("")
    chart = leather.Chart()
    # Two lines of the same words are still two lines.
    keys = [f"{number} {line.words}" for number, line in enumerate(lines)]
    rows = [(line.values[0], key, line) for line, key in zip(lines, keys, strict=True)]
    chart.add_x_scale(0, max(max(line.values) for line in lines) or 1)
    chart.set_y_scale(Ordinal(keys))
    chart.add_y_axis(tick_formatter=_nothing)
    chart.add_series(leather.Series(rows), _Bars())
    tall = len(lines) * (LABEL + (BAR + 2) * len(lines[0].values) + GAP)
    # What leather leaves free for the axes, of which a bar plot shows none, is cut off.
    margin, axis = WIDTH * theme.margin, 2 * theme.tick_size
    below = axis + theme.tick_font_char_height
    box = f"{margin + axis} {margin} {WIDTH - 2 * margin - axis} {tall}"
    return _svg(chart.to_svg_group(WIDTH, tall + 2 * margin + below), "bars", box, sentence)


def lines(points: Sequence[Point], sentence: str) -> Markup:
    """A line plot over months from zero up; nothing without points."""
    if not points:
        return Markup("")
    chart = leather.Chart()
    months = _months(points)
    # The scale that leather has for days can begin after the first of them.
    chart.set_x_scale(Ordinal(months))
    chart.add_y_scale(0, max(point.value for point in points) * ROOM or 1)
    chart.add_x_axis(ticks=months[:: -(-len(months) // TICKS)], tick_formatter=_as_is)
    rows = [(_month(point.day), point.value, point) for point in points]
    chart.add_series(leather.Series(rows), _Lines())
    drawn = chart.to_svg_group(WIDTH, HEIGHT)
    return _svg(drawn, "lines", f"0 0 {WIDTH} {HEIGHT}", sentence)


def _months(points: Sequence[Point]) -> list[str]:
    """Every month from the first to the last, those without a point too."""
    counts = [point.day.year * 12 + point.day.month - 1 for point in points]
    found = range(min(counts), max(counts) + 1)
    return [_month(date(count // 12, count % 12 + 1, 1)) for count in found]


def _month(day: date) -> str:
    return f"{day:%b %y}"


def _nothing(_value: str, _number: int, _count: int) -> str:
    return ""


def _as_is(value: str, _number: int, _count: int) -> str:
    return value


def _svg(drawn: ET.Element, kind: str, box: str, sentence: str) -> Markup:
    """The drawing, with a sentence for whoever does not see it."""
    named = {"class": f"plot {kind}", "viewBox": box, "role": "img", "aria-label": sentence}
    svg = ET.Element("svg", named)
    svg.append(drawn)
    # All text in it was set through the tree, which escapes it.
    return Markup(ET.tostring(svg, encoding="unicode"))  # noqa: S704


def amount(value: float) -> str:
    """A number as a report writes it: whole from 100 up, else with one decimal."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"
