"""What projects may spend, received and spent, in US dollars; and what it is for.

Money is attributed to outcomes by the shares of its project that count at the moment, where there
are none to the primary outcome, else to no outcome, which is shown apart. It is summed over
projects of equal shares first and split then, to the cent and with the remainder in the last part,
so that the outcomes come to exactly what the projects come to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from django.db.models import Q, Sum
from django.db.models.functions import ExtractYear
from django.utils.translation import gettext as _

from habitat_tracker.accounts.models import Office
from habitat_tracker.revisions import counting_at
from outcomes.models import Outcome
from plans.choices import ThemeKind
from plans.models import Domain, StrategicPlan, Theme
from projects.choices import CovidMarker, Likelihood, TransactionKind
from projects.models import (
    BudgetLine,
    ExpectedIncome,
    OutcomeShare,
    Project,
    ProjectRevision,
    Transaction,
)

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


def approved_budgets(projects: Iterable[int]) -> Sums:
    """Budgets that are approved now, all years together, by project; one query."""
    rows = BudgetLine.objects.at().filter(project__in=list(projects)).order_by()
    return dict(rows.values_list("project").annotate(sum=Sum("usd")))


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


# --- What the money is for -------------------------------------------------------------------

CENT = Decimal("0.01")
HUNDRED = Decimal(100)
HOME = "project__revisions__"
MEASURE = {TransactionKind.INCOME: "received", TransactionKind.EXPENDITURE: "spent"}

# A measure (approved, received, spent), and whether it is earmarked; None where nobody said.
Part = tuple[str, bool | None]
# The shares of a project's money by outcome, in the order of the plan; none: for no outcome.
Shares = tuple[tuple[int, Decimal], ...]


@dataclass(frozen=True)
class Money:
    """Sums in US dollars; None where nothing is recorded, which differs from nothing."""

    parts: Mapping[Part, Decimal] = field(default_factory=dict)

    def sum(self, measure: str, *, earmarked: bool | None = None) -> Decimal | None:
        """What a measure comes to, all of it or only what is (or is not) earmarked."""
        return _sum(
            usd
            for (name, is_earmarked), usd in self.parts.items()
            if name == measure and (earmarked is None or is_earmarked is earmarked)
        )

    @property
    def approved(self) -> Decimal | None:
        """The approved budget."""
        return self.sum("approved")

    @property
    def received(self) -> Decimal | None:
        """All income."""
        return self.sum("received")

    @property
    def spent(self) -> Decimal | None:
        """All expenditure."""
        return self.sum("spent")

    @property
    def remaining(self) -> Decimal | None:
        """What is approved and not yet spent; None where nothing is approved."""
        approved = self.approved
        return None if approved is None else approved - (self.spent or 0)

    @property
    def spent_share(self) -> Fraction | None:
        """How much of the approved budget is spent, in percent."""
        return percent(self.spent, self.approved)

    @property
    def approved_earmarked(self) -> Decimal | None:
        """The approved budget that is earmarked."""
        return self.sum("approved", earmarked=True)

    @property
    def received_earmarked(self) -> Decimal | None:
        """Income that is earmarked."""
        return self.sum("received", earmarked=True)

    @property
    def received_free(self) -> Decimal | None:
        """Income that is not earmarked."""
        return self.sum("received", earmarked=False)

    @property
    def spent_earmarked(self) -> Decimal | None:
        """Expenditure of earmarked money, where that is said."""
        return self.sum("spent", earmarked=True)


def percent(part: Decimal | None, whole: Decimal | None) -> Fraction | None:
    """A part in percent of a whole; None where either is not known, or the whole is nothing."""
    if part is None or not whole:
        return None
    return Fraction(part) * 100 / Fraction(whole)


@dataclass(frozen=True)
class MoneyRow:
    """The money of an outcome, a domain, a region, a flagship, a donor or a year."""

    of: Any
    money: Money
    approved_share: Fraction | None
    """Its share of all that is approved, in percent."""
    outcomes: Sequence[MoneyRow] = ()
    """Of a domain: its outcomes."""


@dataclass(frozen=True)
class MoneySummary:
    """All money that was asked for, cut in several ways; every cut comes to the same total.

    But `prongs`, which is of income only. Of a flagship, donor or prong row, `of` is None where
    there is none. Regions are the offices directly
    below the one that was asked for (headquarters), and that one itself.
    """

    total: Money
    projects: int
    domains: Sequence[MoneyRow]
    not_attributed: MoneyRow
    regions: Sequence[MoneyRow]
    flagships: Sequence[MoneyRow]
    donors: Sequence[MoneyRow]
    years: Sequence[MoneyRow]
    prongs: Sequence[MoneyRow]

    @property
    def outcomes(self) -> list[MoneyRow]:
        """Every outcome's money, in the order of the plan."""
        return [row for domain in self.domains for row in domain.outcomes]


class _Home(NamedTuple):
    """Where a project belonged: the path of its office, its flagship and its primary outcome."""

    office: str
    flagship: int | None
    outcome: int | None


@dataclass(frozen=True)
class _Cell:
    """What the projects come to at the finest cut."""

    project: int
    year: int
    part: Part
    usd: Decimal


def money_summary(
    plan: StrategicPlan,
    *,
    office: Office | None = None,
    flagship: Theme | None = None,
    year: int | None = None,
    moment: datetime | None = None,
) -> MoneySummary:
    """The plan's money, of an office with all below it, a flagship or a year if one is given.

    As of a moment it rests on the budgets, transactions and shares that counted then, and on the
    office, flagship and primary outcome that each project had then. A fixed number of queries.
    """
    budgets, moved = _recorded(plan, office, flagship, year, moment)
    cells = _cells(budgets, moved)
    total = _money(cells)
    whole = total.approved
    homes = _homes(plan, moment)
    outcomes = _outcomes(plan)
    attributed = _by_outcome(cells, _shares(plan, outcomes, homes, moment))

    def row(of: Any, money: Money, outcomes: Sequence[MoneyRow] = ()) -> MoneyRow:
        return MoneyRow(of, money, percent(money.approved, whole), outcomes)

    return MoneySummary(
        total=total,
        projects=len({cell.project for cell in cells}),
        domains=_domains(outcomes, attributed, row),
        not_attributed=row(None, attributed.get(None, Money())),
        regions=_regions(cells, homes, office, row),
        flagships=_flagships(plan, cells, homes, row),
        donors=[row(name, money) for name, money in _donors(budgets, moved)],
        years=[row(year, money) for year, money in sorted(_cut(cells, lambda one: one.year))],
        prongs=_prongs(plan, moved, row),
    )


def money_total(
    plan: StrategicPlan, *, office: Office | None = None, moment: datetime | None = None
) -> Money:
    """The plan's money in one sum, of an office with all below it if one is given; two queries.

    The total of `money_summary` with the same office and moment.
    """
    return _money(_cells(*_recorded(plan, office, None, None, moment)))


@dataclass(frozen=True)
class CovidRow:
    """What of an approved budget responds to COVID-19, of a domain, of none, or of all together.

    None where no project with a budget was examined for it, which differs from 0.
    """

    of: Domain | None
    is_total: bool
    approved: Decimal | None
    responds: Decimal | None
    not_examined: Decimal | None

    @property
    def share(self) -> Fraction | None:
        """What responds, in percent of the approved budget."""
        return percent(self.responds, self.approved)


# What of an approved budget responds to COVID-19, what does not, and what nobody looked at.
RESPONDS: Part = ("responds", None)
OTHER: Part = ("other", None)
NOT_EXAMINED: Part = ("not examined", None)


def covid_money(
    plan: StrategicPlan, *, office: Office | None = None, moment: datetime | None = None
) -> list[CovidRow]:
    """Approved budgets by what of them responds to COVID-19: by domain, and all of it last.

    A project's budget times its share, attributed as all money is; shares are those of now. No rows
    where no budget is approved. Five queries.
    """
    budgets, _moved = _recorded(plan, office, None, None, moment)
    rows = budgets.order_by().values_list(
        "project", "year", "project__covid", "project__covid_share"
    )
    cells: list[_Cell] = []
    for project, year, covid, given, usd in rows.annotate(sum=Sum("usd")):
        if covid == CovidMarker.NOT_EXAMINED:
            cells.append(_Cell(project, year, NOT_EXAMINED, usd))
            continue
        share = {CovidMarker.WHOLLY: HUNDRED, CovidMarker.NOT_PART: Decimal(0)}.get(covid, given)
        responds = (usd * share / HUNDRED).quantize(CENT, ROUND_HALF_UP)
        cells.append(_Cell(project, year, RESPONDS, responds))
        cells.append(_Cell(project, year, OTHER, usd - responds))
    if not cells:
        return []
    outcomes = _outcomes(plan)
    attributed = _by_outcome(cells, _shares(plan, outcomes, _homes(plan, moment), moment))
    found = [
        _covid_row(row.of, row.money) for row in _domains(outcomes, attributed, _without_share)
    ]
    if None in attributed:
        found.append(_covid_row(None, attributed[None]))
    return [*found, _covid_row(None, _money(cells), is_total=True)]


def _without_share(of: Any, money: Money, outcomes: Sequence[MoneyRow] = ()) -> MoneyRow:
    return MoneyRow(of, money, None, outcomes)


def _covid_row(of: Domain | None, money: Money, is_total: bool = False) -> CovidRow:
    return CovidRow(
        of=of,
        is_total=is_total,
        approved=_sum(money.parts.values()),
        responds=money.sum(RESPONDS[0]),
        not_examined=money.sum(NOT_EXAMINED[0]),
    )


def money_by_office(
    plan: StrategicPlan, offices: Iterable[Office], moment: datetime | None = None
) -> dict[int, Money]:
    """The `money_total` of each office by its id; two queries, whatever their number."""
    budgets, moved = _recorded(plan, None, None, None, moment)
    of = f"{HOME}office__path"
    rows = budgets.order_by().values_list(of, "earmarked").annotate(sum=Sum("usd"))
    sums = [(path, ("approved", marked), usd) for path, marked, usd in rows]
    rows = moved.order_by().values_list(of, "kind", "earmarked").annotate(sum=Sum("usd"))
    sums += [(path, (MEASURE[kind], marked), usd) for path, kind, marked, usd in rows]
    return {
        office.pk: _added((part, usd) for path, part, usd in sums if path.startswith(office.path))
        for office in offices
    }


def _recorded(
    plan: StrategicPlan,
    office: Office | None,
    flagship: Theme | None,
    year: int | None,
    moment: datetime | None,
) -> tuple[Any, Any]:
    """The lines of budgets and the transactions that are asked for, as they counted.

    Each with where its project belonged then: one row for each.
    """
    of_project = Q(project__plan=plan, project__revisions__isnull=False)
    of_project &= counting_at(moment, HOME)
    if office is not None:
        of_project &= Q(**{f"{HOME}office__path__startswith": office.path})
    if flagship is not None:
        of_project &= Q(**{f"{HOME}flagship": flagship})
    budgets: Any = BudgetLine.objects.at(moment).filter(of_project)
    moved: Any = Transaction.objects.at(moment).filter(of_project)
    if year is not None:
        budgets, moved = budgets.filter(year=year), moved.filter(date__year=year)
    return budgets, moved


def _cells(budgets: Any, moved: Any) -> list[_Cell]:
    """Sums by project, year, measure and earmarking; two queries."""
    rows = budgets.order_by().values_list("project", "year", "earmarked").annotate(sum=Sum("usd"))
    cells = [_Cell(pk, year, ("approved", marked), usd) for pk, year, marked, usd in rows]
    rows = moved.order_by().annotate(year=ExtractYear("date"))
    rows = rows.values_list("project", "year", "kind", "earmarked").annotate(sum=Sum("usd"))
    return cells + [
        _Cell(pk, year, (MEASURE[kind], marked), usd) for pk, year, kind, marked, usd in rows
    ]


def _money(cells: Iterable[_Cell]) -> Money:
    return _added((cell.part, cell.usd) for cell in cells)


def _added(sums: Iterable[tuple[Part, Decimal]]) -> Money:
    parts: dict[Part, Decimal] = {}
    for part, usd in sums:
        parts[part] = parts.get(part, Decimal(0)) + usd
    return Money(parts)


def _cut(cells: Iterable[_Cell], by: Callable[[_Cell], Any]) -> list[tuple[Any, Money]]:
    """The cells by what each belongs to."""
    groups: dict[Any, list[_Cell]] = {}
    for cell in cells:
        groups.setdefault(by(cell), []).append(cell)
    return [(of, _money(some)) for of, some in groups.items()]


def _outcomes(plan: StrategicPlan) -> list[Outcome]:
    """The plan's outcomes with their domains, in its order; one query."""
    return list(
        Outcome.objects.filter(plan=plan)
        .select_related("domain")
        .order_by("domain__position", "domain__code", "position", "code")
    )


def _homes(plan: StrategicPlan, moment: datetime | None) -> dict[int, _Home]:
    """Where each project of the plan belonged at a moment, or belongs now; one query."""
    kept: Any = ProjectRevision.objects.at(moment).filter(project__plan=plan).order_by()
    return {
        project: _Home(*home)
        for project, *home in kept.values_list("project", "office__path", "flagship", "outcome")
    }


def _shares(
    plan: StrategicPlan,
    outcomes: Sequence[Outcome],
    homes: Mapping[int, _Home],
    moment: datetime | None,
) -> dict[int, Shares]:
    """By project: the shares that count, else all for its primary outcome; one query."""
    place = {outcome.pk: at for at, outcome in enumerate(outcomes)}
    found: dict[int, Shares] = {
        project: ((home.outcome, HUNDRED),)
        for project, home in homes.items()
        if home.outcome is not None
    }
    given: dict[int, list[tuple[int, Decimal]]] = {}
    shares = OutcomeShare.objects.at(moment).filter(project__plan=plan).order_by()
    for project, outcome, share in shares.values_list("project", "outcome", "share"):
        given.setdefault(project, []).append((outcome, share))
    for project, parts in given.items():
        found[project] = tuple(sorted(parts, key=lambda one: place[one[0]]))
    return found


def split(usd: Decimal, shares: Shares) -> list[tuple[int, Decimal]]:
    """An amount in parts by their shares, to the cent; the last takes what remains."""
    parts = [
        (outcome, (usd * share / HUNDRED).quantize(CENT, ROUND_DOWN))
        for outcome, share in shares[:-1]
    ]
    left = usd - sum((part for _outcome, part in parts), Decimal(0))
    return [*parts, (shares[-1][0], left)]


def _by_outcome(cells: Iterable[_Cell], shares: Mapping[int, Shares]) -> dict[int | None, Money]:
    """Money by outcome; None is for what belongs to no outcome.

    Projects of equal shares are summed before the sum is split, year by year and part by part.
    """
    groups: dict[tuple[Shares, int, Part], Decimal] = {}
    for cell in cells:
        key = shares.get(cell.project, ()), cell.year, cell.part
        groups[key] = groups.get(key, Decimal(0)) + cell.usd
    found: dict[int | None, dict[Part, Decimal]] = {}
    for (of, _year, part), usd in groups.items():
        split_up: Iterable[tuple[int | None, Decimal]] = split(usd, of) if of else [(None, usd)]
        for outcome, amount in split_up:
            parts = found.setdefault(outcome, {})
            parts[part] = parts.get(part, Decimal(0)) + amount
    return {outcome: Money(parts) for outcome, parts in found.items()}


Named = Callable[..., MoneyRow]


def _domains(
    outcomes: Sequence[Outcome], attributed: Mapping[int | None, Money], row: Named
) -> list[MoneyRow]:
    """Every domain with its outcomes; its money is that of its outcomes."""
    by_domain: dict[Domain, list[MoneyRow]] = {}
    for outcome in outcomes:
        money = attributed.get(outcome.pk, Money())
        by_domain.setdefault(outcome.domain, []).append(row(outcome, money))
    return [row(domain, _together(rows), rows) for domain, rows in by_domain.items()]


def _together(rows: Iterable[MoneyRow]) -> Money:
    return _added(part for one in rows for part in one.money.parts.items())


def _regions(
    cells: Iterable[_Cell], homes: Mapping[int, _Home], office: Office | None, row: Named
) -> list[MoneyRow]:
    """Money by the offices directly below the one asked for, and by that one itself."""
    depth = len(office.chain) if office else 1

    def place(cell: _Cell) -> int:
        chain = [int(part) for part in homes[cell.project].office.split("/") if part]
        return chain[min(depth, len(chain) - 1)]

    found = dict(_cut(cells, place))
    offices = Office.objects.filter(pk__in=found).order_by("path")
    return [row(one, found[one.pk]) for one in offices]


def _flagships(
    plan: StrategicPlan, cells: Iterable[_Cell], homes: Mapping[int, _Home], row: Named
) -> list[MoneyRow]:
    """Money by every flagship programme of the plan, and by none where there is any."""
    found = dict(_cut(cells, lambda cell: homes[cell.project].flagship))
    themes = Theme.objects.filter(plan=plan, kind=ThemeKind.FLAGSHIP).order_by("position", "code")
    rows = [row(one, found.get(one.pk, Money())) for one in themes]
    return [*rows, row(None, found[None])] if None in found else rows


def _prongs(plan: StrategicPlan, moved: Any, row: Named) -> list[MoneyRow]:
    """Income by the prongs of the plan's resource mobilization strategy, and by none; two queries.

    No rows where the plan has no prongs.
    """
    sums: dict[int | None, dict[Part, Decimal]] = {}
    rows = moved.filter(kind=TransactionKind.INCOME).order_by().values_list("prong", "earmarked")
    for prong, marked, usd in rows.annotate(sum=Sum("usd")):
        sums.setdefault(prong, {})[("received", marked)] = usd
    themes = list(
        Theme.objects.filter(plan=plan, kind=ThemeKind.PRONG).order_by("position", "code")
    )
    found = [row(one, Money(sums.get(one.pk, {}))) for one in themes]
    return [*found, row(None, Money(sums[None]))] if themes and None in sums else found


@dataclass(frozen=True)
class ForecastYear:
    """A year's approved budgets, income and expected income; None where nothing is recorded.

    `expected` is by likelihood; year 0 is all years together.
    """

    year: int
    approved: Decimal | None
    received: Decimal | None
    expected: Mapping[str, Decimal]

    @property
    def expected_total(self) -> Decimal | None:
        """All that is expected, however likely it is."""
        return _sum(self.expected.values())

    @property
    def by_likelihood(self) -> list[tuple[Likelihood, Decimal | None]]:
        """What is expected, from the surest on."""
        return [(one, self.expected.get(one.value)) for one in Likelihood]


def forecast_years(plan: StrategicPlan, moment: datetime | None = None) -> list[ForecastYear]:
    """What a plan expects year by year, beside what its projects may spend and received.

    All years together come last. Three queries.
    """
    budgets: Any = BudgetLine.objects.at(moment).filter(project__plan=plan).order_by()
    approved = dict(budgets.values_list("year").annotate(sum=Sum("usd")))
    income: Any = Transaction.objects.at(moment).filter(plan=plan, kind=TransactionKind.INCOME)
    income = income.order_by().annotate(year=ExtractYear("date")).values_list("year")
    received = dict(income.annotate(sum=Sum("usd")))
    expected: dict[int, Sums] = {}
    rows: Any = ExpectedIncome.objects.at(moment).filter(plan=plan).order_by()
    for year, likelihood, usd in rows.values_list("year", "likelihood").annotate(sum=Sum("usd")):
        expected.setdefault(year, {})[likelihood] = usd
    years = [
        ForecastYear(year, approved.get(year), received.get(year), expected.get(year, {}))
        for year in sorted({*approved, *received, *expected})
    ]
    if not years:
        return []
    together: Sums = {}
    for one in years:
        for likelihood, usd in one.expected.items():
            together[likelihood] = together.get(likelihood, Decimal(0)) + usd
    whole = [_sum(one.approved for one in years), _sum(one.received for one in years)]
    return [*years, ForecastYear(0, whole[0], whole[1], together)]


def _donors(budgets: Any, moved: Any) -> list[tuple[str | None, Money]]:
    """Money by donor, whom nobody named last; one donor however it is spelled; two queries."""
    names: dict[str, str] = {}
    parts: dict[str, dict[Part, Decimal]] = {}

    def add(donor: str, part: Part, usd: Decimal) -> None:
        key = donor.casefold()
        names.setdefault(key, donor)
        held = parts.setdefault(key, {})
        held[part] = held.get(part, Decimal(0)) + usd

    rows = budgets.order_by().values_list("donor", "earmarked").annotate(sum=Sum("usd"))
    for donor, marked, usd in rows:
        add(donor, ("approved", marked), usd)
    rows = moved.order_by().values_list("donor", "kind", "earmarked").annotate(sum=Sum("usd"))
    for donor, kind, marked, usd in rows:
        add(donor, (MEASURE[kind], marked), usd)
    keys = sorted(parts, key=lambda key: (not key, key))
    return [(names[key] or None, Money(parts[key])) for key in keys]
