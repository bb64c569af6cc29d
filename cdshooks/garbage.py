"""When Python looks for garbage that counting references does not find."""

import gc

_COLLECT_AFTER = (50_000, 10, 5)
"""Objects, and rounds, after which the garbage collector looks for circles.

Over the whole, each 2.5 million objects: what failed calls leave behind goes within minutes,
and no long chart pays for more than a part of it.
"""


def spare_the_collector() -> None:
    """Keeps garbage collection out of calls, and out of the patients of a worklist.

    What was loaded by now stays for good, and is shared by the workers. A patient leaves
    no circles behind (a broken connection does), so looking for some after every few
    hundred objects of a long chart would cost more than the rules.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    gc.enable()
