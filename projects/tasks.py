"""Background work on projects and results."""

from __future__ import annotations

from celery import shared_task


@shared_task(ignore_result=True)
def sweep_evidence() -> None:
    """Take away uploaded files that nothing refers to any more."""
    from projects.actions import sweep_evidence as sweep

    sweep()
