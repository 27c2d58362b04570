"""Print a figure, and why it is what it is, as JSON."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from habitat_tracker.clock import database_now
from habitat_tracker.errors import DomainError
from outcomes.choices import TOTAL, Basis
from outcomes.models import Indicator
from outcomes.rollup.queue import drain, is_stale
from plans.models import StrategicPlan
from reporting import lineage
from reporting.selection import Selection, read_selection
from reporting.words import plain_decimal


class Command(BaseCommand):
    """`manage.py figure HL-SEM --why`.

    Numbers are text: plain decimals, exact where six decimals hold them, else rounded half up
    to six. What has no value is null, never 0. Numerator and denominator are those of a
    percentage. What is waiting to be recomputed is computed first, so a figure is never older
    than the last posting.
    """

    help = "Print a figure as JSON: value, qualifier, coverage, status; with --why its lineage."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", help="code of the indicator, such as HL-SEM")
        parser.add_argument("--plan", help="code of the plan (default: the newest real one)")
        parser.add_argument("--scope", default="", help="plan, an office (ROAF) or country (KEN)")
        parser.add_argument("--period", default="", help="such as 2021-Q1 (default: as pages open)")
        parser.add_argument("--basis", default="", help="official (default) or provisional")
        parser.add_argument("--cell", default=TOTAL, help="code of a category or rating level")
        parser.add_argument("--as-of", default="", help="as it stood at the end of a date, in UTC")
        parser.add_argument("--why", action="store_true", help="with contributions and exclusions")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(json.dumps(self.figure(options), ensure_ascii=False, indent=2))
        except DomainError as error:
            raise CommandError(str(error.message)) from error

    def figure(self, options: dict[str, Any]) -> dict[str, Any]:
        """The figure that the options ask for."""
        plan = self.plan(options["plan"])
        indicator = Indicator.objects.filter(plan=plan, code=options["code"]).first()
        if indicator is None:
            raise CommandError(f"There is no indicator {options['code']} in plan {plan.code}.")
        if options["cell"] and options["cell"] not in lineage.cells_of(indicator):
            raise CommandError(f"{options['cell']} is no category of {indicator.code}.")
        selection = read_selection(
            plan, {name: options[name] or "" for name in ("scope", "period", "basis", "as_of")}
        )
        selection = replace(selection, moment=selection.moment or self.fresh(indicator))
        explanation = lineage.explain(
            indicator,
            scope=selection.scope.number,
            period=selection.period,
            basis=selection.basis,
            cell=options["cell"],
            moment=selection.moment,
            settings=selection.settings,
        )
        printed = described(explanation, selection)
        if options["why"]:
            printed["why"] = reasons(explanation)
        return printed

    def plan(self, code: str | None) -> StrategicPlan:
        """The plan with a code, or the one that pages open on."""
        if code:
            found = StrategicPlan.objects.filter(code=code).first()
        else:
            found = StrategicPlan.objects.default()
        if found is None:
            raise CommandError(f"There is no plan {code}." if code else "No plan is loaded.")
        return found

    def fresh(self, indicator: Indicator) -> datetime | None:
        """Compute what is stale; what still is (somebody else computes it) is read as of now."""
        drain(plan_id=indicator.plan_id)
        return database_now() if is_stale(indicator.plan_id, [indicator.pk]) else None


def described(explanation: lineage.Explanation, selection: Selection) -> dict[str, Any]:
    """The figure itself."""
    figure, progress = explanation.figure, explanation.progress
    qualifier, period_qualifier = figure.qualifier, figure.period_qualifier
    return {
        "plan": selection.plan.code,
        "indicator": explanation.indicator.code,
        "title": str(explanation.indicator.title),
        "scope": selection.scope.code,
        "period": explanation.period.label,
        "basis": Basis(explanation.basis).word,
        "cell": explanation.cell or None,
        "as_of": selection.as_of.isoformat() if selection.as_of else None,
        "value": plain_decimal(figure.to_date),
        "numerator": plain_decimal(figure.numerator),
        "denominator": plain_decimal(figure.denominator),
        "qualifier": qualifier.word if qualifier is not None else None,
        "text": explanation.text,
        "in_period": plain_decimal(figure.in_period),
        "in_period_qualifier": period_qualifier.word if period_qualifier is not None else None,
        "unnamed": plain_decimal(figure.unnamed),
        "shared": plain_decimal(figure.shared),
        "reported": figure.reported,
        "expected": figure.expected,
        "status": str(progress.status.value),
        "progress": plain_decimal(progress.progress),
        "expected_progress": plain_decimal(progress.expected),
    }


def reasons(explanation: lineage.Explanation) -> dict[str, Any]:
    """What the figure is made of and what was left out."""
    waiting = explanation.waiting
    return {
        "formula": explanation.formula,
        "adds_up": explanation.adds_up,
        "contributions": [_contribution(one, explanation) for one in explanation.contributions],
        "left_out": {
            "waiting": {
                "count": waiting.count,
                "would_be": waiting.would_be,
                "results": [result.pk for result in waiting.results],
            }
            if waiting
            else None,
            "missing": [_missing(one) for one in explanation.missing],
            "not_available": [_missing(one) for one in explanation.not_available],
            "not_applicable": [_missing(one) for one in explanation.not_applicable],
            "not_the_one_that_counts": [
                _contribution(one, explanation) for one in explanation.looked_at
            ],
            "unusable": [_contribution(one, explanation) for one in explanation.unusable],
            "replaced": [
                {
                    "source": one.source,
                    "period": one.period.label,
                    "value": one.text,
                    "withdrawn_at": one.withdrawn_at.isoformat(),
                    "corrected": one.is_corrected,
                    "reason": one.reason,
                }
                for one in explanation.replaced
            ],
        },
    }


def _contribution(one: lineage.Contribution, explanation: lineage.Explanation) -> dict[str, Any]:
    result, line = one.result, one.line
    return {
        "source": one.posted.source,
        "result": result.pk if result else None,
        "project": line.project.code if line else None,
        "title": str(line.project.title) if line else None,
        "recorded_on": line.indicator.code if line else None,
        "place": line.place_name if line else None,
        "period": one.period.label,
        "value": one.posted.rating if explanation.is_rating else plain_decimal(one.value),
        "denominator": plain_decimal(one.posted.denominator),
        "counted": plain_decimal(one.counted),
        "qualifier": one.qualifier.word,
        "shared": one.is_shared,
        "things": [str(thing) for thing in one.things],
        "unnamed": plain_decimal(one.posted.unnamed) if one.posted.unnamed else None,
        "remark": one.remark,
        "approved_by": str(result.approved_by) if result and result.approved_by else None,
        "approved_at": result.approved_at.isoformat() if result and result.approved_at else None,
        "evidence": [
            {"title": evidence.title, "passage": evidence.passage, "url": evidence.url}
            for evidence in one.evidence
        ],
    }


def _missing(one: lineage.Missing) -> dict[str, Any]:
    return {
        "source": one.source,
        "project": one.line.project.code if one.line else None,
        "place": one.line.place_name if one.line else None,
        "office": one.office.code,
        "period": one.period.label,
        "due": one.period.due.isoformat(),
        "since": one.since.label if one.since else None,
    }
