"""What people did, and what it changed, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from habitat_tracker.wording import number, said_day

from ..fields import FixedPointField
from .choices import Role

Words = str | Promise

# Every verb that is recorded, as it follows the name of who did it.
VERBS: dict[str, Words] = {
    "entered": gettext_lazy("entered it"),
    "changed": gettext_lazy("changed it"),
    "began correction": gettext_lazy("began a correction"),
    "submitted": gettext_lazy("submitted it"),
    "recalled": gettext_lazy("recalled it"),
    "returned": gettext_lazy("returned it"),
    "verified": gettext_lazy("verified it"),
    "approved": gettext_lazy("approved it"),
    "superseded": gettext_lazy("replaced it by approving a correction"),
    "withdrawn": gettext_lazy("withdrew it"),
    "commented": gettext_lazy("commented on it"),
    "added evidence": gettext_lazy("added evidence"),
    "replaced evidence": gettext_lazy("replaced evidence"),
    "removed evidence": gettext_lazy("took evidence away"),
    "added": gettext_lazy("added it"),
    "described": gettext_lazy("said what it is about"),
    "aligned": gettext_lazy("aligned it with an outcome"),
    "aligned with frameworks": gettext_lazy("aligned it with global frameworks"),
    "no longer aligned": gettext_lazy("ended the alignment with an outcome"),
    "began a document": gettext_lazy("began a version of the project document"),
    "wrote": gettext_lazy("wrote a section"),
    "moved": gettext_lazy("moved it on"),
    "gave up": gettext_lazy("gave it up"),
    "replaced": gettext_lazy("replaced it with a later version"),
    "decided: approved": gettext_lazy("approved it"),
    "decided: conditions": gettext_lazy("approved it with conditions"),
    "decided: returned": gettext_lazy("returned it for changes"),
    "decided: rejected": gettext_lazy("rejected it"),
    "answered the checklist": gettext_lazy("answered the checklist"),
    "answered a condition": gettext_lazy("said what was done to meet it"),
    "found a condition met": gettext_lazy("found it met"),
    "sent a condition back": gettext_lazy("sent the answer back"),
    "delegated": gettext_lazy("delegated the authority to decide"),
    "ended a delegation": gettext_lazy("ended the delegation"),
    "set the checklist": gettext_lazy("set the checklist"),
    "published": gettext_lazy("published it"),
    "took back": gettext_lazy("took it back"),
    "closed a risk": gettext_lazy("closed it"),
    "asked a partner": gettext_lazy("asked a partner"),
    "answered as a partner": gettext_lazy("took the answer of the partner"),
    "answered a partner": gettext_lazy("answered the partner"),
    "set budget": gettext_lazy("set the budget"),
    "set core budget": gettext_lazy("set the core budget"),
    "deferred": gettext_lazy("put it off"),
    "ended deferral": gettext_lazy("took it up again"),
    "recorded money": gettext_lazy("recorded income or expenditure"),
    "loaded money": gettext_lazy("loaded income and expenditure from a file"),
    "expected income": gettext_lazy("recorded expected income"),
    "withdrew expected income": gettext_lazy("withdrew expected income"),
    "withdrew money": gettext_lazy("withdrew income or expenditure"),
    "set co-delivery": gettext_lazy("said who brought it about"),
    "set shares": gettext_lazy("set which outcomes the money is for"),
    "set reporting line": gettext_lazy("set what is reported, where and when"),
    "set contributor": gettext_lazy("set where and when it counts"),
    "put in order": gettext_lazy("put it in order"),
    "reminded": gettext_lazy("reminded those who report"),
    "closed": gettext_lazy("closed it"),
    "reopened": gettext_lazy("opened it again"),
    "moved due date": gettext_lazy("moved the due date"),
    "allowed late entry": gettext_lazy("let it report late"),
    "ended late entry": gettext_lazy("ended the permission to report late"),
    "set plan": gettext_lazy("set dates and settings of the plan"),
    "set review steps": gettext_lazy("changed how results are reviewed"),
    "set evidence rule": gettext_lazy("changed what evidence is asked for"),
    "set counting": gettext_lazy("changed what it counts from"),
    "registered": gettext_lazy("registered it"),
    "cancelled": gettext_lazy("cancelled it"),
    "set baseline": gettext_lazy("set the baseline"),
    "set milestone": gettext_lazy("set a milestone"),
    "set target": gettext_lazy("set the target"),
    "judged status": gettext_lazy("judged the status"),
    "merged": gettext_lazy("said that it is another one"),
    "took in": gettext_lazy("said that another one is it"),
    "loaded": gettext_lazy("loaded a file"),
    "loaded a rate": gettext_lazy("loaded it from a file"),
    "had figures computed again": gettext_lazy("had its figures computed again"),
    "sent a sheet": gettext_lazy("sent a filled-in sheet"),
    "confirmed a sheet": gettext_lazy("confirmed a filled-in sheet"),
    "cancelled a sheet": gettext_lazy("put a filled-in sheet aside"),
    "invited": gettext_lazy("made the account"),
    "granted": gettext_lazy("gave a role"),
    "revoked": gettext_lazy("took a role away"),
    "changed password": gettext_lazy("changed the password"),
    "made a token": gettext_lazy("made a token for the API"),
    "ended a token": gettext_lazy("ended a token for the API"),
    "ended all tokens": gettext_lazy("ended all tokens for the API"),
}

# The fields of everything that is recorded; what follows a point is told in brackets.
FIELDS: dict[str, Words] = {
    "achieved": gettext_lazy("Achieved"),
    "answer": gettext_lazy("Answer"),
    "answers": gettext_lazy("Checklist"),
    "answered_at": gettext_lazy("Answered at"),
    "answered_by": gettext_lazy("Answered by"),
    "appraisal": gettext_lazy("Appraisal"),
    "base": gettext_lazy("Record when it was begun"),
    "before_start": gettext_lazy("Before the project begins"),
    "chair": gettext_lazy("Chair"),
    "closed_on": gettext_lazy("Closed on"),
    "conditions_left": gettext_lazy("Why conditions were left open"),
    "content": gettext_lazy("Section"),
    "context": gettext_lazy("Situation"),
    "decision": gettext_lazy("Decision"),
    "delegation": gettext_lazy("Delegation"),
    "document": gettext_lazy("Document"),
    "earmarked_usd": gettext_lazy("Of it earmarked, in US dollars"),
    "lasting": gettext_lazy("What lasts"),
    "learned": gettext_lazy("What was learned"),
    "meeting": gettext_lazy("Meeting"),
    "minutes": gettext_lazy("Minutes"),
    "most_usd": gettext_lazy("Up to, in US dollars"),
    "person": gettext_lazy("Person"),
    "recalled_at": gettext_lazy("Taken back at"),
    "remark": gettext_lazy("Remark"),
    "round": gettext_lazy("Round"),
    "settled_at": gettext_lazy("Found met at"),
    "settled_by": gettext_lazy("Found met by"),
    "usd": gettext_lazy("US dollars"),
    "use": gettext_lazy("How to use it"),
    "consent": gettext_lazy("Consent"),
    "host": gettext_lazy("Host"),
    "how": gettext_lazy("How it applies it"),
    "image_rights": gettext_lazy("Right to the picture"),
    "picture": gettext_lazy("Picture"),
    "projects": gettext_lazy("Projects"),
    "published_at": gettext_lazy("Published at"),
    "results": gettext_lazy("Results"),
    "category": gettext_lazy("Category"),
    "close_reason": gettext_lazy("Why it is closed"),
    "description": gettext_lazy("Causes and effects"),
    "impact": gettext_lazy("Impact"),
    "likelihood": gettext_lazy("Likelihood"),
    "latitude": gettext_lazy("Latitude"),
    "longitude": gettext_lazy("Longitude"),
    "position_source": gettext_lazy("Source of the position"),
    "measures": gettext_lazy("What is done about it"),
    "response": gettext_lazy("Response"),
    "review_by": gettext_lazy("To be looked at again by"),
    "score": gettext_lazy("Score"),
    "asked_at": gettext_lazy("Asked at"),
    "asked_by": gettext_lazy("Asked by"),
    "replied_at": gettext_lazy("Answer of"),
    "replied_by": gettext_lazy("Answer by"),
    "reply": gettext_lazy("Answer of the office"),
    "to_improve": gettext_lazy("What could be better"),
    "went_well": gettext_lazy("What went well"),
    "across": gettext_lazy("Across projects"),
    "amount": gettext_lazy("Amount"),
    "as_of": gettext_lazy("As of"),
    "additive": gettext_lazy("Parts add up to the total"),
    "alignments": gettext_lazy("Serves outcome"),
    "allow_negative": gettext_lazy("May be below zero"),
    "budget": gettext_lazy("Budget"),
    "baseline": gettext_lazy("Baseline"),
    "body": gettext_lazy("Body"),
    "cancel_reason": gettext_lazy("Why it was cancelled"),
    "cancelled_at": gettext_lazy("Cancelled"),
    "cca_stage": gettext_lazy("Common country assessment"),
    "cca_year": gettext_lazy("Year of the assessment"),
    "cells": gettext_lazy("Breakdown"),
    "closed_at": gettext_lazy("Closed"),
    "co_delivery": gettext_lazy("Brought about by"),
    "code": gettext_lazy("Code"),
    "comment": gettext_lazy("Comment"),
    "confidence": gettext_lazy("How sure the alignment is"),
    "contributor": gettext_lazy("Contributor"),
    "content_rating": gettext_lazy("Urban content"),
    "content_text": gettext_lazy("What the rating rests on"),
    "correction_reason": gettext_lazy("Why it is corrected"),
    "core_budget": gettext_lazy("Core budget"),
    "corrects": gettext_lazy("Corrects"),
    "countries": gettext_lazy("Countries"),
    "country": gettext_lazy("Country"),
    "counts_from": gettext_lazy("Counts from the register"),
    "city": gettext_lazy("City"),
    "cities": gettext_lazy("Cities"),
    "covid": gettext_lazy("Response to COVID-19"),
    "covid_share": gettext_lazy("Share of the budget for COVID-19, in percent"),
    "credits": gettext_lazy("Also credited to"),
    "currency": gettext_lazy("Currency"),
    "date": gettext_lazy("Date"),
    "decided_by": gettext_lazy("Decided by"),
    "decided_on": gettext_lazy("Decided on"),
    "decimals": gettext_lazy("Decimals"),
    "deferral": gettext_lazy("Put off"),
    "delayed_at": gettext_lazy("Delayed from"),
    "deliverable": gettext_lazy("Deliverable"),
    "denominator": gettext_lazy("Out of"),
    "dimension": gettext_lazy("Breakdown"),
    "direction": gettext_lazy("Direction"),
    "disaggregation_wanted": gettext_lazy("Breakdowns wanted"),
    "domain": gettext_lazy("Domain"),
    "due": gettext_lazy("Due date"),
    "due_days": gettext_lazy("Days to report"),
    "earmarked": gettext_lazy("Budget, earmarked"),
    "email": gettext_lazy("E-mail address"),
    "end": gettext_lazy("End"),
    "ended_at": gettext_lazy("Ended"),
    "evidence": gettext_lazy("Evidence"),
    "evidence_rule": gettext_lazy("Evidence asked for"),
    "expected_income": gettext_lazy("Expected income"),
    "expenditure": gettext_lazy("Expenditure"),
    "expected_from": gettext_lazy("Expected from"),
    "expected_to": gettext_lazy("Expected until"),
    "feeds": gettext_lazy("Feeds"),
    "flagship": gettext_lazy("Flagship programme"),
    "frameworks": gettext_lazy("Global framework"),
    "framework_end": gettext_lazy("Framework until (year)"),
    "framework_stage": gettext_lazy("Cooperation framework"),
    "framework_start": gettext_lazy("Framework from (year)"),
    "frequency": gettext_lazy("Frequency"),
    "income": gettext_lazy("Income"),
    "indicator": gettext_lazy("Indicator"),
    "innovation": gettext_lazy("Innovation"),
    "innovation_text": gettext_lazy("Innovation, in words"),
    "is_active": gettext_lazy("Active"),
    "is_current": gettext_lazy("Asked for now"),
    "is_demonstration": gettext_lazy("Demonstration"),
    "is_headline": gettext_lazy("Headline"),
    "is_member": gettext_lazy("Member of the country team"),
    "is_signatory": gettext_lazy("Signed the framework"),
    "is_superuser": gettext_lazy("Technical administrator"),
    "iso2": gettext_lazy("ISO code, two letters"),
    "iso3": gettext_lazy("ISO code"),
    "joint_with": gettext_lazy("Joint with"),
    "judged_status": gettext_lazy("Judged status"),
    "justification": gettext_lazy("Justification"),
    "key": gettext_lazy("Key"),
    "kind": gettext_lazy("Kind"),
    "label": gettext_lazy("Name"),
    "language": gettext_lazy("Language"),
    "digest": gettext_lazy("Daily e-mail"),
    "late_entry": gettext_lazy("Late entry"),
    "launched": gettext_lazy("Launched"),
    "level": gettext_lazy("Level"),
    "line": gettext_lazy("Reporting line"),
    "link": gettext_lazy("Link"),
    "marker": gettext_lazy("Marker"),
    "means": gettext_lazy("Means of verification"),
    "means_of_verification": gettext_lazy("Means of verification"),
    "men": gettext_lazy("Men"),
    "merged_into": gettext_lazy("Is the same as"),
    "method": gettext_lazy("Method"),
    "milestone": gettext_lazy("Milestone"),
    "minimum_coverage": gettext_lazy("Minimum coverage"),
    "month": gettext_lazy("Month"),
    "name": gettext_lazy("Name"),
    "narrative": gettext_lazy("Narrative"),
    "note": gettext_lazy("Note"),
    "not_earmarked": gettext_lazy("Budget, not earmarked"),
    "number": gettext_lazy("Number"),
    "numerator": gettext_lazy("Part"),
    "objective": gettext_lazy("Objective"),
    "office": gettext_lazy("Office"),
    "on_track_at": gettext_lazy("On track from"),
    "origin": gettext_lazy("Origin"),
    "outcome": gettext_lazy("Outcome"),
    "outcomes": gettext_lazy("Linked to outcome"),
    "over_time": gettext_lazy("Over time"),
    "owner": gettext_lazy("Belongs to"),
    "paragraph": gettext_lazy("Paragraph"),
    "parent": gettext_lazy("Office above"),
    "part_of": gettext_lazy("Part of"),
    "partner": gettext_lazy("Partner"),
    "period": gettext_lazy("Period"),
    "place": gettext_lazy("Place"),
    "plan": gettext_lazy("Plan"),
    "position": gettext_lazy("Position"),
    "predecessor": gettext_lazy("Plan before"),
    "priority": gettext_lazy("Priority"),
    "project": gettext_lazy("Project"),
    "qualifier": gettext_lazy("Qualifier"),
    "quote": gettext_lazy("Passage"),
    "rank": gettext_lazy("Rank"),
    "rate": gettext_lazy("Units for one US dollar"),
    "rate_month": gettext_lazy("Month of the rate"),
    "rating": gettext_lazy("Rating"),
    "reminder": gettext_lazy("Reminder"),
    "replication": gettext_lazy("Potential for replication"),
    "replication_text": gettext_lazy("Potential for replication, in words"),
    "reference": gettext_lazy("Reference"),
    "reason": gettext_lazy("Reason"),
    "region": gettext_lazy("Region"),
    "review_comment": gettext_lazy("Reviewer's remark"),
    "review_steps": gettext_lazy("Review steps"),
    "revision": gettext_lazy("Revision"),
    "role": gettext_lazy("Role in the project"),
    "roles": gettext_lazy("Role"),
    "scope": gettext_lazy("Scope"),
    "seat": gettext_lazy("Seat"),
    "shares": gettext_lazy("Share of the money, in percent"),
    "short_title": gettext_lazy("Short title"),
    "since": gettext_lazy("Since which day"),
    "signed": gettext_lazy("Signed on"),
    "source": gettext_lazy("Source"),
    "sources": gettext_lazy("Sources"),
    "spellings": gettext_lazy("Other names"),
    "start": gettext_lazy("Start"),
    "state": gettext_lazy("State"),
    "status": gettext_lazy("Status"),
    "strategy": gettext_lazy("Regional strategy"),
    "subregion": gettext_lazy("Subregion"),
    "summary": gettext_lazy("Summary"),
    "symbol": gettext_lazy("Document symbol"),
    "taken_over_reason": gettext_lazy("Why it was taken over"),
    "target": gettext_lazy("Target"),
    "text": gettext_lazy("Text"),
    "themes": gettext_lazy("Theme"),
    "theme": gettext_lazy("Theme"),
    "tools": gettext_lazy("Services and tools that it uses"),
    "topic": gettext_lazy("Topic"),
    "thing": gettext_lazy("Counted as"),
    "thing_kind": gettext_lazy("What is counted"),
    "things": gettext_lazy("Listed"),
    "title": gettext_lazy("Title"),
    "unit": gettext_lazy("Unit"),
    "unnamed": gettext_lazy("Unnamed"),
    "unstated": gettext_lazy("Sex not stated"),
    "until": gettext_lazy("Until"),
    "value": gettext_lazy("Value"),
    "value_text": gettext_lazy("Value in words"),
    "verification": gettext_lazy("How sure it is"),
    "vision": gettext_lazy("Vision"),
    "what": gettext_lazy("What it contributes"),
    "window_end": gettext_lazy("To"),
    "window_start": gettext_lazy("From"),
    "website": gettext_lazy("Website"),
    "withdrawal_reason": gettext_lazy("Why it was withdrawn"),
    "withdrawn_at": gettext_lazy("Withdrawn on"),
    "withdraw_reason": gettext_lazy("Why it was withdrawn"),
    "women": gettext_lazy("Women"),
}

# Kept for the record and of no use to a reader: that a whole document was kept, and by what the
# names of partners and labs are compared.
UNTOLD = frozenset(["content", "base", "key"])

# Why the system did something by itself: kept in English, said in the reader's language.
REASONS: dict[str, Words] = {
    "A proposal was submitted": gettext_lazy("A proposal was submitted"),
    "The project document was approved": gettext_lazy("The project document was approved"),
    "The project began": gettext_lazy("The project began"),
    "The project was closed": gettext_lazy("The project was closed"),
    "Project document": gettext_lazy("Project document"),
}

# The fields of a project document are like those of the rows that they become.
LIKE: dict[str, tuple[str, str]] = {
    "title": ("projects.project", "title"),
    "summary": ("projects.project", "summary"),
    "start": ("projects.project", "start"),
    "end": ("projects.project", "end"),
    "rank": ("projects.alignment", "rank"),
    "justification": ("projects.alignment", "justification"),
    "theme": ("projects.projecttheme", "reason"),
    "marker": ("projects.projecttheme", "marker"),
    "covid": ("projects.project", "covid"),
    "innovation": ("projects.project", "innovation"),
    "innovation_text": ("projects.project", "innovation_text"),
    "replication": ("projects.project", "replication"),
    "replication_text": ("projects.project", "replication_text"),
    "kind": ("projects.partner", "kind"),
    "what": ("projects.partnercontribution", "what"),
    "due": ("projects.condition", "due"),
}

# What a kind of record is called in lists and filters.
RECORDS: dict[str, Words] = {
    "accounts.user": gettext_lazy("Person"),
    "accounts.office": gettext_lazy("Office"),
    "accounts.country": gettext_lazy("Country"),
    "plans.strategicplan": gettext_lazy("Plan"),
    "plans.reportingperiod": gettext_lazy("Period"),
    "plans.domain": gettext_lazy("Domain"),
    "plans.mandate": gettext_lazy("Mandate"),
    "plans.theme": gettext_lazy("Theme"),
    "outcomes.outcome": gettext_lazy("Outcome"),
    "outcomes.themelink": gettext_lazy("Link of a theme"),
    "outcomes.regionalstrategy": gettext_lazy("Regional strategy"),
    "outcomes.strategypriority": gettext_lazy("Regional priority"),
    "outcomes.statedfigure": gettext_lazy("Stated figure"),
    "outcomes.countryrecord": gettext_lazy("Country record"),
    "outcomes.indicator": gettext_lazy("Indicator"),
    "outcomes.verificationmeans": gettext_lazy("Means of verification"),
    "outcomes.dimension": gettext_lazy("Breakdown"),
    "outcomes.category": gettext_lazy("Category"),
    "outcomes.ratinglevel": gettext_lazy("Rating level"),
    "outcomes.contributor": gettext_lazy("Contributor"),
    "outcomes.thing": gettext_lazy("What is counted once"),
    "projects.project": gettext_lazy("Project"),
    "projects.projectindicator": gettext_lazy("Reporting line"),
    "projects.result": gettext_lazy("Result"),
    "projects.note": gettext_lazy("Note"),
    "projects.importrun": gettext_lazy("Filled-in sheet"),
    "projects.deliverable": gettext_lazy("Deliverable"),
    "projects.productapplication": gettext_lazy("Application of a product"),
    "projects.projectdocument": gettext_lazy("Project document"),
    "projects.appraisal": gettext_lazy("Appraisal"),
    "projects.condition": gettext_lazy("Condition"),
    "projects.delegation": gettext_lazy("Delegation"),
    "projects.reviewmeeting": gettext_lazy("Meeting of the review committee"),
    "projects.checklistquestion": gettext_lazy("Question of the checklist"),
    "projects.finalreport": gettext_lazy("Final report"),
    "projects.lesson": gettext_lazy("Lesson"),
    "projects.story": gettext_lazy("Story of impact"),
    "projects.innovationlab": gettext_lazy("Innovation lab"),
    "projects.risk": gettext_lazy("Risk"),
    "projects.partnerfeedback": gettext_lazy("Feedback of a partner"),
    "projects.expectedincome": gettext_lazy("Expected income"),
    "projects.exchangerate": gettext_lazy("Exchange rate"),
    "projects.partner": gettext_lazy("Partner"),
    "projects.partnercontribution": gettext_lazy("Contribution of a partner"),
    "projects.agreement": gettext_lazy("Agreement"),
}


@dataclass(frozen=True)
class Change:
    """One field of an act, in words."""

    label: str
    before: str
    after: str


def verb_in_words(verb: str) -> str:
    """What was done, as it follows a name."""
    return _verb(verb, get_language())


def record_in_words(target_type: str) -> str:
    """What a kind of record is called."""
    return _record(target_type, get_language())


def reason_in_words(reason: str) -> str:
    """Why something was done: what a person wrote as it is, the system's reason translated."""
    return str(REASONS.get(reason, reason))


def field_in_words(name: str) -> str:
    """What a field is called; the part after a point is told in brackets."""
    return _label(name, get_language())


# A file of a million acts says the same few words again and again: they are looked up once.


@lru_cache(1_000)
def _verb(verb: str, language: str | None) -> str:
    return str(VERBS.get(verb, verb))


@lru_cache(1_000)
def _record(target_type: str, language: str | None) -> str:
    return str(RECORDS.get(target_type, target_type.rpartition(".")[2]))


@lru_cache(10_000)
def _label(name: str, language: str | None) -> str:
    head, _point, rest = name.partition(".")
    if head == "content" and rest.partition(".")[0] in FIELDS:
        return _label(rest, language)  # what stands in a section of a project document
    label = str(FIELDS.get(head, head.replace("_", " ")))
    if head == "roles" and "." in rest:
        office, _point, role = rest.rpartition(".")
        held = dict(Role.choices).get(role, role)
        return f"{held} ({office})"
    if head == "budget":
        line, _point, kind = rest.rpartition(".")
        words = {"earmarked": _("earmarked"), "not_earmarked": _("not earmarked")}
        return f"{label} ({line}, {words[kind]})" if kind in words else f"{label} ({rest})"
    return f"{label} ({rest})" if rest else label


def changes_in_words(target_type: str, changes: Mapping[str, Any]) -> list[Change]:
    """The changed fields of an act, as the reader's language says them."""
    try:
        model: Any = apps.get_model(target_type)
    except (LookupError, ValueError):
        model = None
    told = []
    for name, (before, after) in changes.items():
        if name in UNTOLD:
            continue
        one = _field(model, name)
        told.append(Change(field_in_words(name), _value(one, before), _value(one, after)))
    return told


def _field(model: Any, name: str) -> Any:
    head, _point, rest = name.partition(".")
    if head == "content":
        like = LIKE.get(rest.partition(".")[0])
        return apps.get_model(like[0])._meta.get_field(like[1]) if like else None
    try:
        one = model._meta.get_field(name.partition(".")[0]) if model else None
        return one if one is None or one.concrete else None
    except FieldDoesNotExist:
        return None


def _value(one: Any, value: Any) -> str:
    """A value as a person reads it; empty is a dash."""
    if value is None:
        return "–"
    if isinstance(value, list):
        return "; ".join(map(str, value))
    if one is not None and one.flatchoices:
        return next((str(label) for key, label in one.flatchoices if str(key) == value), value)
    if value in ("yes", "no") and (one is None or isinstance(one, models.BooleanField)):
        return _("yes") if value == "yes" else _("no")
    if isinstance(one, models.DateTimeField) and (moment := parse_datetime(value)):
        return date_format(localtime(moment), _("j M Y, H:i"))
    if isinstance(one, models.DateField) and (day := parse_date(value)):
        return said_day(day)
    if one is None or isinstance(one, FixedPointField):
        try:
            return number(Decimal(value), 6)
        except InvalidOperation:
            return str(value)
    return str(value)
