"""Set-up of baselines, milestones and targets, by scope, each with its source."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from habitat_tracker.accounts.models import ActivityEntry, Country, Office
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed
from habitat_tracker.web import add_problems, person, plan_or_404

from . import actions, scopes
from .actions.frameworks import links_of
from .choices import Kind, OverTime
from .forms import (
    WHOLE_PLAN,
    CountingForm,
    EvidenceRuleForm,
    FrameworksForm,
    NamedScope,
    ValueForm,
    in_rows,
    named_scopes,
)
from .models import Baseline, Indicator, Milestone, ScopedValue, Target
from .permissions import can_align_indicators, can_set_values

LABELS = {
    "baseline": gettext_lazy("Baseline"),
    "milestone": gettext_lazy("Milestone"),
    "target": gettext_lazy("Target"),
}


@dataclass
class ValuesRow:
    """An indicator with what is set for a scope."""

    indicator: Indicator
    baseline: Baseline | None = None
    target: Target | None = None
    milestones: list[Milestone] = field(default_factory=list)


@dataclass(frozen=True)
class ScopeChoice:
    """The scope that the address names, and all that can be chosen."""

    chosen: NamedScope
    plan: NamedScope
    offices: list[NamedScope]
    countries: list[NamedScope]


def _scope(request: HttpRequest) -> ScopeChoice:
    plan, offices, countries = named_scopes(Office.objects.order_by("path"), Country.objects.all())
    asked = request.GET.get("scope", "") or WHOLE_PLAN
    known = {one.code: one for one in (*countries, *offices, plan)}
    if asked not in known:
        raise Http404(_("There is no office or country “%(code)s”.") % {"code": asked[:40]})
    return ScopeChoice(known[asked], plan, offices, countries)


def values(request: HttpRequest, plan: str) -> HttpResponse:
    """What is set for every indicator in one scope; a fixed number of queries."""
    found = plan_or_404(request, plan)
    scope = _scope(request)
    rows = {
        indicator.pk: ValuesRow(indicator)
        for indicator in Indicator.objects.filter(plan=found)
        .select_related("outcome", "domain")
        .order_by("outcome__position", "position", "code")
    }
    for kind in (Baseline, Target, Milestone):
        current: Any = kind._default_manager.filter(
            indicator__plan=found, scope=scope.chosen.number, superseded_at__isnull=True
        ).order_by("date")
        for one in current:
            row = rows[one.indicator_id]
            if isinstance(one, Baseline):
                row.baseline = one
            elif isinstance(one, Target):
                row.target = one
            else:
                row.milestones.append(one)
    groups: dict[Any, list[ValuesRow]] = {}
    for row in rows.values():
        owner = row.indicator.outcome or row.indicator.domain or row.indicator.get_owner_display()
        groups.setdefault(owner, []).append(row)
    context = {
        "plan": found,
        "scope": scope,
        "groups": groups,
        "may_set": can_set_values(person(request), scope.chosen.number),
    }
    return render(request, "outcomes/values.html", context)


def indicator_values(request: HttpRequest, plan: str, code: str) -> HttpResponse:
    """What is set for one indicator and scope, its history, and the forms to change it."""
    found = plan_or_404(request, plan)
    scope = _scope(request)
    indicator = get_object_or_404(
        Indicator.objects.select_related("outcome"), plan=found, code=code
    )
    status = 200
    forms = _forms(indicator, scope.chosen)
    if request.method == "POST":
        kind, _slash, verb = request.POST.get("act", "").partition("-")
        if kind not in forms:
            raise Http404
        forms[kind] = form = ValueForm(request.POST, prefix=kind, needs_date=kind != "baseline")
        done = _carry_out(request, indicator, scope.chosen, kind, form, removing=verb == "remove")
        if done:
            messages.success(request, done)
            address = reverse("setup:indicator_values", args=[found.code, indicator.code])
            return redirect(f"{address}?scope={scope.chosen.code}")
        status = 400
    history: list[ScopedValue] = []
    for model in (Baseline, Milestone, Target):
        history += model._default_manager.filter(
            indicator=indicator, scope=scope.chosen.number
        ).select_related("recorded_by", "superseded_by")
    context = {
        "plan": found,
        "indicator": indicator,
        "scope": scope,
        "forms": [(kind, LABELS[kind], form) for kind, form in forms.items()],
        "held": {one._meta.model_name for one in history if one.superseded_at is None},
        "history": [
            (one, LABELS[str(one._meta.model_name)])
            for one in sorted(history, key=lambda one: (one.recorded_at, one.pk), reverse=True)
        ],
        "may_set": can_set_values(person(request), scope.chosen.number),
        "adds_up": indicator.over_time == OverTime.SUM
        and indicator.kind in (Kind.QUANTITY, Kind.DISTINCT),
    }
    return render(request, "outcomes/indicator_values.html", context, status=status)


def evidence_rule(request: HttpRequest, plan: str, code: str) -> HttpResponse:
    """What has to stand behind the results of an indicator, and its means of verification."""
    found = plan_or_404(request, plan)
    indicator = get_object_or_404(
        Indicator.objects.select_related("outcome"), plan=found, code=code, is_headline=False
    )
    means = [str(one) for one in indicator.means_of_verification.current()]
    form = EvidenceRuleForm(
        request.POST or None,
        initial={"rule": indicator.evidence_rule, "means": "\n".join(means)},
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_evidence_rule(
                indicator=indicator,
                rule=form.cleaned_data["rule"],
                means=form.cleaned_data["means"].splitlines(),
                reason=form.cleaned_data["reason"],
                by=person(request),
            )
        except DomainError as error:
            add_problems(form, error)
        else:
            messages.success(request, _("What evidence is asked for was changed."))
            return redirect("setup:evidence_rule", plan=found.code, code=indicator.code)
    context = {
        "plan": found,
        "indicator": indicator,
        "means": means,
        "form": form,
        "may_set": can_set_values(person(request), scopes.PLAN),
        "history": ActivityEntry.objects.about(indicator)
        .filter(verb="set evidence rule")
        .select_related("actor")[:30],
    }
    return render(
        request, "outcomes/evidence_rule.html", context, status=400 if form.errors else 200
    )


def counting(request: HttpRequest, plan: str, code: str) -> HttpResponse:
    """Which deliverables of the register the results of an indicator count."""
    found = plan_or_404(request, plan)
    indicator = get_object_or_404(
        Indicator.objects.select_related("outcome"), plan=found, code=code, is_headline=False
    )
    form = CountingForm(request.POST or None, initial={"counts_from": indicator.counts_from})
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_counts_from(indicator=indicator, by=person(request), **form.cleaned_data)
        except DomainError as error:
            add_problems(form, error)
        else:
            messages.success(request, _("What the indicator counts from was changed."))
            return redirect("setup:counting", plan=found.code, code=indicator.code)
    context = {
        "plan": found,
        "indicator": indicator,
        "form": form,
        "may_set": can_set_values(person(request), scopes.PLAN),
        "history": ActivityEntry.objects.about(indicator)
        .filter(verb="set counting")
        .select_related("actor")[:30],
    }
    return render(request, "outcomes/counting.html", context, status=400 if form.errors else 200)


def frameworks(request: HttpRequest, plan: str, code: str) -> HttpResponse:
    """Which global frameworks and targets an indicator serves."""
    found = plan_or_404(request, plan)
    indicator = get_object_or_404(
        Indicator.objects.select_related("outcome"), plan=found, code=code
    )
    links = list(indicator.frameworks.select_related("theme"))
    form = FrameworksForm(
        request.POST if request.method == "POST" else None,
        plan=found,
        held=links_of(links),
        version=indicator.version,
    )
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            said, rows = form.links()
            try:
                actions.set_indicator_frameworks(
                    indicator=indicator,
                    links=said,
                    by=person(request),
                    version=form.cleaned_data["version"],
                )
            except DomainError as error:
                add_problems(form, in_rows(error, rows))
                status = error.status
            else:
                messages.success(request, _("What it is aligned with was saved."))
                return redirect("reporting:indicator", plan=found.code, code=indicator.code)
    context = {
        "plan": found,
        "indicator": indicator,
        "links": links,
        "form": form,
        "may_set": can_align_indicators(person(request)),
        "history": ActivityEntry.objects.about(indicator)
        .filter(verb="aligned with frameworks")
        .select_related("actor")[:30],
    }
    return render(request, "outcomes/frameworks.html", context, status=status)


def _forms(indicator: Indicator, scope: NamedScope) -> dict[str, ValueForm]:
    """A form for each kind of value, with what is set now; a milestone is always a new one."""

    def now(model: Any) -> dict[str, Any]:
        held = model.objects.at().filter(indicator=indicator, scope=scope.number).first()
        if held is None:
            return {}
        value = f"{held.value.normalize():f}"
        return {"value": value, "on": held.date, "source": held.source}

    forms = {"baseline": ValueForm(prefix="baseline", initial=now(Baseline), needs_date=False)}
    if indicator.kind != Kind.RATING:
        forms["milestone"] = ValueForm(prefix="milestone", needs_date=True)
        forms["target"] = ValueForm(prefix="target", initial=now(Target), needs_date=True)
    return forms


def _carry_out(
    request: HttpRequest,
    indicator: Indicator,
    scope: NamedScope,
    kind: str,
    form: ValueForm,
    *,
    removing: bool,
) -> str:
    """Set or take away a value; what was done in words, or nothing where it was refused."""
    set_value: Any = {
        "baseline": actions.set_baseline,
        "milestone": actions.set_milestone,
        "target": actions.set_target,
    }[kind]
    user = person(request)
    if removing:
        form.fields["value"].required = form.fields["source"].required = False
        form.fields["on"].required = kind == "milestone"
    if not form.is_valid():
        return ""
    entered = form.cleaned_data
    try:
        set_value(
            indicator=indicator,
            scope=scope.number,
            value=None if removing else entered["value"],
            on=entered["on"],
            source=entered["source"],
            reason=entered["reason"],
            by=user,
        )
    except NotAllowed:
        raise
    except InvalidInput as error:
        for problem in error.problems:
            form.add_error("on" if problem.field == "date" else "value", problem.message)
        return ""
    except DomainError as error:
        form.add_error("value", str(error.message))
        return ""
    words = {"what": LABELS[kind], "scope": scope.name}
    if removing:
        return _("%(what)s of %(scope)s: taken away.") % words
    return _("%(what)s of %(scope)s: set.") % words
