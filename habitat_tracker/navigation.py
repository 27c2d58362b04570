"""The way through the site: its sections, and the pages beside each other in one.

Which entry is the current one is told by the name of the view: the longest beginning that an
entry names is its own. A page that none names belongs to the section named in its beginning.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .web import may_set_up, plans_of

Words = str | Promise
Entry = TypeVar("Entry", "Page", "Section")


@dataclass(frozen=True)
class Page:
    """An entry: its name, the view that it opens, and how the views under it begin."""

    label: Words
    view: str
    beginnings: tuple[str, ...]

    def fits(self, view: str) -> int:
        """How much of a view's name says that it is under this entry; 0 if it is not."""
        return max((len(text) for text in self.beginnings if view.startswith(text)), default=0)


@dataclass(frozen=True)
class Section:
    """An entry of the main navigation; `others` are the pages beside its own, where it is `own`."""

    page: Page
    own: Words = ""
    others: tuple[Page, ...] = ()

    @property
    def pages(self) -> tuple[Page, ...]:
        """The section's own page and those beside it."""
        return (replace(self.page, label=self.own or self.page.label), *self.others)

    def fits(self, view: str) -> int:
        """How much of a view's name says that it is in this section; 0 if it is not."""
        return max(page.fits(view) for page in self.pages)


SECTIONS = (
    Section(
        Page(_("Plan"), "reporting:plan", ("reporting:",)),
        _("Progress"),
        (
            Page(_("Global frameworks"), "reporting:frameworks", ("reporting:framework",)),
            Page(
                _("What the plan rests on"),
                "reporting:about",
                ("reporting:about", "reporting:flagships"),
            ),
        ),
    ),
    Section(
        Page(_("Regions"), "reporting:regions", ("reporting:region", "regions:")),
        others=(
            Page(_("Countries"), "reporting:countries", ("reporting:countr", "regions:country")),
        ),
    ),
    Section(
        Page(_("Projects"), "projects:register", ("projects:",)),
        others=(
            Page(
                _("Appraisal"), "projects:appraisals", ("projects:appraisal", "projects:condition")
            ),
            Page(
                _("Deliverables"),
                "projects:deliverables",
                ("projects:deliverable", "reporting:cities"),
            ),
            Page(_("Risks"), "projects:risks", ("projects:risk",)),
            Page(_("Stories of impact"), "projects:stories", ("projects:stor",)),
            Page(_("Lessons"), "projects:lessons", ("projects:lessons",)),
            Page(_("Innovation labs"), "projects:labs", ("projects:lab",)),
            Page(_("Services and tools"), "reporting:tools", ("reporting:tools",)),
            Page(_("What projects are about"), "reporting:analyses", ("reporting:analyses",)),
        ),
    ),
    Section(
        Page(_("Partners"), "projects:partners", ("projects:partner",)),
        others=(Page(_("Agreements"), "projects:agreements", ("projects:agreement",)),),
    ),
    Section(
        Page(
            _("Money"),
            "reporting:money",
            ("reporting:money", "projects:money", "projects:transaction"),
        ),
        _("Income and expenditure"),
        (
            Page(_("Core budget"), "projects:core_budget", ("projects:core_budget",)),
            Page(_("Forecast"), "projects:forecast", ("projects:forecast",)),
            Page(_("Outcomes put off"), "projects:deferrals", ("projects:deferral",)),
        ),
    ),
    Section(
        Page(
            _("My work"),
            "projects:my_work",
            ("projects:my_work", "projects:entry", "projects:reported", "projects:sheet"),
        ),
    ),
)
# For those who find something to do there.
SET_UP = Section(
    Page(
        _("Set-up"),
        "setup:home",
        ("setup:", "reporting:audit", "reporting:operations", "reporting:rebuild"),
    ),
)


@dataclass(frozen=True)
class NavigationItem:
    """One link of the navigation."""

    label: Words
    url: str
    is_current: bool


def address(name: str, plan: Any = None) -> str:
    """The address of a page, in a plan if it belongs to one; empty where there is no such page."""
    for kwargs in ({"plan": plan.code} if plan else {}, {}):
        try:
            return reverse(name, kwargs=kwargs)
        except NoReverseMatch:
            continue
    return ""


def frame(request: HttpRequest) -> dict[str, Any]:
    """For every template: the plans, the one at hand, the sections and the pages of this one."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    plans = plans_of(request)
    match = request.resolver_match
    named = match.kwargs.get("plan") if match else None
    plan = next((plan for plan in plans if plan.code == named), None)
    shown = plan or (plans[0] if plans else None)
    here = match.view_name if match else ""
    sections = (*SECTIONS, SET_UP) if may_set_up(user) else SECTIONS
    section = best(sections, here)
    pages = section.pages if section and section.others else ()
    return {
        "frame_plan": shown,
        "frame_plans": plans,
        "is_demonstration": bool(plan and plan.is_demonstration),
        "navigation": _items(
            (one.page for one in sections), section.page if section else None, shown
        ),
        "section": section,
        "section_pages": _items(pages, best(pages, here), shown),
    }


def best(entries: Sequence[Entry], view: str) -> Entry | None:
    """The entry that a view belongs to, if any does."""
    best = max(entries, key=lambda entry: entry.fits(view), default=None)
    return best if best and best.fits(view) else None


def _items(pages: Iterable[Page], current: Page | None, plan: Any) -> list[NavigationItem]:
    found = ((page, address(page.view, plan)) for page in pages)
    return [NavigationItem(page.label, url, page is current) for page, url in found if url]
