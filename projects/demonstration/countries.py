"""Where the demonstration's countries stand with assessment and framework; all of it invented."""

from __future__ import annotations

import random

from habitat_tracker.accounts.models import Country, User
from outcomes.actions import CountryRecordInput, save_country_record
from outcomes.choices import AssessmentStage, FrameworkStage, UrbanContent
from plans.models import StrategicPlan

from .words import SOURCE

# So many countries have a record; of the others nothing is known.
RECORDED = 40


def record_countries(*, plan: StrategicPlan, year: int, by: User | None) -> None:
    """Records of some countries, drawn from all regions, in every state."""
    draw = random.Random("habitat countries")
    known = list(Country.objects.filter(office__isnull=False).order_by("iso3"))
    for country in draw.sample(known, min(RECORDED, len(known))):
        cca = draw.choice(["", *AssessmentStage.values, AssessmentStage.DONE])
        framework = draw.choice(["", *FrameworkStage.values, FrameworkStage.SIGNED])
        is_signed = framework == FrameworkStage.SIGNED
        start = year - draw.randrange(4)
        drawn = draw.choice([None, *UrbanContent.values])
        # What is not signed yet has no content to be rated.
        rating = drawn if is_signed else None
        save_country_record(
            plan=plan,
            country=country,
            said=CountryRecordInput(
                cca_stage=cca,
                cca_year=year - draw.randrange(4) if cca == AssessmentStage.DONE else None,
                framework_stage=framework,
                framework_start=start if is_signed else None,
                framework_end=start + 4 if is_signed else None,
                is_member=draw.choice([True, False, None]),
                is_signatory=draw.choice([True, False, None]) if is_signed else None,
                content_rating=rating,
                content_text="" if rating is None else "Invented for the demonstration.",
                source=SOURCE,
            ),
            by=by,
        )
