"""What projects may spend, received and spent, in US dollars."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.db.models.functions import ExtractYear
from django.utils.translation import gettext as _

from projects.choices import TransactionKind
from projects.models import BudgetLine, Project, Transaction

Sums = dict[Any, Decimal]


@dataclass(frozen=True)
class BudgetWarning:
    """A project spent more than is approved: in a year, or (without one) in all years together.

    `no_budget` where it spent and nothing is approved at all, `above_budget` else.
    """

    project: str
    code: str
    year: int | None
    approved: Decimal | None
    spent: Decimal

    @property
    def message(self) -> str:
        """The warning in words."""
        said = {"project": self.project, "year": self.year, "spent": dollars(self.spent)}
        if self.approved is None:
            return _("%(project)s spent %(spent)s and has no approved budget.") % said
        said["approved"] = dollars(self.approved)
        if self.year is None:
            text = _("%(project)s spent %(spent)s in all, above its budget of %(approved)s.")
        else:
            text = _(
                "%(project)s spent %(spent)s in %(year)s, above the %(approved)s of that year."
            )
        return text % said


def dollars(value: Decimal) -> str:
    """An amount in US dollars in words: USD 1 200.50, without cents where there are none."""
    decimals = 0 if value == value.to_integral_value() else 2
    return f"USD {value:,.{decimals}f}".replace(",", "\u202f")


@dataclass(frozen=True)
class YearOfProject:
    """What a project may spend in a year, received and spent; None where nothing is recorded."""

    year: int
    approved: Decimal | None
    received: Decimal | None
    spent: Decimal | None

    @property
    def remaining(self) -> Decimal | None:
        """What is approved and not yet spent; None where nothing is approved."""
        return None if self.approved is None else self.approved - (self.spent or 0)


def years_of(project: Project, moment: datetime | None = None) -> list[YearOfProject]:
    """A project's money year by year, the first year first; two queries."""
    approved = {year: usd for (_pk, year), usd in _approved_by_year([project.pk], moment).items()}
    moved: dict[str, Sums] = {kind: {} for kind in TransactionKind.values}
    for (_pk, year, kind), usd in _moved_by_year([project.pk], moment).items():
        moved[kind][year] = usd
    received, spent = moved[TransactionKind.INCOME], moved[TransactionKind.EXPENDITURE]
    return [
        YearOfProject(year, approved.get(year), received.get(year), spent.get(year))
        for year in sorted({*approved, *received, *spent})
    ]


def total_of(years: Iterable[YearOfProject]) -> YearOfProject:
    """All years together."""
    parts = list(years)
    return YearOfProject(
        0,
        _sum(one.approved for one in parts),
        _sum(one.received for one in parts),
        _sum(one.spent for one in parts),
    )


def _sum(values: Iterable[Decimal | None]) -> Decimal | None:
    """The sum of what is there; None where nothing is."""
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if known else None


def budget_warnings(projects: Iterable[Project]) -> list[BudgetWarning]:
    """Where projects spent more than is approved now, in all and in each year; two queries."""
    by_key = {one.pk: one for one in projects}
    approved = _approved_by_year(by_key)
    whole: Sums = {}
    for (pk, _year), usd in approved.items():
        whole[pk] = whole.get(pk, Decimal(0)) + usd
    spent = {
        (pk, year): usd
        for (pk, year, kind), usd in _moved_by_year(by_key).items()
        if kind == TransactionKind.EXPENDITURE
    }
    spent_whole: Sums = {}
    for (pk, _year), usd in spent.items():
        spent_whole[pk] = spent_whole.get(pk, Decimal(0)) + usd
    by_year: dict[int, list[tuple[int, Decimal]]] = {}
    for (pk, year), usd in sorted(spent.items()):
        by_year.setdefault(pk, []).append((year, usd))
    found: list[BudgetWarning] = []
    for pk in sorted(spent_whole, key=lambda pk: by_key[pk].code):
        code = by_key[pk].code
        if pk not in whole:
            found.append(BudgetWarning(code, "no_budget", None, None, spent_whole[pk]))
            continue
        if spent_whole[pk] > whole[pk]:
            found.append(BudgetWarning(code, "above_budget", None, whole[pk], spent_whole[pk]))
        found += [
            BudgetWarning(code, "above_budget", year, limit, usd)
            for year, usd in by_year[pk]
            if usd > (limit := approved.get((pk, year), Decimal(0)))
        ]
    return found


def moved_by_kind(projects: Iterable[int]) -> Sums:
    """Income and expenditure that count now, by project and kind; one query."""
    rows: Any = Transaction.objects.at().filter(project__in=list(projects)).order_by()
    rows = rows.values_list("project", "kind").annotate(sum=Sum("usd"))
    return {(pk, kind): usd for pk, kind, usd in rows}


def _approved_by_year(projects: Iterable[int], moment: datetime | None = None) -> Sums:
    """Approved budgets by project and year."""
    rows = BudgetLine.objects.at(moment).filter(project__in=list(projects)).order_by()
    return {
        (pk, year): usd
        for pk, year, usd in rows.values_list("project", "year").annotate(sum=Sum("usd"))
    }


def _moved_by_year(projects: Iterable[int], moment: datetime | None = None) -> Sums:
    """Income and expenditure by project, year and kind."""
    rows: Any = Transaction.objects.at(moment).filter(project__in=list(projects)).order_by()
    rows = rows.annotate(year=ExtractYear("date")).values_list("project", "year", "kind")
    return {(pk, year, kind): usd for pk, year, kind, usd in rows.annotate(sum=Sum("usd"))}
