"""The people of the demonstration, their offices and roles.

They are there because somebody has to have entered and approved the results. They can sign
in only where that was asked for, with a password that everybody knows.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import create_office, grant_role
from habitat_tracker.accounts.choices import OfficeKind, Role
from habitat_tracker.accounts.models import Country, Office, OfficeRole, User
from habitat_tracker.errors import DomainError

from .words import COUNTRY_OFFICES, SOURCE

PASSWORD = "habitat-demo"
OFFICE_PREFIX = "DEMO-"


@dataclass(frozen=True)
class Person:
    """One account: its e-mail address (in a domain that cannot exist), office and role."""

    name: str
    office: str
    role: Role

    @property
    def email(self) -> str:
        """The address to sign in with."""
        return f"{self.name}@example.org"


ADMINISTRATOR = Person("administrator", "HQ", Role.ADMINISTRATOR)
MANAGER = Person("manager", "HQ", Role.MANAGER)
REVIEWER = Person("reviewer", "HQ", Role.REVIEWER)
APPROVER = Person("approver", "HQ", Role.REVIEWER)
REPORTER = Person("reporter", "HQ", Role.REPORTER)
REVIEWERS = (
    Person("reviewer.africa", "ROAF", Role.REVIEWER),
    Person("reviewer.asia", "ROAP", Role.REVIEWER),
    REVIEWER,
)
REPORTERS = (
    Person("reporter.kenya", f"{OFFICE_PREFIX}KEN", Role.REPORTER),
    Person("reporter.africa", "ROAF", Role.REPORTER),
    Person("reporter.asia", "ROAP", Role.REPORTER),
    REPORTER,
)
READER = Person("reader", "HQ", Role.READER)
PEOPLE = (ADMINISTRATOR, MANAGER, *REVIEWERS, APPROVER, *REPORTERS, READER)


class Staff:
    """The accounts of the demonstration by their place in it."""

    def __init__(self, users: dict[str, User], offices: dict[str, Office]) -> None:
        self.users = users
        self.offices = offices
        self.manager = users[MANAGER.email]
        self.approver = users[APPROVER.email]

    def reporter(self, office: Office) -> User:
        """Who enters the results of an office: the reporter nearest to it."""
        return self._nearest(REPORTERS, office)

    def reviewer(self, office: Office) -> User:
        """Who verifies them for the office, before headquarters approves."""
        return self._nearest(REVIEWERS, office)

    def _nearest(self, people: tuple[Person, ...], office: Office) -> User:
        above = [
            person
            for person in people
            if person.office in self.offices
            and office.path.startswith(self.offices[person.office].path)
        ]
        return self.users[max(above, key=lambda one: len(self.offices[one.office].path)).email]


def make_offices() -> dict[str, Office]:
    """The offices by code, with country offices that only the demonstration has."""
    for iso3 in COUNTRY_OFFICES:
        country = Country.objects.select_related("office").filter(iso3=iso3).first()
        code = f"{OFFICE_PREFIX}{iso3}"
        if country is None or country.office is None or Office.objects.filter(code=code).exists():
            continue
        name = country.name
        create_office(
            code=code,
            name={
                "en": f"Demonstration office, {name.get('en', iso3)}",
                "zh": f"演示办事处：{name.get('zh') or name.get('en', iso3)}",
            },
            kind=OfficeKind.COUNTRY,
            parent=country.office,
            source=SOURCE,
            note="An office of the demonstration only; it goes when the demonstration is removed.",
        )
    return {office.code: office for office in Office.objects.all()}


def make_staff(offices: dict[str, Office]) -> Staff:
    """The accounts with their roles; nobody can sign in with them yet."""
    users = {}
    for person in PEOPLE:
        user = User.objects.filter(email=person.email).first()
        if user is None:
            words = f"{person.name.partition('.')[0].capitalize()}, {person.office}"
            user = User.objects.create_user(person.email, name=f"{words} (demonstration)")
        if not user.is_active:
            user.is_active = True
            user.save(update_fields=["is_active"])
        users[person.email] = user
    administrator = users[ADMINISTRATOR.email]
    OfficeRole.objects.get_or_create(
        user=administrator, office=offices[ADMINISTRATOR.office], role=ADMINISTRATOR.role
    )
    for person in PEOPLE:
        if person.office in offices:
            grant_role(
                user=users[person.email],
                office=offices[person.office],
                role=person.role,
                by=administrator,
            )
    return Staff(users, offices)


def check_sign_in_allowed() -> None:
    """A password that everybody knows is for an embedded installation on one's own machine.

    Raises `known_password_refused` elsewhere.
    """
    if not settings.EMBEDDED_WORKER or settings.HTTPS_ONLY:
        raise DomainError(
            _(
                "Accounts with a known password are made only where EMBEDDED_WORKER is on and"
                " HTTPS_ONLY is off: on one's own machine, not in production."
            ),
            "known_password_refused",
        )


def let_sign_in() -> int:
    """Give the accounts that have no password the known one; how many were given it."""
    check_sign_in_allowed()
    people = User.objects.filter(email__in=[person.email for person in PEOPLE])
    without = [user for user in people if not user.has_usable_password()]
    if without:
        known = make_password(PASSWORD)
        User.objects.filter(pk__in=[user.pk for user in without]).update(password=known)
    return len(without)
