"""Jobs over processes: the results come back in the order of the jobs, whatever the number of workers."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TypeVar

J = TypeVar("J")
R = TypeVar("R")


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def map_jobs(
    work: Callable[[J], R],
    jobs: Sequence[J],
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[R]:
    """Return ``work(job)`` for every job.

    Args:
        work: A function of one job; it and the jobs must be picklable.
        jobs: The jobs.
        workers: Processes; default one per core. With one, or a single job, all runs in this process.
        progress: Called with (done, of) after each job.
    """
    workers = min(workers or cores(), len(jobs))
    if workers <= 1:
        return [_told(work(job), n, len(jobs), progress) for n, job in enumerate(jobs, 1)]
    with ProcessPoolExecutor(workers) as pool:
        futures = [pool.submit(work, job) for job in jobs]
        try:
            for n, _ in enumerate(as_completed(futures), 1):
                if progress is not None:
                    progress(n, len(jobs))
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _told(result: R, n: int, of: int, progress: Callable[[int, int], None] | None) -> R:
    if progress is not None:
        progress(n, of)
    return result
