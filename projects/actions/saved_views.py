"""Keeping what somebody looked for in a register, to look for it again.

A view is a bookmark of one person: it decides nothing, and the record of acts does not tell it.
"""

from __future__ import annotations

from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.models import User
from habitat_tracker.errors import InvalidInput, NotAllowed, Problem
from habitat_tracker.paging import PLACE
from plans.models import StrategicPlan
from projects.choices import Register
from projects.models import SavedView

# So many views of one register are a list; more are a register of their own.
MOST_VIEWS = 30
LONGEST_NAME = 80
LONGEST_QUERY = 1000
# What of a form's address is not what is looked for.
ASIDE = (*PLACE, "csrfmiddlewaretoken")


@transaction.atomic
def save_view(*, plan: StrategicPlan, register: str, name: str, query: str, by: User) -> SavedView:
    """Keep the filters of a register under a name; the same name again replaces what it stood for.

    Empty filters, and where in the list the page was, are left out. Raises `missing_name`,
    `too_long`, `unknown_register`, `nothing_chosen`, `too_many_views` and `not_allowed` (people
    without an active account).
    """
    if not by.is_authenticated or not by.is_active:
        raise NotAllowed(_("Sign in to keep a view."))
    name, asked = " ".join(name.split()), _chosen(query)
    problems = []
    if register not in Register.values:
        problems.append(Problem("register", "unknown_register", _("There is no such register.")))
    if not name:
        problems.append(Problem("name", "missing_name", _("Give the view a name.")))
    elif len(name) > LONGEST_NAME:
        text = _("A name has %(most)s characters at most.") % {"most": LONGEST_NAME}
        problems.append(Problem("name", "too_long", text))
    if not asked:
        text = _("Nothing is chosen: choose what to look for, then keep it.")
        problems.append(Problem("query", "nothing_chosen", text))
    elif len(asked) > LONGEST_QUERY:
        text = _("These are too many filters to be kept.")
        problems.append(Problem("query", "too_long", text))
    if problems:
        raise InvalidInput(problems)
    User.objects.select_for_update(no_key=True).get(pk=by.pk)  # one after the other
    own = SavedView.objects.filter(by=by, plan=plan, register=register)
    view = own.filter(name=name).first()
    if view is None and own.count() >= MOST_VIEWS:
        raise InvalidInput.of(
            "name",
            "too_many_views",
            _("You keep %(most)s views here; remove one first.") % {"most": MOST_VIEWS},
        )
    view = view or SavedView(by=by, plan=plan, register=register, name=name)
    view.query, view.saved_at = asked, timezone.now()
    view.save()
    return view


@transaction.atomic
def remove_view(*, view: SavedView, by: User) -> None:
    """Forget a view; only who keeps it does."""
    if view.by_id != by.pk:
        raise NotAllowed(_("Only who keeps a view removes it."))
    view.delete()


def _chosen(query: str) -> str:
    """The filters of an address that say something, in their order."""
    given = QueryDict(query.lstrip("?")[: 4 * LONGEST_QUERY])
    kept = QueryDict(mutable=True)
    for name, values in given.lists():
        said = [value.strip() for value in values if value.strip() and "\0" not in value]
        if name not in ASIDE and said:
            kept.setlist(name, said)
    return kept.urlencode()
