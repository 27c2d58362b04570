"""Background work on projects and results."""

from __future__ import annotations

from celery import shared_task


@shared_task(ignore_result=True)
def sweep_evidence() -> None:
    """Take away uploaded files that nothing refers to any more."""
    from projects.actions import sweep_evidence as sweep

    sweep()


@shared_task(ignore_result=True)
def send_digests() -> None:
    """Tell everybody once on a day what waits for them; what was refused before is tried again."""
    from projects.actions import send_digests as send

    send()
