"""Having all figures of a plan computed again."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.models import User
from habitat_tracker.errors import NotAllowed
from outcomes.models import FigureRun, Indicator
from outcomes.permissions import can_rebuild_figures
from outcomes.rollup.rebuild import start_rebuild, unfinished_rebuild
from plans.models import StrategicPlan

from .ledger import wake_up


@transaction.atomic
def rebuild_figures(
    *, plan: StrategicPlan, by: User | None, indicator: Indicator | None = None
) -> FigureRun:
    """Have every figure of a plan (or of one indicator) computed again from the ledger.

    Nothing is entered or lost; pages say "updating" until it is done. A rebuild that is going
    on already is returned instead of beginning another. Raises `not_allowed`.
    """
    if by is not None and not can_rebuild_figures(by):
        raise NotAllowed(
            _("Only managers and administrators at headquarters have all figures computed again.")
        )
    StrategicPlan.objects.select_for_update().get(pk=plan.pk)
    going_on = unfinished_rebuild(plan, indicator)
    if going_on is not None:
        return going_on
    run = start_rebuild(plan, indicator=indicator, by=by)
    record_activity(
        by=by, verb="had figures computed again", targets=[indicator or plan], run=run.pk
    )
    wake_up()
    return run
