"""A Dask cluster, for fits and portfolios past one machine.

Only commands import this, and only where a cluster is asked for: dask is an extra of its own.
Whoever reaches a scheduler can run code on every worker, so a cluster belongs on a private network.
"""

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from riskscore.errors import ClusterFailed

if find_spec("distributed") is None:
    raise ClusterFailed("--dask needs dask and distributed: install riskscore[cluster]")

from distributed import Client, LocalCluster

logging.getLogger("distributed").setLevel(logging.CRITICAL)  # we say it, in a line
LOCAL = re.compile(r"local(?::([1-9]\d*))?", re.ASCII)
ADDRESS = re.compile(r"(?:tcp|tls)://\S+:\d+", re.ASCII)
PATIENCE = 10  # seconds for a scheduler to answer, and for a first worker to come


@contextmanager
def connected(scheduler: str) -> Iterator[Client]:
    """Connect to a cluster, or start one on this machine that ends with us.

    Args:
        scheduler: ``tcp://HOST:PORT``, ``tls://HOST:PORT``, ``local`` or ``local:N``.

    Raises:
        ClusterFailed: It is no address, nobody answers there, or there is no worker.
    """
    if local := LOCAL.fullmatch(scheduler):
        with _started(int(local[1] or os.cpu_count() or 1)) as cluster, Client(cluster) as client:
            yield client
        return
    if not ADDRESS.fullmatch(scheduler):
        raise ClusterFailed(
            f"--dask {scheduler}: expected tcp://HOST:PORT, local, or local:N for N workers here"
        )
    with _joined(scheduler) as client:
        if not workers_of(client):
            raise ClusterFailed(f"--dask {scheduler}: the scheduler has no workers")
        yield client


def workers_of(client: Client) -> list[str]:
    """List the addresses of the workers that are there now."""
    return sorted(client.scheduler_info(n_workers=-1)["workers"])


def threads_of(client: Client) -> int:
    """Count the threads of all workers that are there now."""
    return sum(client.nthreads().values())


def _started(workers: int) -> LocalCluster:
    return LocalCluster(
        n_workers=workers,
        threads_per_worker=max((os.cpu_count() or 1) // workers, 1),
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,
    )


def _joined(scheduler: str) -> Client:
    try:
        return Client(scheduler, timeout=PATIENCE)
    except (OSError, TimeoutError) as error:
        raise ClusterFailed(f"--dask {scheduler}: no scheduler answers there") from error
