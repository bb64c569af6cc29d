"""What time it is: the one place where a clock is read."""

from collections.abc import Callable
from datetime import UTC, datetime, time

from cdshooks.settings import Settings

Clock = Callable[[], datetime]


def clock_of(settings: Settings) -> Clock:
    """The real clock, or one that stands still where the settings name a day.

    A day without a time means its noon in the time zone of the installation.
    """
    today = settings.today
    if today is None:
        return lambda: datetime.now(UTC)
    if isinstance(today, datetime):
        instant = today
    else:
        instant = datetime.combine(today, time(12), settings.zone)
    return lambda: instant
