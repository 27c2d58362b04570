"""The partners of the demonstration: invented names, agreements, and what they contribute."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta

from django.utils import timezone

from habitat_tracker.accounts.models import Country, Office
from plans.models import PlanRevision, StrategicPlan
from projects.actions import (
    AgreementInput,
    ContributionInput,
    PartnerInput,
    answer_feedback,
    ask_partner,
    link_to,
    publish_feedback,
    reply_to_feedback,
    save_agreement,
    save_contribution,
    save_partner,
)
from projects.models import Partner, PartnerContribution, Project

from .people import Staff
from .portfolio import SEED, Atlas
from .words import PLACES, SOURCE

# Kind, name and kind of the agreement of those that work with the organization as a whole.
WIDE = (
    ("un_entity", "United Nations entity A (invented)", "un_to_un"),
    ("un_entity", "United Nations entity B (invented)", "un_to_un"),
    ("foundation", "Foundation for rivers and cities (invented)", "contribution"),
    ("academia", "Institute of settlement studies (invented)", "memorandum"),
    ("civil_society", "Network of residents' groups (invented)", "cooperation"),
    ("private_sector", "Map and sensor company (invented)", "memorandum"),
)
# An agreement holds for so many days; of every four one has run out, and one ends soon.
TERM = timedelta(days=3 * 365)
ONE_IN = 4


def keep_partners(
    plan: StrategicPlan, staff: Staff, atlas: Atlas, projects: Sequence[Project], today: date
) -> None:
    """Partners of the organization and of each country, what they do in projects, what they say."""
    first = PlanRevision.objects.at().get(plan=plan).start
    last = min(today, timezone.localdate())
    if first >= last:
        return  # nothing can be signed yet
    signing = _Signing(plan, staff, first, last)
    for kind, name, agreed in WIDE:
        signing.agree(signing.partner(kind, name), agreed, staff.offices["HQ"])
    local: dict[str, Partner] = {}
    for iso3, country in atlas.countries.items():
        city = PLACES[iso3][0][0]
        local[iso3] = signing.partner("local_government", f"City of {city} (invented)", country)
        if country.office is None:
            continue
        signing.agree(local[iso3], "memorandum", country.office, country)
        name = f"Ministry of urban development, {country.name['en']} (invented)"
        ministry = signing.partner("government", name, country)
        signing.agree(ministry, "cooperation", country.office, country)
    for project in projects:
        draw = random.Random(f"{SEED} partners {project.code}")
        for country in project.countries.all():
            if country.iso3 not in local:
                continue
            amount = draw.randrange(5, 80) * 1_000 if draw.random() < 0.4 else None
            entered = ContributionInput(
                local[country.iso3],
                "implementing",
                f"{SOURCE}: staff and premises of the city",
                first,
                amount=amount,
                currency="USD" if amount else "",
            )
            save_contribution(project=project, entered=entered, by=staff.manager)
    hear_partners(staff, projects)


# What partners said: name, rating, what went well, what could be better, whether they consent to
# its being published, whether it is published, and what the office answered. None: no answer yet.
SAID: tuple[tuple[str, int, str, str, bool, bool, str] | None, ...] = (
    (
        *("Partner one (invented)", 4, "We were asked before the sites were chosen."),
        *("Reports came late in the second half of the year.", True, True),
        "Thank you. The dates of the reports stand in the work plan now.",
    ),
    None,
    (
        *("Partner two (invented)", 2, "", "Three focal points in one year; we explained anew."),
        *(False, False, "We are sorry. One colleague answers for the project from now on."),
    ),
    ("Partner three (invented)", 5, "The training is used every day.", "", True, False, ""),
    None,
    ("Partner four (invented)", 3, "Good tools.", "More of them in our language.", True, True, ""),
    ("Partner five (invented)", 4, "Quick answers from the office.", "", False, False, ""),
)


def hear_partners(staff: Staff, projects: Sequence[Project]) -> None:
    """Ask the partners of some projects; some answer, some of that is published and answered."""
    given = PartnerContribution.objects.standing().filter(project__in=projects)
    first: dict[int, PartnerContribution] = {}
    for one in given.select_related("partner", "project__office").order_by("project__code", "pk"):
        first.setdefault(one.project_id, one)
    for one, said in zip(first.values(), SAID, strict=False):
        asked = ask_partner(
            project=one.project,
            partner=one.partner,
            email="partner@example.org",
            by=staff.reporter(one.project.office),
            by_mail=False,
        )
        if said is None:
            continue
        name, rating, went_well, to_improve, consent, is_published, reply = said
        answered = answer_feedback(
            token=link_to(asked).rstrip("/").rpartition("/")[2],
            name=name,
            rating=rating,
            went_well=went_well,
            to_improve=to_improve,
            consent=consent,
        )
        if is_published:
            publish_feedback(feedback=answered, by=staff.manager)
        if reply:
            reply_to_feedback(feedback=answered, text=reply, by=staff.manager, by_mail=False)


class _Signing:
    """Registers partners and signs agreements with them between two days."""

    def __init__(self, plan: StrategicPlan, staff: Staff, first: date, last: date) -> None:
        self.plan, self.by, self.first, self.last = plan, staff.manager, first, last
        self.number = 0

    def partner(self, kind: str, name: str, country: Country | None = None) -> Partner:
        """A partner of its own, however near its name is to another."""
        entered = PartnerInput(name, kind, country)
        return save_partner(plan=self.plan, entered=entered, by=self.by, confirm_similar=True)

    def agree(
        self, partner: Partner, kind: str, office: Office, country: Country | None = None
    ) -> None:
        """An agreement with a partner; of four one ran out the day before, one ends soon."""
        self.number += 1
        draw = random.Random(f"{SEED} agreement {self.number}")
        days = (self.last - self.first).days
        signed = self.first + timedelta(days=draw.randrange(0, days))
        ends = {
            0: self.last - timedelta(days=1),
            1: self.last + timedelta(days=7 + 2 * self.number),
        }
        entered = AgreementInput(
            title=f"Agreement with {partner.name}",
            kind=kind,
            scope="country" if country else "global",
            office=office,
            signed=signed,
            start=signed,
            end=ends.get(self.number % ONE_IN, signed + TERM),
            countries=(country,) if country else (),
            reference=f"DEMO-{self.number:03}",
            note=SOURCE,
        )
        save_agreement(partner=partner, entered=entered, by=self.by)
