"""What every row shares: CPU time by the process's own clock, the median of laps, one line of a table."""

import os
import resource
import statistics
import time


def spoken(rate):
    """A rate in three digits."""
    for size, word in ((1e6, " M "), (1e3, " k ")):
        if rate >= size:
            return f"{rate / size:.3g}{word}"
    return f"{rate:.3g} "


def laps(times, prepare, run, finish=lambda prepared: None):
    """CPU seconds of `run(prepare())`, user and system, all threads; `prepare` and `finish` are not counted."""
    seconds, last = [], None
    for _ in range(times):
        prepared = prepare()
        start = time.process_time()
        last = run(prepared)
        seconds.append(time.process_time() - start)
        finish(prepared)
    return seconds, last


def line(row, peer, version, work, seconds, count, unit, peak=None):
    """Prints a row: what, by whom, CPU seconds (median, least to most, laps), rate, peak memory, load of the machine."""
    median = statistics.median(seconds)
    spread = f"{median:.4g} s ({min(seconds):.4g} to {max(seconds):.4g}, {len(seconds)} laps)"
    rate = f"{spoken(count / median)}{unit}/s" if count else "-"
    memory = f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 if peak is None else peak:.0f} MiB"
    print(f"| {row} | {peer} | {version} | {work} | {spread} | {rate} | {memory} | {os.getloadavg()[0]:.1f} |", flush=True)
