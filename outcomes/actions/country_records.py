"""Country records: common country assessment, cooperation framework and their urban content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import difference
from habitat_tracker.accounts.models import Country, User
from habitat_tracker.clock import database_now
from habitat_tracker.errors import (
    DomainError,
    InvalidInput,
    NotAllowed,
    Problem,
    check_version,
    too_long,
)
from habitat_tracker.links import is_web_address
from outcomes.choices import AssessmentStage, FrameworkStage, UrbanContent
from outcomes.models import CountryRecord
from outcomes.permissions import can_keep_country
from plans.models import StrategicPlan

FIRST_YEAR = 1990
# A framework may be agreed so many years ahead.
YEARS_AHEAD = 15
LONGEST_TEXT = 5_000
LONGEST_LINK = 500
LONGEST_SOURCE = 300


@dataclass(frozen=True)
class CountryRecordInput:
    """What somebody knows of a country; what is empty or None is not known."""

    cca_stage: str = ""
    cca_year: int | None = None
    framework_stage: str = ""
    framework_start: int | None = None
    framework_end: int | None = None
    is_member: bool | None = None
    is_signatory: bool | None = None
    content_rating: int | None = None
    content_text: str = ""
    link: str = ""
    source: str = ""


@transaction.atomic
def save_country_record(
    *,
    plan: StrategicPlan,
    country: Country,
    said: CountryRecordInput,
    by: User | None,
    version: int | None = None,
    reason: str = "",
) -> CountryRecord:
    """Say where a country stands, the whole of it; the record before is kept as it was.

    `by` empty is the system itself; what is the same changes nothing. Raises `not_allowed`,
    `country_without_office`, `version_conflict`, and with every field's problem `unknown_stage`,
    `missing_year` (an assessment that is done), `year_out_of_range`, `missing_period` (a framework
    that is signed), `period_reversed`, `signatory_without_framework`, `unknown_rating`,
    `rating_without_text`, `not_a_link`, `too_long`.
    """
    if by is not None and not can_keep_country(by, country):
        raise NotAllowed(
            _("Only a manager of the country's office or one above it may keep its record.")
        )
    if country.office_id is None:
        raise DomainError(
            _("%(country)s belongs to no office.") % {"country": country}, "country_without_office"
        )
    StrategicPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)  # one after the other
    held = CountryRecord.objects.at().filter(plan=plan, country=country).first()
    check_version(version, held.version if held else 0)
    values = _checked(said)
    if held and all(getattr(held, name) == value for name, value in values.items()):
        return held
    now = database_now()
    if held:
        held.superseded_at, held.superseded_by = now, by
        held.save(update_fields=["superseded_at", "superseded_by"])
    record = CountryRecord.objects.create(
        plan=plan,
        country=country,
        recorded_at=now,
        recorded_by=by,
        reason=reason.strip(),
        version=held.version + 1 if held else 1,
        **values,
    )
    changes = difference(held, record)
    changes.pop("reason", None)
    record_activity(
        by=by,
        verb="changed" if held else "added",
        targets=[record],
        reason=reason.strip(),
        changes=changes,
        plan=plan.code,
        country=country.iso3,
    )
    return record


def _checked(said: CountryRecordInput) -> dict[str, Any]:
    """The fields as they are to be stored; raises all that is wrong with them."""
    problems: list[Problem] = []
    values = {
        **{name: getattr(said, name) for name in said.__dataclass_fields__},
        "content_text": said.content_text.strip(),
        "link": said.link.strip(),
        "source": said.source.strip(),
    }
    for name, known in (
        ("cca_stage", AssessmentStage.values),
        ("framework_stage", FrameworkStage.values),
    ):
        if values[name] and values[name] not in known:
            problems.append(Problem(name, "unknown_stage", _("There is no such stage.")))
    _check_years(values, problems)
    _check_content(values, problems)
    for name, most in (
        ("content_text", LONGEST_TEXT),
        ("link", LONGEST_LINK),
        ("source", LONGEST_SOURCE),
    ):
        if len(values[name]) > most:
            problems.append(too_long(name, most))
    if problems:
        raise InvalidInput(problems)
    return values


def _check_years(values: dict[str, Any], problems: list[Problem]) -> None:
    """What is done has its year, what is signed its years, and they follow each other."""
    last = timezone.localdate().year + YEARS_AHEAD
    for name in ("cca_year", "framework_start", "framework_end"):
        if values[name] is not None and not FIRST_YEAR <= values[name] <= last:
            text = _("Give the year in four digits, like 2021.")
            problems.append(Problem(name, "year_out_of_range", text))
    if values["cca_stage"] == AssessmentStage.DONE and values["cca_year"] is None:
        text = _("Say in which year the assessment was done.")
        problems.append(Problem("cca_year", "missing_year", text))
    start, end = values["framework_start"], values["framework_end"]
    is_signed = values["framework_stage"] == FrameworkStage.SIGNED
    for name, year in (("framework_start", start), ("framework_end", end)):
        if is_signed and year is None:
            text = _("Say from which year to which year it was signed for.")
            problems.append(Problem(name, "missing_period", text))
    if start is not None and end is not None and end < start:
        text = _("The end lies before the beginning.")
        problems.append(Problem("framework_end", "period_reversed", text))
    if values["is_signatory"] and not is_signed:
        text = _("Nobody has signed a framework that is not signed.")
        problems.append(Problem("is_signatory", "signatory_without_framework", text))


def _check_content(values: dict[str, Any], problems: list[Problem]) -> None:
    """A rating says what it rests on; a link leads somewhere."""
    rating = values["content_rating"]
    if rating is not None and rating not in UrbanContent.values:
        text = _("A rating is 0, 1, 2 or 3.")
        problems.append(Problem("content_rating", "unknown_rating", text))
    elif rating is not None and not values["content_text"]:
        text = _("Say what the rating rests on.")
        problems.append(Problem("content_text", "rating_without_text", text))
    if values["link"] and not is_web_address(values["link"]):
        text = _("Give the whole address, beginning with https://.")
        problems.append(Problem("link", "not_a_link", text))
