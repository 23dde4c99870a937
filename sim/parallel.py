"""Jobs over processes: the results come back in the order of the jobs, whatever the number of workers.

Every process gets all jobs once; what goes to and fro afterwards are numbers of jobs and results. So what jobs have in
common, a program and what an engine makes of it, is there once a process, not once a job.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any, TypeVar

J = TypeVar("J")
R = TypeVar("R")
Progress = Callable[[int, int], None]


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def map_jobs(
    work: Callable[[J], R], jobs: Sequence[J], workers: int | None = None, progress: Progress | None = None
) -> list[R]:
    """Return ``work(job)`` for every job.

    Args:
        work: A function of one job; it and the jobs must be picklable.
        jobs: The jobs.
        workers: Processes; default one per core. With one, or a single job, all runs in this process.
        progress: Called with (done, of) when jobs are done.
    """
    workers = min(workers or cores(), len(jobs))
    if workers <= 1:
        return [_told(work(job), n, len(jobs), progress) for n, job in enumerate(jobs, 1)]
    return _over_processes(work, jobs, workers, progress)


def _told(result: R, n: int, of: int, progress: Progress | None) -> R:
    if progress is not None:
        progress(n, of)
    return result


def _over_processes(work: Callable[[J], R], jobs: Sequence[J], workers: int, progress: Progress | None) -> list[R]:
    others = set(multiprocessing.active_children())
    with ProcessPoolExecutor(workers, initializer=_begin, initargs=(work, jobs)) as pool:
        futures = {pool.submit(_do, turn): len(turn) for turn in turns(len(jobs), workers)}
        try:
            done = 0
            for future in as_completed(futures):
                done += futures[future]
                if progress is not None:
                    progress(done, len(jobs))
            return [result for future in futures for result in future.result()]
        except BaseException as error:
            pool.shutdown(wait=False, cancel_futures=True)
            if isinstance(error, KeyboardInterrupt):  # whoever pressed it does not want to wait for long jobs
                for process in set(multiprocessing.active_children()) - others:
                    process.terminate()
            raise


def turns(jobs: int, workers: int, share: int = 16, most: int = 512) -> Iterator[range]:
    """Yield what is done in one go: at first much, so that little is said; at last job by job, so that all end at once.

    Args:
        jobs: How many there are.
        workers: Processes.
        share: Each process's share of what is left is taken in so many goes.
        most: Jobs in one go.

    >>> [len(turn) for turn in turns(32, 2, share=4)]
    [4, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    """
    at = 0
    while at < jobs:
        n = min(most, max(1, (jobs - at) // (share * workers)))
        yield range(at, at + n)
        at += n


_SHARED: tuple[Callable[[Any], Any], Sequence[Any]]
"""In a process of a pool: what is to be done, and with what."""


def _begin(work: Callable[[Any], Any], jobs: Sequence[Any]) -> None:
    global _SHARED
    _SHARED = work, jobs
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the process that waits for this one


def _do(turn: range) -> list[Any]:
    work, jobs = _SHARED
    return [work(jobs[n]) for n in turn]
