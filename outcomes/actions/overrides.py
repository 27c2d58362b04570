"""A reviewer's own judgement of a status, beside the one that the rules give."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.models import User
from habitat_tracker.clock import database_now
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed
from outcomes.choices import Basis, Status
from outcomes.models import Indicator, StatusOverride
from outcomes.permissions import can_judge_status


@transaction.atomic
def override_status(
    *,
    indicator: Indicator,
    scope: int,
    period: int,
    status: str | None,
    reason: str,
    by: User,
    basis: Basis = Basis.OFFICIAL,
) -> StatusOverride | None:
    """Say that a status should be another one, and why; None takes the judgement back.

    Raises `not_allowed`, `missing_reason` and `unknown_status`. The figure does not change,
    and both statuses are shown.
    """
    if not can_judge_status(by, scope):
        raise NotAllowed(_("Only a reviewer of this office, or of one above it, may judge this."))
    if not reason.strip():
        raise InvalidInput.of("reason", "missing_reason", _("Say why, in writing."))
    if status is not None and status not in Status.values:
        raise DomainError(_("There is no such status."), "unknown_status")
    Indicator.objects.select_for_update().get(pk=indicator.pk)
    now = database_now()
    standing = StatusOverride.objects.at().filter(
        indicator=indicator, scope=scope, period=period, basis=basis
    )
    before = standing.values_list("status", flat=True).first()
    standing.update(superseded_at=now, superseded_by=by)
    record_activity(
        by=by,
        verb="judged status",
        targets=[indicator],
        reason=reason,
        scope=scope,
        period=period,
        basis=str(basis),
        changes={"judged_status": [before, status]},
    )
    if status is None:
        return None
    return StatusOverride.objects.create(
        indicator=indicator,
        scope=scope,
        period=period,
        basis=basis,
        status=status,
        reason=reason,
        recorded_at=now,
        recorded_by=by,
    )
