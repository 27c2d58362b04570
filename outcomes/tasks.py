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
    """Compare stored figures with the ledger, and it with its rules; what is wrong is an error.

    Returns how many differences and postings that break a rule were found.
    """
    import structlog

    from outcomes.rollup.broken import BrokenRow
    from outcomes.rollup.verify import verify

    log = structlog.get_logger(__name__)
    differences = broken = 0
    for found in verify():
        if isinstance(found, BrokenRow):
            broken += 1
            log.error("posting_breaks_rule", posting=str(found), code=found.code)
        else:
            differences += 1
            log.error("figure_differs", difference=str(found))
    log.info("figures_verified", differences=differences, broken=broken)
    return differences + broken
