"""Which projects apply the normative products of others: said, and withdrawn."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import snapshot
from habitat_tracker.accounts.models import User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, Problem, too_long
from habitat_tracker.wording import said_day
from projects.choices import ProjectKind
from projects.models import Deliverable, ProductApplication, Project
from projects.permissions import can_apply_products

LONGEST_TEXT = 500


@transaction.atomic
def apply_product(
    *, deliverable: Deliverable, project: Project, how: str, since: date | None, by: User
) -> ProductApplication:
    """Say that a project applies a product which another one delivered: how, and since when.

    Raises `not_allowed`, and with every field's problem `other_plan`, `product_cancelled`,
    `not_a_product` (publications and technical materials are), `own_product`, `already_applied`
    (a joint product is one), `not_a_project`, `missing_text`, `too_long`, `missing_date`,
    `date_in_future` and `date_before_product`.
    """
    _check_may(by, project)
    # One after the other, so that a project says the same only once.
    held = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    product: Deliverable = (
        Deliverable.objects.select_for_update(of=("self",))
        .select_related("project")
        .get(pk=deliverable.pk)
    )
    how = " ".join(how.split())
    if problems := [*_wrong_pair(product, held), *_wrong_words(product, how, since)]:
        raise InvalidInput(problems)
    assert since is not None
    row = ProductApplication.objects.create(
        deliverable=product, project=project, how=how, since=since, entered_by=by
    )
    record_activity(by=by, verb="added", targets=[row], changes=snapshot([]).told([row]))
    return row


@transaction.atomic
def withdraw_application(
    *, application: ProductApplication, reason: str, by: User
) -> ProductApplication:
    """Take out what was said by mistake: it is kept, with the reason, and counts nowhere.

    Raises `missing_reason`, `already_withdrawn` and `not_allowed`.
    """
    _check_may(by, application.project)
    held: ProductApplication = (
        ProductApplication.objects.select_for_update(of=("self",))
        .select_related("deliverable", "project__office")
        .get(pk=application.pk)
    )
    if held.withdrawn_at is not None:
        raise DomainError(_("This was withdrawn already."), "already_withdrawn")
    if not reason.strip():
        raise InvalidInput.of("reason", "missing_reason", _("Say why it is withdrawn."))
    before = snapshot([held])
    held.withdrawn_at, held.withdrawal_reason = timezone.now(), reason.strip()
    held.save(update_fields=["withdrawn_at", "withdrawal_reason"])
    record_activity(
        by=by,
        verb="withdrawn",
        targets=[held],
        reason=held.withdrawal_reason,
        changes=before.told([held]),
    )
    return held


def _check_may(by: User, project: Project) -> None:
    if not can_apply_products(by, project):
        raise NotAllowed(_("Only a reporter of the applying project's office may say this."))


def _wrong_pair(product: Deliverable, project: Project) -> list[Problem]:
    """What speaks against this project applying this product."""
    problems: list[Problem] = []

    def refuse(code: str, message: str, field: str = "deliverable") -> None:
        problems.append(Problem(field, code, message))

    if project.kind != ProjectKind.PROJECT:
        refuse("not_a_project", _("A corporate source applies nothing."), "project")
    if product.project.plan_id != project.plan_id:
        refuse("other_plan", _("This product belongs to another plan."))
    elif product.cancelled_at is not None:
        refuse("product_cancelled", _("“%(title)s” was cancelled.") % {"title": product})
    elif not product.is_product:
        text = _("Publications and technical materials can be applied; this is neither.")
        refuse("not_a_product", text)
    elif Deliverable.objects.counting().filter(thing=product.thing_id, project=project).exists():
        text = _("%(project)s delivered this itself; say it of a project that did not.")
        refuse("own_product", text % {"project": project.code}, "project")
    elif (
        ProductApplication.objects.standing()
        .of_thing(product.thing_id)
        .filter(project=project)
        .exists()
    ):
        text = _("It is said already that %(project)s applies this.") % {"project": project.code}
        refuse("already_applied", text, "project")
    return problems


def _wrong_words(product: Deliverable, how: str, since: date | None) -> list[Problem]:
    """What is wrong with how and since when it is applied."""
    problems: list[Problem] = []
    if not how:
        problems.append(Problem("how", "missing_text", _("Say how the project applies it.")))
    elif len(how) > LONGEST_TEXT:
        problems.append(too_long("how", LONGEST_TEXT))
    if since is None:
        text = _("Say since which day the project applies it.")
        problems.append(Problem("since", "missing_date", text))
    elif since > timezone.localdate():
        text = _("This day is yet to come; say what is applied already.")
        problems.append(Problem("since", "date_in_future", text))
    elif since < product.date:
        day = said_day(product.date)
        text = _("It was published or delivered on %(day)s; it cannot be applied before.")
        problems.append(Problem("since", "date_before_product", text % {"day": day}))
    return problems
