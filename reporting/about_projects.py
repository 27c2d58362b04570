"""What the plan's projects say they are about, counted by domain, outcome and theme.

Each project counts once, under its primary outcome and the domain of that; what has none stands
in a column of its own, so that every row adds up to all projects. Corporate sources are no
projects. The database counts, in a fixed number of queries, however many projects there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, FilteredRelation, Q
from django.utils.translation import gettext as _

from habitat_tracker.accounts.models import Office, User
from outcomes.models import Outcome
from plans.choices import EXAMINED_THEMES, NAMED_THEMES, USED_THEMES, ThemeKind
from plans.models import Domain, StrategicPlan, Theme
from projects.choices import CovidMarker, Marker, ProjectKind, Rank, Score
from projects.models import Alignment, Project, ProjectTheme
from projects.money import CovidRow, covid_money

# From this score on, in both, a project is worth scaling.
WORTH_SCALING = Score.MEDIUM
NO_DOMAIN = "none"


@dataclass(frozen=True)
class Cell:
    """How many projects, and the filters of the register that list just these."""

    column: str
    count: int
    query: str


@dataclass(frozen=True)
class Row:
    """One row of a table: what it is of, and its cells in the order of the columns."""

    code: str
    label: str
    cells: list[Cell]
    group: str = ""


@dataclass(frozen=True)
class CrossTable:
    """A table of numbers of projects; `columns` are codes with what heads them."""

    key: str
    title: str
    text: str
    head: str
    columns: list[tuple[str, str]]
    rows: list[Row]
    unused: list[str] = field(default_factory=list)

    @property
    def heads(self) -> list[str]:
        """What heads each column on the page: a domain by its code, all else as it is called."""
        return [
            code if heading.startswith(f"{code} ") else heading for code, heading in self.columns
        ]


@dataclass(frozen=True)
class Analyses:
    """All tables, for the whole plan or an office with all below it."""

    projects: int
    domains: list[str]
    tables: list[CrossTable]
    covid_money: list[CovidRow]


def analyses(plan: StrategicPlan, user: User, office: Office | None = None) -> Analyses:
    """The seven tables of what projects are about."""
    return _Counting(plan, user, office).tables()


def _primary(alignments: str) -> FilteredRelation:
    """The alignment of a project with its primary outcome."""
    return FilteredRelation(alignments, condition=Q(**{f"{alignments}__rank": Rank.PRIMARY}))


class _Counting:
    """One look at the projects of a plan, or of an office."""

    def __init__(self, plan: StrategicPlan, user: User, office: Office | None) -> None:
        self.plan, self.office = plan, office
        self.domains = list(Domain.objects.filter(plan=plan).order_by("position", "code"))
        self.outcomes = list(
            Outcome.objects.filter(plan=plan)
            .select_related("domain")
            .order_by("domain__position", "position", "code")
        )
        self.themes: dict[str, list[Theme]] = {}
        for theme in Theme.objects.filter(plan=plan).order_by("position", "code"):
            self.themes.setdefault(theme.kind, []).append(theme)
        found = Project.objects.visible_to(user).filter(plan=plan).counted().order_by()
        found = found.in_office(office) if office else found
        # Joined, so that the database reads the alignments once, not project by project.
        self.projects = found.annotate(main=_primary("alignments"))
        self.links = self.within(ProjectTheme.objects.all(), plan).annotate(
            main=_primary("project__alignments")
        )
        self.others = self.within(Alignment.objects.exclude(rank=Rank.PRIMARY), plan).annotate(
            main=_primary("project__alignments")
        )
        self.domain_of = {one.pk: one.domain.code for one in self.outcomes}
        self.totals = self.by_domain(
            self.projects.values_list("main__outcome").annotate(Count("pk"))
        )
        self.columns = [(one.code, f"{one.code} {one.title}") for one in self.domains]
        if self.totals[NO_DOMAIN]:
            self.columns.append((NO_DOMAIN, _("No primary outcome")))

    def tables(self) -> Analyses:
        """Each table counts by itself."""
        counted: Counter[tuple[int, str, Any]] = Counter()
        rows = self.links.values_list("theme", "main__outcome", "marker").annotate(Count("pk"))
        for theme, primary, marker, number in rows:
            counted[theme, self.domain_of.get(primary, NO_DOMAIN), marker] += number
        return Analyses(
            projects=sum(self.totals.values()),
            domains=[f"{one.code} {one.title}" for one in self.domains],
            tables=[
                self.named(counted),
                self.linkage(),
                self.examined(counted),
                self.used(counted),
                self.flagships(),
                self.scaling(),
                self.covid(),
            ],
            covid_money=covid_money(self.plan, office=self.office),
        )

    def within(self, links: Any, plan: StrategicPlan) -> Any:
        """Rows that belong to the projects that are looked at."""
        of_plan = links.filter(project__plan=plan, project__kind=ProjectKind.PROJECT).order_by()
        if self.office:
            return of_plan.filter(project__office__path__startswith=self.office.path)
        return of_plan

    # Counting -----------------------------------------------------------------------------

    def by_domain(self, rows: Iterable[Any]) -> Counter[str]:
        """Counts by primary outcome, drawn together by domain."""
        found: Counter[str] = Counter()
        for primary, number in rows:
            found[self.domain_of.get(primary, NO_DOMAIN)] += number
        return found

    def cell(self, column: str, number: int, **chosen: Any) -> Cell:
        """A number with the filters that list its projects, those of the office among them."""
        if self.office:
            chosen["office"] = self.office.code
        return Cell(column, number, urlencode(chosen))

    def row(
        self, code: str, label: str, counts: Counter[str], group: str = "", **chosen: Any
    ) -> Row:
        """A row over the domains, with the whole at its end."""
        cells = [
            self.cell(column, counts[column], domain=column, **chosen)
            for column, _heading in self.columns
        ]
        whole = self.cell("all", sum(counts[column] for column, _ in self.columns), **chosen)
        return Row(code, label, [*cells, whole], group)

    def over_domains(self, key: str, title: str, text: str, head: str, rows: list[Row]) -> Any:
        """A table whose columns are the domains and the whole."""
        return CrossTable(key, title, text, head, [*self.columns, ("all", _("All"))], rows)

    def all_projects(self) -> Row:
        """The last row of a table over the domains: all projects."""
        return self.row("all", _("All projects"), self.totals)

    def of(self, kinds: Sequence[str]) -> list[Theme]:
        """The plan's themes of some kinds."""
        return [one for kind in kinds for one in self.themes.get(kind, [])]

    # Tables -------------------------------------------------------------------------------

    def named(self, counted: Counter[tuple[int, str, Any]]) -> CrossTable:
        """Drivers of change and enablers, by domain."""
        rows = [
            self.row(
                theme.code,
                str(theme),
                Counter({code: counted[theme.pk, code, None] for code, _ in self.columns}),
                theme.get_kind_display(),
                theme=theme.code,
            )
            for theme in self.of(NAMED_THEMES)
        ]
        return self.over_domains(
            "named",
            _("Drivers of change and enablers"),
            _("How many projects of each domain say that they use it."),
            _("Driver or enabler"),
            [*rows, self.all_projects()],
        )

    def linkage(self) -> CrossTable:
        """Primary outcomes against the others that their projects serve."""
        pairs = {
            (primary, other): number
            for primary, other, number in self.others.values_list(
                "main__outcome", "outcome"
            ).annotate(Count("pk"))
        }
        rows = [
            Row(
                one.code,
                str(one),
                [
                    self.cell(
                        other.code,
                        pairs.get((one.pk, other.pk), 0),
                        primary=one.code,
                        also=other.code,
                    )
                    for other in self.outcomes
                ],
            )
            for one in self.outcomes
        ]
        return CrossTable(
            "linkage",
            _("Primary and other outcomes"),
            _("Projects of a primary outcome (row) that also serve another one (column)."),
            _("Primary outcome"),
            [(one.code, one.code) for one in self.outcomes],
            rows,
        )

    def examined(self, counted: Counter[tuple[int, str, Any]]) -> CrossTable:
        """Inclusion dimensions and issues: each marker by domain, and who did not examine it."""
        rows = []
        for theme in self.of(EXAMINED_THEMES):
            left = Counter(self.totals)
            for marker in reversed(Marker):
                counts = Counter(
                    {code: counted[theme.pk, code, marker.value] for code, _ in self.columns}
                )
                left.subtract(counts)
                rows.append(
                    self.row(
                        f"{theme.code}.{marker.value}",
                        str(marker.label),
                        counts,
                        f"{theme.get_kind_display()}: {theme}",
                        theme=theme.code,
                        marker=marker.value,
                    )
                )
            rows.append(
                self.row(
                    f"{theme.code}.not_examined",
                    _("Not examined"),
                    left,
                    f"{theme.get_kind_display()}: {theme}",
                    theme=theme.code,
                    marker="not_examined",
                )
            )
        return self.over_domains(
            "examined",
            _("Inclusion and cross-cutting issues"),
            _("“Not examined” says something else than “not targeted”: nobody has looked yet."),
            _("Marker"),
            rows,
        )

    def used(self, counted: Counter[tuple[int, str, Any]]) -> CrossTable:
        """Services and tools with how many projects use them; those that none uses by name."""
        rows, unused = [], []
        for theme in self.of(USED_THEMES):
            counts = Counter({code: counted[theme.pk, code, None] for code, _ in self.columns})
            rows.append(self.row(theme.code, str(theme), counts, theme=theme.code))
            if not sum(counts.values()):
                unused.append(str(theme))
        rows.sort(key=lambda row: -row.cells[-1].count)
        table = self.over_domains(
            "used",
            _("Services and tools"),
            _("How many projects of each domain use it, the most used first."),
            _("Service or tool"),
            rows,
        )
        return CrossTable(**{**vars(table), "unused": unused})

    def flagships(self) -> CrossTable:
        """Flagship programmes by the primary outcome of their projects."""
        found = (
            self.projects.filter(flagship__isnull=False)
            .values_list("flagship", "main__outcome")
            .annotate(Count("pk"))
        )
        counted = {(flagship, primary): number for flagship, primary, number in found}
        columns = [(one.code, one.code) for one in self.outcomes]
        rows = []
        for theme in self.of([ThemeKind.FLAGSHIP]):
            cells = [
                self.cell(
                    one.code,
                    counted.get((theme.pk, one.pk), 0),
                    flagship=theme.code,
                    primary=one.code,
                )
                for one in self.outcomes
            ]
            number = sum(n for (flagship, _p), n in counted.items() if flagship == theme.pk)
            rows.append(
                Row(
                    theme.code,
                    str(theme),
                    [*cells, self.cell("all", number, flagship=theme.code)],
                )
            )
        return CrossTable(
            "flagships",
            _("Flagship programmes"),
            _("Their projects by primary outcome."),
            _("Flagship programme"),
            [*columns, ("all", _("All"))],
            rows,
        )

    def scaling(self) -> CrossTable:
        """Projects worth scaling by domain: innovation and replication both medium at least."""
        worth = self.projects.filter(
            Q(innovation__gte=WORTH_SCALING) & Q(replication__gte=WORTH_SCALING)
        )
        assessed = self.projects.filter(innovation__isnull=False, replication__isnull=False)
        found = [
            self.by_domain(rows.values_list("main__outcome").annotate(Count("pk")))
            for rows in (worth, assessed)
        ]
        rows = [
            self.row(
                "worth_scaling",
                _("Innovation and potential for replication medium or high"),
                found[0],
                innovation=WORTH_SCALING.value,
                replication=WORTH_SCALING.value,
            ),
            self.row("assessed", _("Assessed in both"), found[1], innovation=0, replication=0),
            self.all_projects(),
        ]
        return self.over_domains(
            "scaling",
            _("Worth scaling"),
            _("Innovative projects that others can take up, as their offices assess them."),
            _("Projects"),
            rows,
        )

    def covid(self) -> CrossTable:
        """The response to COVID-19, by domain."""
        found = self.projects.values_list("covid", "main__outcome").annotate(Count("pk"))
        answers: dict[str, list[Any]] = {}
        for answer, primary, number in found:
            answers.setdefault(answer, []).append((primary, number))
        order = (
            CovidMarker.WHOLLY,
            CovidMarker.PARTLY,
            CovidMarker.NOT_PART,
            CovidMarker.NOT_EXAMINED,
        )
        rows = [
            self.row(
                answer.value or "not_examined",
                str(answer.label),
                self.by_domain(answers.get(answer.value, [])),
                covid=answer.value or "not_examined",
            )
            for answer in order
        ]
        return self.over_domains(
            "covid",
            _("Response to COVID-19"),
            _("How far projects of each domain respond to COVID-19."),
            _("Answer"),
            [*rows, self.all_projects()],
        )
