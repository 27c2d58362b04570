"""`manage.py figures status | rebuild | verify`: the engine, for people on duty."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from outcomes.actions import rebuild_figures
from outcomes.models import FigureRun, Indicator, StaleFigure
from outcomes.rollup.broken import BrokenRow
from outcomes.rollup.filing import file_verification, plans_with_figures
from outcomes.rollup.queue import StaleKey, drain, finish_rebuilds, is_stale
from outcomes.rollup.rebuild import FiguresDoNotFit, rebuild_offline, unfinished_rebuild
from outcomes.rollup.state import (
    Rebuild,
    last_rebuild,
    last_verifications,
    progress_of,
    queue_state,
    too_large,
)
from outcomes.rollup.verify import Difference, verify
from plans.models import StrategicPlan

# How often a rebuild that others are finishing is asked how far it is, in seconds.
ASK_EVERY = 1.0


class Command(BaseCommand):
    """Says how the engine is doing, computes figures again, compares them with the ledger."""

    help = "How figures are doing (status), computing them again (rebuild), comparing (verify)."

    def add_arguments(self, parser: CommandParser) -> None:
        parts = parser.add_subparsers(dest="part", required=True)
        status = parts.add_parser("status", help="queue, last rebuild, last verification")
        _add_plan(status)
        status.add_argument("--json", action="store_true", help="for machines")
        rebuild = parts.add_parser("rebuild", help="compute all figures again from the ledger")
        _add_plan(rebuild)
        rebuild.add_argument("--indicator", help="code of one indicator (needs --plan)")
        rebuild.add_argument(
            "--offline",
            action="store_true",
            help="in one transaction: the old figures stay until all are done",
        )
        rebuild.add_argument(
            "--no-wait", action="store_true", help="only mark them; workers compute"
        )
        add_verification_arguments(parts.add_parser("verify", help="compare with the ledger"))

    def handle(self, *args: Any, **options: Any) -> None:
        match options["part"]:
            case "status":
                self.status(_plans(options["plan"]), as_json=options["json"])
            case "rebuild":
                self.rebuild(options)
            case "verify":
                verify_figures(self, plan=options["plan"], no_drain=options["no_drain"])

    # --- status ---

    def status(self, plans: list[StrategicPlan], *, as_json: bool) -> None:
        """Print how each plan's figures are doing."""
        finish_rebuilds()
        states = [_status(plan) for plan in plans]
        if as_json:
            self.stdout.write(json.dumps(states, indent=2))
            return
        for state in states:
            queue, rebuild, verified = state["queue"], state["rebuild"], state["verification"]
            self.stdout.write(f"Plan {state['plan']}")
            waits = f", the oldest for {queue['oldest_seconds']} s" if queue["oldest"] else ""
            self.stdout.write(f"  queue: {queue['keys']} stale keys{waits}")
            self.stdout.write(f"  updating: {', '.join(state['updating']) or 'nothing'}")
            if state["too_large"]:
                codes = ", ".join(state["too_large"])
                self.stdout.write(f"  not computed, their sums are 10^13 or above: {codes}")
            if rebuild is None:
                self.stdout.write("  last rebuild: none")
            elif rebuild["finished_at"]:
                self.stdout.write(
                    f"  last rebuild: {rebuild['total']} indicators,"
                    f" finished {rebuild['finished_at']}"
                )
            else:
                self.stdout.write(
                    f"  last rebuild: going on since {rebuild['started_at']},"
                    f" {rebuild['done']} of {rebuild['total']} indicators done"
                )
            self.stdout.write(
                f"  last verification: {verified['differences']} differences in"
                f" {verified['total']} indicators, {verified['finished_at']}"
                if verified
                else "  last verification: none"
            )

    # --- rebuild ---

    def rebuild(self, options: dict[str, Any]) -> None:
        """Compute the figures of the plans, or of one indicator, again."""
        plans = _plans(options["plan"])
        indicator = None
        if options["indicator"]:
            if options["plan"] is None or options["offline"]:
                raise CommandError("--indicator needs --plan and is not for --offline.")
            indicator = Indicator.objects.filter(plan=plans[0], code=options["indicator"]).first()
            if indicator is None:
                raise CommandError(f"There is no indicator {options['indicator']} in the plan.")
        if options["offline"] and options["no_wait"]:
            raise CommandError("--offline computes by itself: it cannot be left to workers.")
        for plan in plans:
            if options["offline"]:
                self.offline(plan)
            else:
                self.online(plan, indicator, is_waiting=not options["no_wait"])

    def offline(self, plan: StrategicPlan) -> None:
        """Everything in one transaction; on failure the old figures stay."""
        try:
            run = rebuild_offline(
                plan,
                told=lambda number, total, code: self.stdout.write(f"{number} of {total}: {code}"),
            )
        except FiguresDoNotFit as refused:
            raise CommandError(
                f"Nothing was changed in plan {plan.code}: {refused.message}"
            ) from refused
        self.stdout.write(f"Plan {plan.code}: {run.total} indicators computed again.")

    def online(self, plan: StrategicPlan, indicator: Indicator | None, *, is_waiting: bool) -> None:
        """Mark the figures and drain; a rebuild that is going on is joined."""
        run = unfinished_rebuild(plan, indicator)
        if run is not None:
            rebuild = progress_of(run)
            self.stdout.write(
                f"Plan {plan.code}: a rebuild begun at {run.started_at:%Y-%m-%d %H:%M} UTC is"
                f" going on, {rebuild.done} of {run.total} done; joining it."
            )
        else:
            run = rebuild_figures(plan=plan, by=None, indicator=indicator)
        if not is_waiting:
            self.stdout.write(f"Plan {plan.code}: {run.total} indicators marked.")
            return
        self.finish(plan, run)
        self.stdout.write(f"Plan {plan.code}: {run.total} indicators computed again.")

    def finish(self, plan: StrategicPlan, run: FigureRun) -> None:
        """Drain until the run has no key left, and say each indicator that is done here.

        Raises CommandError where an indicator's sums do not fit the database: its keys stay.
        """
        codes = dict(Indicator.objects.filter(plan=plan).values_list("pk", "code"))

        def tell(keys: list[StaleKey]) -> None:
            done = progress_of(run).done
            for pk in sorted({key.indicator_id for key in keys if key.run == run.pk}):
                self.stdout.write(f"{done} of {run.total}: {codes.get(pk, pk)}")

        drain(plan_id=plan.pk, told=tell)
        while left := _left(run):
            # With another worker, or too large for the database.
            if not _are_held(run) and left == _left(run):
                stuck = ", ".join(codes.get(pk, str(pk)) for pk in left)
                raise CommandError(f"Not computed, their sums are 10^13 or above: {stuck}.")
            time.sleep(ASK_EVERY)
            drain(plan_id=plan.pk, told=tell)
        finish_rebuilds()


def verify_figures(command: BaseCommand, *, plan: str | None, no_drain: bool) -> None:
    """Name every difference and broken posting on stderr; raises CommandError for any.

    Drains and files the verification, unless it shall not drain: then it is only told.
    """
    differences = broken = 0

    def tell(found: Difference | BrokenRow) -> None:
        nonlocal differences, broken
        if isinstance(found, BrokenRow):
            broken += 1
        else:
            differences += 1
        command.stderr.write(str(found))

    if no_drain:
        for found in verify(_plans(plan)[0] if plan else None):
            tell(found)
    else:
        for one in _plans(plan):
            file_verification(one, told=tell)
    said = [f"{differences} figures differ from the ledger."] if differences else []
    said += [f"{broken} postings break a rule."] if broken else []
    if said:
        raise CommandError(" ".join(said))
    command.stdout.write("0 differences.")


def add_verification_arguments(parser: ArgumentParser) -> None:
    """What may be said to a verification."""
    _add_plan(parser)
    parser.add_argument(
        "--no-drain", action="store_true", help="do not bring stale figures up to date first"
    )


def _add_plan(parser: ArgumentParser) -> None:
    parser.add_argument("--plan", help="code of the plan (default: all)")


def _plans(code: str | None) -> list[StrategicPlan]:
    """The plan with a code, or all that have figures."""
    if not code:
        return plans_with_figures()
    plan = StrategicPlan.objects.filter(code=code).first()
    if plan is None:
        raise CommandError(f"There is no plan {code}.")
    return [plan]


def _left(run: FigureRun) -> list[int]:
    """The indicators that a rebuild has still to compute, oldest key first."""
    keys = StaleFigure.objects.of_plan(run.plan_id).filter(run=run.pk).order_by("id")
    return list(keys.values_list("indicator_id", flat=True))


def _are_held(run: FigureRun) -> bool:
    """Whether another worker has taken keys of the run and not committed yet."""
    keys = StaleFigure.objects.of_plan(run.plan_id).filter(run=run.pk)
    with transaction.atomic():
        free = keys.select_for_update(skip_locked=connection.features.has_select_for_update)
        return len(free.values_list("id", flat=True)) < keys.count()


def _status(plan: StrategicPlan) -> dict[str, Any]:
    queue = queue_state(plan.pk)
    rebuild = last_rebuild(plan.pk)
    verified = next(iter(last_verifications(plan.pk)), None)
    stuck = too_large(plan.pk)
    codes = Indicator.objects.order_by("code").values_list("code", flat=True)
    return {
        "plan": plan.code,
        "queue": {
            "keys": queue.keys,
            "oldest": queue.oldest.isoformat() if queue.oldest else None,
            "oldest_seconds": round(queue.oldest_seconds, 1),
        },
        "updating": list(codes.filter(pk__in=is_stale(plan.pk) - stuck)),
        "too_large": list(codes.filter(pk__in=stuck)),
        "rebuild": _run(rebuild.run) | _progress(rebuild) if rebuild else None,
        "verification": _run(verified) | {"differences": verified.differences}
        if verified
        else None,
    }


def _run(run: FigureRun) -> dict[str, Any]:
    return {
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "total": run.total,
    }


def _progress(rebuild: Rebuild) -> dict[str, Any]:
    return {"done": rebuild.done}
