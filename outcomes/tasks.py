"""Background work on figures: ids in, one engine call each."""

from __future__ import annotations

from celery import shared_task


@shared_task(ignore_result=True)
def drain_stale_figures() -> int:
    """Bring stale figures up to date; the wake-up after a commit and the sweep both call it.

    A commit sends one wake-up, however much it made stale, and that wakes one worker: where it
    is much, that worker wakes another one.
    """
    from outcomes.actions.ledger import wake_up
    from outcomes.rollup.queue import drain, finish_rebuilds

    done = drain(call_another=wake_up)
    finish_rebuilds()
    return done


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
