"""Background work on figures: ids in, one engine call each."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from celery.signals import worker_ready


@shared_task(ignore_result=True)
def drain_stale_figures() -> int:
    """Bring stale figures up to date: after a commit, at the start of a worker, by the sweep.

    A commit sends one wake-up, however much it made stale, and that wakes one worker: where it
    is much, that worker wakes another one.
    """
    from outcomes.actions.ledger import wake_up
    from outcomes.rollup.queue import drain, finish_rebuilds

    done = drain(call_another=wake_up)
    finish_rebuilds()
    return done


@worker_ready.connect
def drain_at_start(**_signal: Any) -> None:
    """What waited while no worker ran need not wait for the next sweep.

    A broker that does not take the message is logged by Celery, and the worker goes on.
    """
    drain_stale_figures.apply_async(retry=False)


@shared_task(ignore_result=True)
def verify_figures() -> int:
    """Compare every stored figure with the ledger and file what differs, plan by plan.

    Differences are logged as errors too.
    """
    import structlog

    from outcomes.rollup.filing import file_verification, plans_with_figures

    log = structlog.get_logger(__name__)
    differences = 0
    for plan in plans_with_figures():
        run = file_verification(
            plan, told=lambda found: log.error("figure_differs", difference=str(found))
        )
        log.info("figures_verified", plan=plan.code, differences=run.differences)
        differences += run.differences
    return differences
