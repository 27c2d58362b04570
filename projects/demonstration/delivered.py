"""What the demonstration's projects delivered: invented, registered, and counted from there."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.utils import timezone

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import snapshot
from habitat_tracker.accounts.models import User
from outcomes.choices import CountsFrom, DeliverableKind
from plans.models import ReportingPeriod, StrategicPlan
from projects.actions import DeliverableInput, apply_product, save_deliverable
from projects.models import Deliverable, Project, ProjectIndicator

from .people import Staff
from .portfolio import SEED
from .series import Shelf
from .words import DELIVERED, LANGUAGE_OF, OTHER_SUBJECTS, SUBJECTS

# Every so many-th project applies a product of another one.
ONE_IN = 8
# So many cities have a profile or a recovery framework.
PROFILED = 12
APPLIED = "Demonstration: the project trains the city's planners with it."


class Register:
    """Registers what each line that counts from the register delivered in a quarter."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.made = 0

    def fill(self, period: ReportingPeriod, lines: Iterable[ProjectIndicator], by: User) -> None:
        """The deliverables of these lines in a period, all by one person, as one set."""
        made: list[Deliverable] = []
        for line in lines:
            if line.indicator.counts_from:
                where = line.place_name
                name = f"{SEED} {line.project.code} {line.indicator.code} {where} {period.number}"
                draw = random.Random(name)
                for _number in range(draw.choice([0, 1, 1, 2])):
                    made.append(self._one(line, period, draw, by))
        Deliverable.objects.bulk_create(made)
        record_activity(
            by=by, verb="registered", targets=list(made), changes=snapshot([]).told(made)
        )

    def _one(
        self,
        line: ProjectIndicator,
        period: ReportingPeriod,
        draw: random.Random,
        by: User,
    ) -> Deliverable:
        """One deliverable of a line, in its place and for its outcome."""
        self.made += 1
        kind = CountsFrom(line.indicator.counts_from).deliverable
        country = line.city.country if line.city else line.country
        last = min(period.end, timezone.localdate())
        row = Deliverable(
            project=line.project,
            kind=kind,
            title=self._title(line, kind, draw),
            outcome=line.indicator.outcome,
            date=period.start + timedelta(days=draw.randrange((last - period.start).days + 1)),
            language=LANGUAGE_OF.get(country.iso3, "en") if country else "en",
            country=country,
            city=line.city,
            link=f"https://example.org/{line.project.code.lower()}/{kind.replace('_', '-')}"
            f"-{self.made}",
            symbol=f"DEMO/{self.made:04}" if kind == DeliverableKind.PUBLICATION else "",
            entered_by=by,
            changed_by=by,
        )
        if kind == DeliverableKind.EVENT:
            people = draw.randrange(12, 60)
            row.women = round(people * draw.uniform(0.35, 0.65))
            row.men = people - row.women
            row.unstated = draw.choice([None, None, None, draw.randrange(1, 5)])
        row.thing = self.shelf.thing(
            kind.thing_kind,
            f"demo-delivered-{self.made}",
            {"en": row.title},
            country=country,
        )
        return row

    def _title(self, line: ProjectIndicator, kind: str, draw: random.Random) -> str:
        outcome = line.indicator.outcome
        about = draw.choice(SUBJECTS.get(outcome.code if outcome else "", OTHER_SUBJECTS))[0]
        what = draw.choice(DELIVERED[kind])
        where = line.place_name or "several countries"
        return f"Demonstration: {what}: {about.lower()}, {where} ({self.made})"


def apply_products(plan: StrategicPlan, staff: Staff, projects: Sequence[Project]) -> None:
    """A few projects apply what others published; most products are applied by none yet."""
    products = list(Deliverable.objects.of_plan(plan).counting().products().order_by("pk"))
    for project in projects[::ONE_IN]:
        of_others = [one for one in products if one.project_id != project.pk]
        if of_others:
            product = random.Random(f"{SEED} applies {project.code}").choice(of_others)
            apply_product(
                deliverable=product,
                project=project,
                how=APPLIED,
                since=product.date,
                by=staff.reporter(project.office),
            )


def profile_cities(plan: StrategicPlan, staff: Staff) -> None:
    """Profiles and recovery frameworks of a few cities that projects report for."""
    period = plan.periods.filter(start__lte=timezone.localdate()).latest("number")
    lines = ProjectIndicator.objects.filter(
        project__plan=plan, city__country__isnull=False, indicator__outcome__isnull=False
    ).select_related("project__office", "project__plan", "indicator__outcome", "city__country")
    cities: dict[int, ProjectIndicator] = {}
    for line in lines.order_by("pk"):
        cities.setdefault(line.city_id or 0, line)
    for number, line in enumerate(list(cities.values())[:PROFILED]):
        kind = DeliverableKind.CITY_PROFILE if number % 3 else DeliverableKind.RECOVERY_FRAMEWORK
        assert line.city is not None
        save_deliverable(
            project=line.project,
            entered=DeliverableInput(
                kind=kind,
                title=f"Demonstration: {str(kind.label).lower()} of {line.city.name['en']}",
                outcome=line.indicator.outcome,
                date=period.start,
                country=line.city.country,
                city=line.city,
                link=f"https://example.org/cities/{number}",
            ),
            by=staff.reporter(line.project.office),
        )
