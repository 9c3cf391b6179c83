"""What the peers share: the command line, the clock, and the line that they print."""

import argparse
import json
import resource
import time

CHUNK = 100_000


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--tree", default="events")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--check", action="store_true", help="also add up the matrix; this is part of the time")
    parser.add_argument("--as-the-original", action="store_true",
                        help="uproot only: scale by the division of MLaaS4HEP instead of the quickest way")
    return parser.parse_args()


def measured(reader, name, threads, n_events, work):
    """Runs `work`, prints its figures with the sums that it returns, and returns them."""
    wall, cpu = time.perf_counter(), time.process_time()
    sums = work() or {}
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    line = {"reader": reader, "pass": name, "threads": threads, "events": n_events, "cpu_s": cpu, "wall_s": wall,
            "peak_resident_mb": peak_mb}
    print(json.dumps({**line, **sums}), flush=True)
