"""What comes along from an approved result to its correction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from habitat_tracker.accounts.changes import Changes, text_of
from habitat_tracker.fields import plain
from projects.models import CoDeliverer, Evidence, Result


def carry_along(corrections: Sequence[Result]) -> dict[int, Changes]:
    """What stands behind an approved result and who brought it about: its correction has it too.

    A fixed number of queries; what each draft came to have, told as changes.
    """
    drafts = {draft.corrects_id: draft for draft in corrections}
    if not drafts:
        return {}
    told: dict[int, Changes] = {draft.pk: {} for draft in corrections}
    titles: dict[int, list[str]] = {}
    for piece in _copied(Evidence.objects.current(), drafts):
        titles.setdefault(piece.result.pk, []).append(piece.title)
    for pk, listed in titles.items():
        told[pk]["evidence"] = [None, text_of(listed)]
    for one in _copied(CoDeliverer.objects.select_related("partner__merged_into"), drafts):
        told[one.result.pk][f"co_delivery.{one}"] = [None, said_of(one)]
    return told


def _copied(rows: Any, drafts: Mapping[int | None, Result]) -> list[Any]:
    """Copies of the rows of approved results, stored as those of their corrections."""
    copies = list(rows.filter(result__in=drafts).order_by("pk"))
    for one in copies:
        one.result = drafts[one.result_id]
        one.pk, one._state.adding = None, True
    rows.model.objects.bulk_create(copies)
    return copies


def said_of(one: CoDeliverer) -> str:
    """What is said of one who brought about a result, in one text for the record of acts."""
    share = "" if one.share is None else f"{plain(one.share)} %"
    return "; ".join(part for part in ("leads" if one.is_lead else "", share, one.what) if part)
