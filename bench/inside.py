"""Service times, in a process of its own that prints them as JSON.

Its stopwatch is set before the service is loaded, so that every lap of ``Server-Timing``
counts CPU time of the thread: other work on the machine then counts little. The garbage
collector is spared as ``serve`` spares it.
"""

import sys
import time
from dataclasses import asdict

import orjson


def main(seconds: float) -> None:
    """Measures for ``seconds`` of CPU time a kind of call."""
    time.perf_counter = time.thread_time
    from bench.beside import bare
    from bench.bodies import CASES, settings
    from bench.growth import by_observations, by_rules
    from bench.layers import measured, timed
    from bench.patients import NOW
    from cdshooks.app import create_app
    from cdshooks.garbage import spare_the_collector

    client = create_app(settings(), clock=lambda: NOW).test_client()
    beside = timed(bare())
    spare_the_collector()
    found = {
        "layers": [asdict(measured(case, client, beside, seconds)) for case in CASES],
        "growth": [asdict(by_observations(client)), asdict(by_rules())],
    }
    sys.stdout.buffer.write(orjson.dumps(found))


if __name__ == "__main__":
    main(float(sys.argv[1]))
