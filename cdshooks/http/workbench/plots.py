"""Plots of courses as SVG: drawn by leather, coloured by the stylesheet, read out as a sentence."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import leather
from leather import theme
from markupsafe import Markup

from cdshooks.rules.authoring import Reading, on
from cdshooks.services.workbench.courses import Course, Line

WIDTH, HEIGHT = 300, 180
ROOM = 0.12
"""Share of the height that is left free above and below."""
LEAST = 0.05
"""The same as a share of the highest value: what hardly changes must look like that."""
LONE = timedelta(days=60)
"""What is shown on each side of a single day."""

# leather keeps its looks in the variables of a module. Colours are left to the stylesheet.
theme.background_color = "none"
theme.margin = 0.02
theme.tick_font_size = 12
theme.tick_font_char_height = 12
theme.tick_font_char_width = 7


class _Points(leather.Shape):  # type: ignore[misc]
    """The readings of one kind and position, joined by a line; each says what it is."""

    def __init__(self, lines: tuple[Line, ...]) -> None:
        self._lines = lines

    def validate_series(self, series: Any) -> None:
        """Everything that this module draws is in order."""

    def to_svg(self, width: float, height: float, x: Any, y: Any, series: Any, _: Any) -> Any:
        """The limits with their words, and over them each kind of reading: no value is hidden."""
        group = ET.Element("g")
        placed = [(line, float(y.project(float(line.value), height, 0))) for line in self._lines]
        points = [
            (
                datum.row[2],
                float(x.project(datum.x, 0, width)),
                float(y.project(datum.y, height, 0)),
            )
            for datum in series.data()
        ]
        for line, at in placed:
            _draw_limit(group, line, at, width)
        for line, at in placed:
            left = abs(points[0][2] - at) >= abs(points[-1][2] - at)
            _write_limit(group, line, at, 5 if left else width)
        for number, kind in enumerate(kinds(tuple(reading for reading, _, _ in points))):
            part = ET.SubElement(group, "g", {"class": f"kind kind-{number}"})
            _draw_kind(part, [point for point in points if kind_of(point[0]) == kind])
        return group


def _limit(group: ET.Element, line: Line) -> ET.Element:
    return ET.SubElement(group, "g", {"class": "limit past" if line.past else "limit"})


def _draw_limit(group: ET.Element, line: Line, y: float, width: float) -> None:
    place = {"x1": "0", "x2": f"{width:.1f}", "y1": f"{y:.1f}", "y2": f"{y:.1f}"}
    ET.SubElement(_limit(group, line), "line", place)


def _write_limit(group: ET.Element, line: Line, y: float, x: float) -> None:
    """At the end of the line from which the course is farther away."""
    place = {
        "x": f"{x:.1f}",
        "y": f"{y - 4:.1f}",
        "text-anchor": "start" if x < WIDTH / 2 else "end",
    }
    ET.SubElement(_limit(group, line), "text", place).text = f"{line.words} {sign(line)}"


def sign(line: Line) -> str:
    """A limit with its sign as one writes it by hand."""
    return str(line.limit).replace(">=", "≥").replace("<=", "≤")


def _draw_kind(part: ET.Element, points: list[tuple[Reading, float, float]]) -> None:
    path = " ".join(f"{x:.1f},{y:.1f}" for _, x, y in points)
    ET.SubElement(part, "polyline", {"points": path})
    for reading, x, y in points:
        dot = ET.SubElement(part, "circle", {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "4"})
        ET.SubElement(dot, "title").text = told(reading)


def kind_of(reading: Reading) -> str:
    """What readings have in common that are joined by a line."""
    return f"{reading.label} {reading.position}" if reading.position else reading.label


def kinds(readings: tuple[Reading, ...]) -> tuple[str, ...]:
    """The kinds of readings of a plot, in the order in which they first occur."""
    return tuple(dict.fromkeys(map(kind_of, readings)))


def told(reading: Reading) -> str:
    """A reading in one line, with its day."""
    return f"{kind_of(reading)} {reading.amount}, {on(reading.day)}"


def plot(course: Course) -> Markup:
    """A course as SVG; nothing for one without readings."""
    if not course.readings:
        return Markup("")
    chart = leather.Chart()
    rows = [(reading.day, float(reading.value), reading) for reading in course.readings]
    chart.add_x_scale(*_days(course))
    chart.add_y_scale(*_span(course))
    chart.add_x_axis(tick_formatter=_month)
    chart.add_series(leather.Series(rows), _Points(course.lines))
    svg = ET.Element(
        "svg",
        {
            "class": "plot",
            "viewBox": f"0 0 {WIDTH} {HEIGHT}",
            "role": "img",
            "aria-label": sentence(course),
        },
    )
    svg.append(chart.to_svg_group(WIDTH, HEIGHT))
    # All text in it was set through the tree, which escapes it.
    return Markup(ET.tostring(svg, encoding="unicode"))  # noqa: S704


def _days(course: Course) -> tuple[date, date]:
    first, last = course.readings[0].day, course.readings[-1].day
    return (first, last) if first != last else (first - LONE, last + LONE)


def _span(course: Course) -> tuple[float, float]:
    """From below the lowest to above the highest of readings and limits."""
    shown = [float(r.value) for r in course.readings] + [float(line.value) for line in course.lines]
    low, high = min(shown), max(shown)
    room = max((high - low) * ROOM, high * LEAST)
    return max(0.0, low - room), high + room


def _month(day: date, _number: int, _count: int) -> str:
    return f"{day:%b %y}"


def sentence(course: Course) -> str:
    """What the plot shows, for whoever does not see it."""
    return " ".join(_sentences(course))


def _sentences(course: Course) -> Iterator[str]:
    count = len(course.readings)
    yield f"{course.title}: {count} value{'' if count == 1 else 's'}."
    if count > 1:
        yield f"First {told(course.readings[0])}."
    if course.latest is not None:
        yield f"Last {told(course.latest)}."
    for line in course.lines:
        yield f"{'Past' if line.past else 'Not past'} the limit: {line.words}, {sign(line)}."
