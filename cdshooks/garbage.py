"""When Python looks for garbage that counting references does not find."""

import gc

_COLLECT_AFTER = (50_000, 20, 20)
"""Objects, and rounds, after which the garbage collector looks for circles."""


def spare_the_collector() -> None:
    """Keeps garbage collection out of calls, and out of the patients of a worklist.

    What was loaded by now stays for good, and is shared by the workers. A patient leaves
    no circles behind, so looking for some after every few hundred objects of a long
    chart would cost more than the rules.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    gc.enable()
