"""Background work on projects and results."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task


@shared_task(ignore_result=True)
def sweep_evidence() -> None:
    """Take away uploaded files that nothing refers to any more."""
    from projects.actions import sweep_evidence as sweep
    from projects.actions import sweep_transaction_files

    sweep()
    sweep_transaction_files()


@shared_task(ignore_result=True)
def send_digests() -> None:
    """Tell everybody once on a day what waits for them; what was refused before is tried again."""
    from projects.actions import send_digests as send

    send()


@shared_task(ignore_result=True)
def read_sheet(run: str) -> None:
    """Read a returned sheet, for its sender to look at and confirm."""
    from projects.actions import read_sheet as read

    read(UUID(run))


@shared_task(ignore_result=True)
def save_sheet(run: str) -> None:
    """Save what a confirmed sheet says."""
    from projects.actions import save_sheet as save

    save(UUID(run))


@shared_task(ignore_result=True)
def sweep_imports() -> None:
    """Take up jobs on sheets that died, and put aside what nobody confirmed."""
    from projects.actions import sweep_imports as sweep

    sweep()
