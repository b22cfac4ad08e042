"""Contenders timed in turn, so that what else the machine does falls on all of them."""

import statistics
import time

# A call of a few milliseconds is timed so many times in each turn, and its median counts.
SHORT = 20

# Threads of OpenMP spin for a while after their work, and would take the cores from whoever comes next.
PAUSE = 0.25


def timed(call, times=1):
    """The median of the seconds that a call took, and its last answer."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        answer = call()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken), answer


def in_turn(contenders, rounds, threads):
    """The seconds that each contender's call tells of itself, round by round, by its name."""
    times = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, call in contenders.items():
            if threads > 1:
                time.sleep(PAUSE)
            times[name].append(call())
    return times


def ratios(theirs, ours):
    """The ratio of the medians, and the least and the greatest of single rounds."""
    single = sorted(a / b for a, b in zip(theirs, ours))
    return statistics.median(theirs) / statistics.median(ours), single[0], single[-1]
