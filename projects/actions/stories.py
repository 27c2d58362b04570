"""Stories of impact: written on approved results, published with consent and image rights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import snapshot
from habitat_tracker.accounts.models import Country, User
from habitat_tracker.errors import (
    DomainError,
    InvalidInput,
    NotAllowed,
    Problem,
    check_version,
    too_long,
)
from habitat_tracker.links import is_web_address
from projects.choices import Status, StoryStatus
from projects.models import Project, Result, Story
from projects.permissions import can_describe, can_manage

LONGEST_STORY = 20_000


@dataclass(frozen=True)
class StoryInput:
    """What somebody wrote of a story; `consent` says whose, how and when it was given."""

    title: str
    text: str
    country: Country | None = None
    results: tuple[Result, ...] = ()
    link: str = ""
    picture: str = ""
    image_rights: str = ""
    consent: str = ""


@transaction.atomic
def save_story(
    *,
    project: Project,
    entered: StoryInput,
    by: User,
    story: Story | None = None,
    version: int | None = None,
) -> Story:
    """Write a story, or change one that is not published.

    Raises `not_allowed` (reporters and managers of the project's office), `version_conflict`,
    `published_already`, and with every field's problem `missing_title`, `missing_text`,
    `too_long`, `not_a_link`, `result_of_another_project`, `result_not_approved`.
    """
    if not can_describe(by, project):
        raise NotAllowed(
            _("Only a reporter or manager of the project's office may write its stories.")
        )
    held = _held(story, version) if story else None
    if held is not None and held.status == StoryStatus.PUBLISHED:
        raise DomainError(_("It is published; take it back to change it."), "published_already")
    if problems := _wrong(project, entered):
        raise InvalidInput(problems)
    before = snapshot([held], many=("results",))
    row = held or Story(project=project, entered_by=by, version=0)
    row.title, row.text = entered.title.strip(), entered.text.strip()
    row.country, row.link, row.picture = entered.country, entered.link, entered.picture
    row.image_rights, row.consent = entered.image_rights.strip(), entered.consent.strip()
    row.status = StoryStatus.DRAFT
    row.version += 1
    row.save()
    row.results.set(entered.results)
    record_activity(
        by=by,
        verb="changed" if held else "added",
        targets=[row],
        changes=before.told([row]),
    )
    return row


def _held(story: Story, version: int | None) -> Story:
    held: Story = (
        Story.objects.select_for_update(of=("self",))
        .select_related("project__office")
        .get(pk=story.pk)
    )
    check_version(version, held.version)
    return held


def _wrong(project: Project, entered: StoryInput) -> list[Problem]:
    problems: list[Problem] = []

    def say(field: str, code: str, text: str) -> None:
        problems.append(Problem(field, code, text))

    if not entered.title.strip():
        say("title", "missing_title", _("Give the story a title."))
    if not entered.text.strip():
        say("text", "missing_text", _("Tell the story."))
    for name, most in (
        ("title", 200),
        ("text", LONGEST_STORY),
        ("image_rights", 300),
        ("consent", 500),
        ("link", 500),
        ("picture", 500),
    ):
        if len(getattr(entered, name)) > most:
            problems.append(too_long(name, most))
    for name in ("link", "picture"):
        if getattr(entered, name) and not is_web_address(getattr(entered, name)):
            say(name, "not_a_link", _("Give the whole address, beginning with https://."))
    for result in entered.results:
        if result.line.project_id != project.pk:
            text = _("%(result)s belongs to another project.") % {"result": result}
            say("results", "result_of_another_project", text)
        elif result.status != Status.APPROVED:
            text = _("%(result)s is not approved.") % {"result": result}
            say("results", "result_not_approved", text)
    return problems


@transaction.atomic
def publish_story(*, story: Story, by: User, version: int | None = None) -> Story:
    """Let all staff and the reports see a story.

    Raises `not_allowed` (managers of the project's office), `version_conflict`,
    `published_already`, and with all that is missing `missing_consent`, `missing_image_rights`
    (of a story with a picture), `missing_result` (it rests on an approved result at least) and
    `result_not_approved`.
    """
    held = _held(story, version)
    if not can_manage(by, held.project):
        raise NotAllowed(_("Only a manager of the project's office may publish its stories."))
    if held.status == StoryStatus.PUBLISHED:
        raise DomainError(_("It is published already."), "published_already")
    problems = []
    if not held.consent:
        text = _("Say who consented to it, how and when.")
        problems.append(Problem("consent", "missing_consent", text))
    if held.picture and not held.image_rights:
        text = _("Say who holds the right to the picture and lets it be shown.")
        problems.append(Problem("image_rights", "missing_image_rights", text))
    results = list(held.results.all())
    if not results:
        text = _("A story rests on an approved result at least.")
        problems.append(Problem("results", "missing_result", text))
    if any(one.status != Status.APPROVED for one in results):
        text = _("A result that it rests on is no longer approved.")
        problems.append(Problem("results", "result_not_approved", text))
    if problems:
        raise InvalidInput(problems)
    return _move(held, StoryStatus.PUBLISHED, by, "published", "")


@transaction.atomic
def take_story_back(*, story: Story, by: User, reason: str, version: int | None = None) -> Story:
    """Take a published story back, with a reason; it can be changed and published again.

    Raises `not_allowed`, `missing_reason`, `not_published` and `version_conflict`.
    """
    held = _held(story, version)
    if not can_manage(by, held.project):
        raise NotAllowed(_("Only a manager of the project's office may publish its stories."))
    if held.status != StoryStatus.PUBLISHED:
        raise DomainError(_("It is not published."), "not_published")
    if not reason.strip():
        raise InvalidInput.of("reason", "missing_reason", _("Say why."))
    return _move(held, StoryStatus.WITHDRAWN, by, "took back", reason.strip())


def _move(story: Story, status: str, by: User, verb: str, reason: str) -> Story:
    before = snapshot([story])
    story.status = status
    story.published_at = timezone.now() if status == StoryStatus.PUBLISHED else None
    story.version += 1
    story.save(update_fields=["status", "published_at", "version"])
    record_activity(by=by, verb=verb, targets=[story], reason=reason, changes=before.told([story]))
    return story


def approved_results(project: Project) -> Iterable[Result]:
    """The results that a project's stories can rest on, the newest first."""
    return (
        Result.objects.filter(line__project=project, status=Status.APPROVED)
        .select_related("line__project", "line__indicator", "line__country", "line__city", "period")
        .order_by("-period__number", "line__position", "pk")[:200]
    )
