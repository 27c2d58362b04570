"""What partners say: asked for by a signed link, answered once, published with consent."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import difference, snapshot
from habitat_tracker.accounts.models import User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, Problem, too_long
from habitat_tracker.wording import said_day
from projects.models import Partner, PartnerFeedback, Project
from projects.permissions import can_describe, can_manage

SALT = "projects.feedback"
LONGEST_TEXT = 5_000


class LinkRefused(DomainError):
    """The link of a request for feedback does not hold (HTTP 410)."""

    status = 410


def link_to(asked: PartnerFeedback) -> str:
    """The signed address under which a partner answers without an account."""
    token = signing.dumps(asked.pk, salt=SALT)
    return settings.SITE_URL + reverse("projects:feedback", args=[token])


def _of_link(token: str) -> PartnerFeedback:
    """The request that a link stands for; raises `link_invalid`."""
    try:
        key = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        key = None
    rows = PartnerFeedback.objects.select_related("project__office", "partner")
    asked = rows.filter(pk=key).first() if isinstance(key, int) else None
    if asked is None:
        raise LinkRefused(
            _("This link is not complete or was changed. Use it as it came in the e-mail."),
            "link_invalid",
        )
    return asked


def replied_by_link(token: str) -> PartnerFeedback | None:
    """What a partner said and the office answered, for whoever has the link; None before that.

    Raises `link_invalid`.
    """
    asked = _of_link(token)
    return asked if asked.reply else None


def asked_by_link(token: str) -> PartnerFeedback:
    """The request that a link stands for, where it may still be answered.

    Raises `link_invalid` (not one of ours, or changed on the way), `link_withdrawn` (by the
    office), `link_expired` (after the day that it held until) and `already_answered`.
    """
    asked = _of_link(token)
    _refuse_over(asked)
    if asked.until < timezone.localdate():
        raise LinkRefused(
            _("This link held until %(day)s. Ask who sent it for a new one.")
            % {"day": said_day(asked.until)},
            "link_expired",
        )
    return asked


def _refuse_over(asked: PartnerFeedback) -> None:
    if asked.answered_at is not None:
        raise LinkRefused(_("This was answered already. Thank you."), "already_answered")
    if asked.withdrawn_at is not None:
        raise LinkRefused(
            _("The office that sent this link has withdrawn it. Ask it for a new one."),
            "link_withdrawn",
        )


@transaction.atomic
def ask_partner(
    *, project: Project, partner: Partner | None, email: str, by: User, by_mail: bool = True
) -> PartnerFeedback:
    """Ask a partner what it makes of a project; the link is sent when the act is stored.

    Unless it is passed on otherwise (`by_mail` false: the demonstration writes to nobody). Raises
    `not_allowed` (reporters and managers of the project's office), `missing_partner`,
    `other_plan`, `not_a_partner` (that contributes nothing to the project) and `invalid_email`.
    """
    if not can_describe(by, project):
        raise NotAllowed(
            _("Only a reporter or manager of the project's office may ask its partners.")
        )
    problems: list[Problem] = []
    if partner is None:
        problems.append(Problem("partner", "missing_partner", _("Name the partner.")))
    elif partner.plan_id != project.plan_id:
        text = _("It belongs to another plan.")
        problems.append(Problem("partner", "other_plan", text))
    elif not project.contributions.standing().of_partner(partner).exists():
        text = _("This partner contributes nothing to the project.")
        problems.append(Problem("partner", "not_a_partner", text))
    try:
        validate_email(email.strip())
    except ValidationError:
        text = _("This is not an e-mail address.")
        problems.append(Problem("email", "invalid_email", text))
    if problems:
        raise InvalidInput(problems)
    assert partner is not None
    asked = PartnerFeedback.objects.create(
        project=project,
        partner=partner,
        email=email.strip(),
        until=timezone.localdate() + timedelta(days=settings.FEEDBACK_DAYS),
        asked_by=by,
    )
    record_activity(by=by, verb="asked a partner", targets=[asked], changes=difference(None, asked))
    if not by_mail:
        return asked
    context = {"asked": asked, "link": link_to(asked), "by": by}
    _write_to(
        asked.email,
        _("UN-Habitat: how do you find our work together?"),
        render_to_string("email/feedback.txt", context),
    )
    return asked


@transaction.atomic
def withdraw_request(*, feedback: PartnerFeedback, reason: str, by: User) -> PartnerFeedback:
    """Take a request back that was sent by mistake: its link holds no longer.

    Raises `not_allowed` (reporters and managers of the project's office), `already_answered`,
    `already_withdrawn`, `missing_reason` and `too_long`.
    """
    held: PartnerFeedback = (
        PartnerFeedback.objects.select_for_update(of=("self",))
        .select_related("project__office", "partner")
        .get(pk=feedback.pk)
    )
    if not can_describe(by, held.project):
        raise NotAllowed(
            _("Only a reporter or manager of the project's office may ask its partners.")
        )
    if held.answered_at is not None:
        raise DomainError(_("The partner has answered already."), "already_answered")
    if held.withdrawn_at is not None:
        raise DomainError(_("This was withdrawn already."), "already_withdrawn")
    if not reason.strip():
        raise InvalidInput.of("reason", "missing_reason", _("Say why it is withdrawn."))
    if len(reason.strip()) > LONGEST_TEXT:
        raise InvalidInput([too_long("reason", LONGEST_TEXT)])
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


@transaction.atomic
def answer_feedback(
    *, token: str, name: str, rating: object, went_well: str, to_improve: str, consent: bool
) -> PartnerFeedback:
    """Take a partner's answer, once, from whoever has the link.

    Raises as `asked_by_link`, and with every field's problem `missing_name`,
    `rating_out_of_range` (1 to 5), `missing_text` (where neither text is given) and `too_long`.
    """
    found = asked_by_link(token)
    held: PartnerFeedback = (
        PartnerFeedback.objects.select_for_update(of=("self",))
        .select_related("project__office", "partner")
        .get(pk=found.pk)
    )
    _refuse_over(held)
    problems: list[Problem] = []
    if not name.strip():
        problems.append(Problem("name", "missing_name", _("Give your name.")))
    if str(rating).strip() not in ("1", "2", "3", "4", "5"):
        text = _("Rate it from 1 to 5.")
        problems.append(Problem("rating", "rating_out_of_range", text))
    if not went_well.strip() and not to_improve.strip():
        text = _("Say what went well, or what could be better.")
        problems.append(Problem("went_well", "missing_text", text))
    for field, said, most in (
        ("name", name, 150),
        ("went_well", went_well, LONGEST_TEXT),
        ("to_improve", to_improve, LONGEST_TEXT),
    ):
        if len(said) > most:
            problems.append(too_long(field, most))
    if problems:
        raise InvalidInput(problems)
    before = snapshot([held])
    held.name, held.rating = name.strip(), int(str(rating))
    held.went_well, held.to_improve = went_well.strip(), to_improve.strip()
    held.consent, held.answered_at = consent, timezone.now()
    held.save()
    told = before.told([held])
    record_activity(by=None, verb="answered as a partner", targets=[held], changes=told)
    return held


def _answered(feedback: PartnerFeedback, by: User) -> PartnerFeedback:
    held: PartnerFeedback = (
        PartnerFeedback.objects.select_for_update(of=("self",))
        .select_related("project__office", "partner")
        .get(pk=feedback.pk)
    )
    if not can_manage(by, held.project):
        raise NotAllowed(_("Only a manager of the project's office may do this."))
    if held.answered_at is None:
        raise DomainError(_("The partner has not answered yet."), "not_answered")
    return held


@transaction.atomic
def publish_feedback(*, feedback: PartnerFeedback, by: User, shown: bool = True) -> PartnerFeedback:
    """Show an answer to all staff, or show it no longer.

    Raises `not_allowed` (managers of the project's office), `not_answered` and `missing_consent`.
    """
    held = _answered(feedback, by)
    if shown and not held.consent:
        raise DomainError(
            _("The partner did not consent to its being published."), "missing_consent"
        )
    if shown == (held.published_at is not None):
        return held
    before = snapshot([held])
    held.published_at = timezone.now() if shown else None
    held.save(update_fields=["published_at"])
    verb = "published" if shown else "took back"
    record_activity(by=by, verb=verb, targets=[held], changes=before.told([held]))
    return held


@transaction.atomic
def reply_to_feedback(
    *, feedback: PartnerFeedback, text: str, by: User, by_mail: bool = True
) -> PartnerFeedback:
    """Answer what a partner said; the answer stands beside it and can be changed.

    The partner is told by e-mail, with the link that shows it; not where nothing changed, nor
    without `by_mail` (the demonstration writes to nobody). Raises `not_allowed` (managers of the
    project's office), `not_answered`, `missing_text` and `too_long`.
    """
    held = _answered(feedback, by)
    if not text.strip():
        raise InvalidInput.of("text", "missing_text", _("Write your answer."))
    if len(text) > LONGEST_TEXT:
        raise InvalidInput([too_long("text", LONGEST_TEXT)])
    if text.strip() == held.reply:
        return held
    before = snapshot([held])
    held.reply, held.replied_at, held.replied_by = text.strip(), timezone.now(), by
    held.save(update_fields=["reply", "replied_at", "replied_by"])
    record_activity(by=by, verb="answered a partner", targets=[held], changes=before.told([held]))
    if by_mail:
        context = {"told": held, "link": link_to(held), "by": by}
        _write_to(
            held.email,
            _("UN-Habitat: an answer to what you told us"),
            render_to_string("email/feedback_reply.txt", context),
        )
    return held


def _write_to(email: str, subject: str, body: str) -> None:
    """Send an e-mail to a partner when the act is stored."""
    message = EmailMessage(
        subject=subject, body=body, to=[email], headers={"Auto-Submitted": "auto-generated"}
    )
    transaction.on_commit(message.send, robust=True)
