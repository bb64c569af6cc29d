"""When Python looks for garbage that counting references does not find."""

import gc

_COLLECT_AFTER = 50_000
"""New objects after which a call's end is the time to look for circles."""
_AT_THE_LATEST = (500_000, 2, 2)
"""Objects, and rounds, after which they are looked for in the midst of a call: more than any
call may bring, so that it concerns what never comes to the end of one.
"""


def spare_the_collector() -> None:
    """Keeps garbage collection out of calls, and out of the patients of a worklist.

    What was loaded by now stays for good, and is shared by the workers. A patient leaves
    no circles behind (a broken connection does), so looking for some in the midst of a
    long chart would cost more than the rules.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_AT_THE_LATEST)
    gc.enable()


def collect_between_calls() -> None:
    """Looks for circles, if enough has come since the last time.

    To be called when a call has ended and its chart is gone: looking through what is
    left is quick, and what failed calls leave behind goes within minutes.
    """
    if gc.get_count()[0] > _COLLECT_AFTER:
        gc.collect()
