"""Who brought about a result together with UN-Habitat: who leads, what each did, whose share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import Changes
from habitat_tracker.accounts.models import User
from habitat_tracker.errors import (
    DomainError,
    InvalidInput,
    NotAllowed,
    Problem,
    check_version,
    too_long,
)
from habitat_tracker.fields import parse_decimal, plain
from plans.models import StrategicPlan
from projects import permissions
from projects.choices import EDITABLE
from projects.models import CoDeliverer, Partner, Result

from .carried import said_of
from .results import hold, remember_author

HUNDRED = Decimal(100)
MOST_PARTNERS = 50
LONGEST_TEXT = 500


@dataclass(frozen=True)
class PartInput:
    """What a partner did for a result, and its share in percent where it is known."""

    partner: Partner | None
    what: str
    share: object | None = None


@dataclass(frozen=True)
class CoDeliveryInput:
    """Who brought about a result: the partners, UN-Habitat's own part, and who leads.

    `lead` is one of the partners; empty, UN-Habitat leads.
    """

    partners: Sequence[PartInput]
    lead: Partner | None = None
    own_share: object | None = None
    own_part: str = ""


@transaction.atomic
def set_co_delivery(
    *, result: Result, said: CoDeliveryInput, by: User, version: int | None = None
) -> Result:
    """Say who brought about a draft together with UN-Habitat, all of them: what is left out goes.

    Without partners the result is UN-Habitat's alone. A partner is kept under the name that counts.
    No figure changes. Raises `not_allowed`, `wrong_status`, `period_closed`, `version_conflict`,
    and with every problem under its field (`partners.<number>.<field>`) `missing_partner`,
    `unknown_partner`, `given_twice` (under one of its names), `missing_text`, `too_long`,
    `too_many_rows`, `unknown_lead`, `share_out_of_range`, `missing_share` (all are known or none),
    `shares_not_100` and those of numbers.
    """
    if not permissions.can_report(by, result.line.project):
        raise NotAllowed(
            _("Only a reporter of this project's office may say who delivered its results.")
        )
    held: Result
    [held] = hold([result])
    if held.status not in EDITABLE:
        raise DomainError(
            _("This can be said of a draft; recall the result, or begin a correction."),
            "wrong_status",
        )
    check_version(version, held.version)
    wanted = _checked(held, said)
    changes = _difference(held, wanted)
    if not changes:
        return held
    held.co_deliverers.all().delete()
    CoDeliverer.objects.bulk_create(wanted)
    held.version += 1
    held.changed_at, held.changed_by = timezone.now(), by
    held.save(update_fields=["version", "changed_at", "changed_by"])
    remember_author([held], by)
    record_activity(by=by, verb="set co-delivery", targets=[held], changes={held: changes})
    return held


def _difference(result: Result, wanted: Sequence[CoDeliverer]) -> Changes:
    """What is said otherwise than before, of each who brought it about."""
    before = _said(result.co_deliverers.select_related("partner__merged_into"))
    after = _said(wanted)
    return {
        f"co_delivery.{name}": [before.get(name), after.get(name)]
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    }


def _said(rows: Iterable[CoDeliverer]) -> dict[str, str]:
    """What is said of each by name; of two that were merged since, both."""
    told: dict[str, str] = {}
    for one in rows:
        told[str(one)] = " / ".join([*filter(None, [told.get(str(one))]), said_of(one)])
    return told


# --- What may be said ------------------------------------------------------------------------


def _checked(result: Result, said: CoDeliveryInput) -> list[CoDeliverer]:
    """The rows as they are stored, checked as a whole; UN-Habitat's own first."""
    problems: list[Problem] = []
    if len(said.partners) > MOST_PARTNERS:
        text = _("A result has %(most)s partners at most.") % {"most": MOST_PARTNERS}
        raise InvalidInput.of("partners", "too_many_rows", text)
    roots = _partners(result.line.project.plan, said.partners, problems)
    texts = [" ".join(one.what.split()) for one in said.partners]
    own_part = " ".join(said.own_part.split())
    for number, text in enumerate(texts):
        if not text:
            words = _("Say what this partner did.")
            problems.append(Problem(f"partners.{number}.what", "missing_text", words))
    fields = {"own_part": own_part} | {f"partners.{n}.what": text for n, text in enumerate(texts)}
    problems += [
        too_long(name, LONGEST_TEXT) for name, t in fields.items() if len(t) > LONGEST_TEXT
    ]
    shares = _shares(said, problems)
    lead = said.lead and (said.lead.merged_into or said.lead)
    if lead is not None and lead not in roots:
        text = _("Who leads is UN-Habitat or one of the partners named.")
        problems.append(Problem("lead", "unknown_lead", text))
    if not said.partners and (own_part or shares["own_share"] is not None):
        text = _("Name a partner; a result without one is UN-Habitat's alone.")
        problems.append(Problem("partners", "missing_partner", text))
    if problems:
        raise InvalidInput(problems)
    if not said.partners:
        return []
    own = CoDeliverer(result=result, is_lead=lead is None, share=shares["own_share"], what=own_part)
    return [
        own,
        *(
            CoDeliverer(
                result=result,
                partner=root,
                is_lead=root == lead,
                share=shares[f"partners.{number}.share"],
                what=texts[number],
            )
            for number, root in enumerate(roots)
        ),
    ]


def _partners(
    plan: StrategicPlan, parts: Sequence[PartInput], problems: list[Problem]
) -> list[Partner | None]:
    """The partners by the names that count, each named once."""
    roots: list[Partner | None] = []
    for number, part in enumerate(parts):
        field, one = f"partners.{number}.partner", part.partner
        root = one and (one.merged_into or one)
        if root is None:
            problems.append(Problem(field, "missing_partner", _("Say which partner it is.")))
        elif root.plan_id != plan.pk:
            text = _("There is no such partner in this plan.")
            problems.append(Problem(field, "unknown_partner", text))
        elif root in roots:
            text = _("“%(name)s” is named twice, under this or another of its names.")
            problems.append(Problem(field, "given_twice", text % {"name": root}))
        roots.append(root)
    return roots


def _shares(said: CoDeliveryInput, problems: list[Problem]) -> dict[str, Decimal | None]:
    """The shares in percent by their fields: all are known and come to 100, or none is."""
    written = {"own_share": said.own_share} | {
        f"partners.{number}.share": part.share for number, part in enumerate(said.partners)
    }
    given = {
        field: str(text).strip()
        for field, text in written.items()
        if text is not None and str(text).strip()
    }
    shares: dict[str, Decimal | None] = dict.fromkeys(written)
    faults: list[Problem] = []
    for field, text in given.items():
        try:
            shares[field] = share = parse_decimal(text, field)
        except InvalidInput as error:
            faults += error.problems
            continue
        if not 0 < share <= HUNDRED:
            words = _("A share is above 0 and at most 100 percent.")
            faults.append(Problem(field, "share_out_of_range", words))
    if given:
        words = _("Give the share of each, or of none.")
        faults += [Problem(name, "missing_share", words) for name in written if name not in given]
    total = sum((share for share in shares.values() if share is not None), Decimal(0))
    if given and not faults and total != HUNDRED:
        words = _("The shares add up to %(total)s percent, not to 100.")
        faults.append(Problem("own_share", "shares_not_100", words % {"total": plain(total)}))
    problems += faults
    return shares
