"""The Celery worker and its schedule as threads of the web process.

For an installation of one process (the demonstration, a small office): jobs run a moment
after they are posted, with no broker to install. In production they are processes of
their own.
"""

from __future__ import annotations

import logging
import threading
import time
from uuid import uuid4

import structlog
from celery import Celery
from celery.beat import Scheduler, Service
from celery.signals import worker_ready
from celery.worker import state

logger = structlog.get_logger(__name__)


class EmbeddedWorker:
    """One worker of a few threads, and one beat, that start and stop with their process."""

    def __init__(self, app: Celery, concurrency: int = 2) -> None:
        app.finalize()
        self.worker = app.WorkController(
            app=app,
            pool="threads",
            concurrency=concurrency,
            hostname=f"embedded-{uuid4().hex}@localhost",
            loglevel="WARNING",
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
            # Said by the worker program, not by a worker within another one.
            ready_callback=lambda consumer: worker_ready.send(sender=consumer),
        )
        # Wakes at least each second, so that it can be stopped within that time.
        self.beat = Service(app, max_interval=1, scheduler_cls=Scheduler, remote_control=False)
        self.threads = [
            threading.Thread(target=self.worker.start, name="celery-worker", daemon=True),
            threading.Thread(target=self.beat.start, name="celery-beat", daemon=True),
        ]

    def start(self) -> None:
        """Start both threads and return at once."""
        for thread in self.threads:
            thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Take no more jobs, let those that run end, and return.

        A job that runs longer than `timeout` seconds is left: what it was to do is still in
        the database, and is done after the next start.
        """
        deadline = time.monotonic() + timeout
        self.beat.stop()
        logging.getLogger("celery.worker.control").setLevel(logging.ERROR)  # it is asked to end
        state.should_stop = 0  # the consumer looks at this between two messages,
        self.worker.app.control.shutdown([self.worker.hostname])  # of which this is the next
        try:
            for thread in self.threads:
                thread.join(max(0.0, deadline - time.monotonic()))
        finally:
            state.should_stop = None
        still_running = [thread.name for thread in self.threads if thread.is_alive()]
        if still_running:
            logger.warning("embedded worker did not stop in time", threads=still_running)
