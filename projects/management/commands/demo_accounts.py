"""`manage.py demo_accounts`: the accounts to try the product with."""

from typing import Any

from django.core.management.base import BaseCommand

from habitat_tracker.accounts.models import User
from projects.demonstration import PASSWORD, PEOPLE


class Command(BaseCommand):
    help = "Print the demonstration accounts that can sign in, with their role and password."

    def handle(self, *args: Any, **options: Any) -> None:
        users = User.objects.filter(email__in=[person.email for person in PEOPLE], is_active=True)
        able = {user.email for user in users if user.has_usable_password()}
        people = [person for person in PEOPLE if person.email in able]
        if not people:
            self.stdout.write(
                "There is no demonstration account to sign in with; "
                "`manage.py load_demo --accounts` makes them."
            )
            return
        self.stdout.write(f"Sign in as one of these; the password of each is {PASSWORD}")
        width = max(len(person.email) for person in people)
        for person in people:
            self.stdout.write(f"  {person.email:<{width}}  {person.role.label}, {person.office}")
