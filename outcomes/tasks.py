"""Background work on figures: ids in, one engine call each."""

from __future__ import annotations

from celery import shared_task


@shared_task(ignore_result=True)
def drain_stale_figures() -> int:
    """Bring stale figures up to date; the wake-up after a commit and the sweep both call it."""
    from outcomes.rollup.queue import drain

    return drain()


@shared_task(ignore_result=True)
def verify_figures() -> int:
    """Compare every stored figure with the ledger; differences are logged as errors."""
    import structlog

    from outcomes.rollup.verify import verify

    log = structlog.get_logger(__name__)
    differences = 0
    for difference in verify():
        differences += 1
        log.error("figure_differs", difference=str(difference))
    log.info("figures_verified", differences=differences)
    return differences
