"""Who may do what to projects and results: predicates, asked by pages, API and templates.

A role holds in its office and every office below it.
"""

from __future__ import annotations

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import Office, User
from habitat_tracker.accounts.permissions import (
    has_role,
    has_role_anywhere,
    has_role_at_headquarters,
)
from plans.choices import ReviewSteps

from .choices import EDITABLE, PENDING, Status
from .models import Agreement, Note, Project, Result, Reviewed


def project_of(row: Reviewed) -> Project:
    """The project that a result or a note belongs to."""
    if isinstance(row, Result):
        return row.line.project
    assert isinstance(row, Note)
    return row.project


def can_report(user: User, project: Project) -> bool:
    """Reporters of the project's office, or of one above it, enter and submit."""
    return has_role(user, project.office, Role.REPORTER)


def can_register(user: User, project: Project) -> bool:
    """Who reports for a project registers what it delivers."""
    return can_report(user, project)


def can_apply_products(user: User, project: Project) -> bool:
    """Who registers what a project delivers says which products of others it applies."""
    return can_register(user, project)


def can_describe(user: User, project: Project) -> bool:
    """Who reports for a project or manages it says what it is about."""
    return has_role(user, project.office, Role.REPORTER, Role.MANAGER)


def can_propose_in(user: User, office: Office) -> bool:
    """Reporters and managers of an office propose its projects."""
    return has_role(user, office, Role.REPORTER, Role.MANAGER)


def can_propose(user: User, project: Project) -> bool:
    """Who proposes projects of an office writes and submits their documents."""
    return can_propose_in(user, project.office)


def can_appraise(user: User, project: Project) -> bool:
    """Reviewers of the project's office, or of one above it, answer the checklist."""
    return has_role(user, project.office, Role.REVIEWER)


def can_set_up_appraisal(user: User) -> bool:
    """Managers of headquarters set delegations, meetings and the checklist."""
    return has_role_at_headquarters(user, Role.MANAGER)


def can_review(user: User, project: Project) -> bool:
    """Reviewers of the project's office, or of one above it.

    What headquarters or a corporate source reports is reviewed at headquarters, because its
    project belongs to headquarters.
    """
    return has_role(user, project.office, Role.REVIEWER)


def can_review_at_headquarters(user: User) -> bool:
    """Reviewers of headquarters."""
    return has_role_at_headquarters(user, Role.REVIEWER)


def can_comment(user: User, row: Reviewed) -> bool:
    """Who reports, reviews or manages in the project's office, or in one above it."""
    return has_role(user, project_of(row).office, Role.REPORTER, Role.REVIEWER, Role.MANAGER)


def can_manage(user: User, project: Project) -> bool:
    """Managers of the project's office, or of one above it, set up what it reports."""
    return has_role(user, project.office, Role.MANAGER)


def can_keep_money(user: User, project: Project) -> bool:
    """Managers of the project's office, or of one above it, record what it receives and spends."""
    return can_manage(user, project)


def can_load_money(user: User) -> bool:
    """Managers of any office load files of what its projects receive and spend."""
    return has_role_anywhere(user, Role.MANAGER)


def can_see_who_reported(user: User) -> bool:
    """Managers of any office see who has reported in it and below."""
    return has_role_anywhere(user, Role.MANAGER)


def can_edit(user: User, row: Reviewed) -> bool:
    """Drafts and returned revisions, by reporters."""
    return row.status in EDITABLE and can_report(user, project_of(row))


def can_submit(user: User, row: Reviewed) -> bool:
    """Whoever may edit may submit."""
    return can_edit(user, row)


def can_recall(user: User, row: Reviewed) -> bool:
    """Reporters take back what nobody has decided on."""
    return row.status in PENDING and can_report(user, project_of(row))


def can_return(user: User, row: Reviewed) -> bool:
    """Reviewers send back what was submitted."""
    return row.status in PENDING and can_review(user, project_of(row))


def has_two_steps(row: Reviewed) -> bool:
    """Whether the plan asks for the office's verification before headquarters approves."""
    return project_of(row).plan.review_steps == ReviewSteps.TWO


def can_verify(user: User, row: Reviewed) -> bool:
    """The first of two steps: a reviewer of the office, or above it, who is not an author."""
    return (
        has_two_steps(row)
        and row.status == Status.SUBMITTED
        and can_review(user, project_of(row))
        and not is_author(user, row)
    )


def can_approve(user: User, row: Reviewed) -> bool:
    """A reviewer who neither typed, changed nor submitted this revision.

    Where the plan has two steps: a reviewer of headquarters who did not verify it, once it is
    verified.
    """
    if is_author(user, row):
        return False
    if not has_two_steps(row):
        return row.status in PENDING and can_review(user, project_of(row))
    return (
        row.status == Status.VERIFIED
        and can_review_at_headquarters(user)
        and row.verified_by_id != user.pk
    )


def next_step(user: User, row: Reviewed) -> str:
    """The step of the review that somebody may take now: `approve`, `verify` or none."""
    if can_approve(user, row):
        return "approve"
    return "verify" if can_verify(user, row) else ""


def can_correct(user: User, row: Reviewed) -> bool:
    """Reporters begin the correction of an approved result."""
    return (
        isinstance(row, Result)
        and row.status == Status.APPROVED
        and can_report(user, project_of(row))
    )


def can_withdraw(user: User, row: Reviewed) -> bool:
    """Reporters withdraw what is not approved, reviewers also what is."""
    if row.status == Status.APPROVED:
        return can_review(user, project_of(row))
    return row.status in (*EDITABLE, *PENDING) and (
        can_report(user, project_of(row)) or can_review(user, project_of(row))
    )


def is_author(user: User, row: Reviewed) -> bool:
    """Whether somebody typed, changed or submitted this revision."""
    return any(author.pk == user.pk for author in row.authors.all())


def can_add_partner(user: User) -> bool:
    """Reporters and managers of any office add partners, which all offices share."""
    return has_role_anywhere(user, Role.REPORTER, Role.MANAGER)


def can_place_cities(user: User) -> bool:
    """Reporters and managers of any office say where cities lie, which all offices share."""
    return has_role_anywhere(user, Role.REPORTER, Role.MANAGER)


def can_change_partner(user: User) -> bool:
    """Managers of any office change partners, and say which two are one."""
    return has_role_anywhere(user, Role.MANAGER)


def can_add_agreement(user: User, office: Office) -> bool:
    """Reporters and managers of an office, or of one above it, add its agreements."""
    return has_role(user, office, Role.REPORTER, Role.MANAGER)


def can_change_agreement(user: User, agreement: Agreement) -> bool:
    """Managers of the agreement's office, or of one above it, change and withdraw it."""
    return has_role(user, agreement.office, Role.MANAGER)


def can_keep_contributions(user: User, project: Project) -> bool:
    """Who reports for a project or manages it says what partners contribute to it."""
    return has_role(user, project.office, Role.REPORTER, Role.MANAGER)
