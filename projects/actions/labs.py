"""The register of innovation labs: each once."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import snapshot
from habitat_tracker.accounts.models import Country, Office, User
from habitat_tracker.errors import InvalidInput, NotAllowed, Problem, check_version, too_long
from habitat_tracker.links import is_web_address
from plans.models import StrategicPlan
from projects.choices import LabStatus
from projects.models import InnovationLab, Project
from projects.permissions import can_propose_in
from projects.spelling import normalised


@dataclass(frozen=True)
class LabInput:
    """What somebody entered of a lab; `is_another` says that the city has another one already."""

    name: str
    country: Country | None
    status: str
    city: str = ""
    host: str = ""
    link: str = ""
    projects: tuple[Project, ...] = ()
    is_another: bool = False
    source: str = ""
    verification: str = ""
    note: str = ""


@transaction.atomic
def save_lab(
    *,
    plan: StrategicPlan,
    office: Office,
    entered: LabInput,
    by: User | None,
    lab: InnovationLab | None = None,
    version: int | None = None,
) -> InnovationLab:
    """Register a lab of an office, or change one.

    `by` empty is the loader. Raises `not_allowed` (reporters and managers of the office),
    `version_conflict`, and with every field's problem `missing_name`, `missing_country`,
    `unknown_status`, `too_long`, `not_a_link`, `other_plan`, `duplicate_lab` (of one name) and
    `similar_lab` (another in the same city, unless `is_another`), each naming the other one.
    """
    offices = [office] if lab is None else [office, lab.office]
    if by is not None and not all(can_propose_in(by, one) for one in offices):
        raise NotAllowed(_("Only a reporter or manager of the office may register its labs."))
    StrategicPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    held = None
    if lab is not None:
        held = InnovationLab.objects.select_for_update().get(pk=lab.pk)
        check_version(version, held.version)
    if problems := _wrong(plan, entered, held):
        raise InvalidInput(problems)
    assert entered.country is not None
    before = snapshot([held], many=("projects",))
    row = held or InnovationLab(plan=plan, version=0)
    row.name, row.key, row.office = _spaced(entered.name), key_of(entered.name), office
    row.country, row.city, row.host = entered.country, _spaced(entered.city), entered.host.strip()
    row.status, row.link = entered.status, entered.link
    if by is None:
        row.source, row.verification, row.note = entered.source, entered.verification, entered.note
    row.version += 1
    row.save()
    row.projects.set(entered.projects)
    told = before.told([row])
    if told[row]:
        verb = "changed" if held else "added"
        record_activity(by=by, verb=verb, targets=[row], changes=told)
    return row


def key_of(name: str) -> str:
    """A name without accents, capitals and signs, by which two spellings are told as one."""
    return normalised(name)[:200]


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _wrong(plan: StrategicPlan, entered: LabInput, held: InnovationLab | None) -> list[Problem]:
    problems: list[Problem] = []

    def say(field: str, code: str, text: str) -> None:
        problems.append(Problem(field, code, text))

    if not key_of(entered.name):
        say("name", "missing_name", _("Give the lab its name."))
    if entered.country is None:
        say("country", "missing_country", _("Say which country it is in."))
    if entered.status not in LabStatus.values:
        say("status", "unknown_status", _("There is no such status."))
    for name, most in (("name", 200), ("city", 100), ("host", 200), ("link", 500)):
        if len(getattr(entered, name)) > most:
            problems.append(too_long(name, most))
    if entered.link and not is_web_address(entered.link):
        say("link", "not_a_link", _("Give the whole address, beginning with https://."))
    if any(project.plan_id != plan.pk for project in entered.projects):
        say("projects", "other_plan", _("A project belongs to another plan."))
    others = InnovationLab.objects.filter(plan=plan).exclude(pk=held.pk if held else 0)
    same = others.filter(key=key_of(entered.name)).first()
    if same is not None:
        text = _("“%(name)s” is registered already.") % {"name": same.name}
        say("name", "duplicate_lab", text)
    elif entered.city.strip() and not entered.is_another:
        near = others.filter(country=entered.country, city__iexact=_spaced(entered.city)).first()
        if near is not None:
            text = _(
                "“%(name)s” is in %(city)s too. If it is the same, change that one; if it is "
                "another one, say so."
            )
            say("city", "similar_lab", text % {"name": near.name, "city": near.city})
    return problems
