"""The register of projects."""

from __future__ import annotations

from django import forms
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.forms import country_choices
from habitat_tracker.accounts.models import Country
from habitat_tracker.accounts.permissions import has_role_anywhere
from habitat_tracker.paging import page_of
from habitat_tracker.web import person, plan_or_404
from plans.models import StrategicPlan
from projects.choices import Register
from projects.filters import ProjectFilter
from projects.models import Alignment, Partner, PartnerContribution, Project

from .saved_views import kept_views

# So many partners are offered in a list.
MOST_PARTNERS = 500


def register(request: HttpRequest, plan: str) -> HttpResponse:
    """Projects of the plan, searched and filtered; a fixed number of queries.

    A corporate source is no project: it is named below the list and counted nowhere.
    """
    found = plan_or_404(request, plan)
    visible = Project.objects.visible_to(person(request)).filter(plan=found)
    projects = (
        visible.counted()
        .select_related("office")
        .prefetch_related(
            "countries",
            Prefetch("alignments", Alignment.objects.select_related("outcome")),
        )
        .order_by("code")
    )
    filtered = ProjectFilter(request.GET, projects, request=request)
    countries = filtered.form.fields["country"]
    assert isinstance(countries, forms.ModelChoiceField)
    # Asked country by country: going through the projects would be slower than the page.
    working = Project.countries.through.objects.filter(country=OuterRef("pk"), project__plan=found)
    worked_in = Country.objects.filter(Exists(working))
    # Any country is understood; the list offers those that somebody works in.
    countries.widget.choices = [
        ("", countries.empty_label),
        *country_choices(worked_in),
    ]
    _offer_partners(filtered, found)
    _group_themes(filtered)
    for name in filtered.rarely_asked:
        if not request.GET.get(name):
            filtered.form.fields[name].widget = forms.HiddenInput()
    valid = filtered.is_valid()
    context = {
        "plan": found,
        "filter": filtered,
        "page": page_of(filtered.qs if valid else projects.none(), request),
        "sources": visible.sources().order_by("code"),
        "is_filtered": any(request.GET.get(name) for name in filtered.filters),
        "may_add": has_role_anywhere(person(request), Role.MANAGER),
        "may_propose": has_role_anywhere(person(request), Role.REPORTER, Role.MANAGER),
        **kept_views(request, found, Register.PROJECTS),
    }
    return render(request, "projects/register.html", context, status=200 if valid else 400)


def _offer_partners(filtered: ProjectFilter, plan: StrategicPlan) -> None:
    """Any partner is understood; the list offers those that contribute to a project."""
    field = filtered.form.fields["partner"]
    assert isinstance(field, forms.ModelChoiceField)
    given = PartnerContribution.objects.standing().filter(
        Q(partner=OuterRef("pk")) | Q(partner__merged_into=OuterRef("pk"))
    )
    rows = Partner.objects.filter(plan=plan).counting().filter(Exists(given)).order_by("key", "pk")
    offered = [(str(pk), name) for pk, name in rows.values_list("pk", "name")[:MOST_PARTNERS]]
    field.widget.choices = [("", field.empty_label), *offered]


def _group_themes(filtered: ProjectFilter) -> None:
    """The themes by their kind, because two lists have themes of one name."""
    field = filtered.form.fields["theme"]
    assert isinstance(field, forms.ModelChoiceField)
    groups: dict[str, list[tuple[str, str]]] = {}
    for theme in field.queryset or ():
        groups.setdefault(theme.get_kind_display(), []).append((theme.code, str(theme)))
    field.widget.choices = [("", field.empty_label), *groups.items()]
