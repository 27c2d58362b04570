"""Project documents, their appraisal and what follows it. Every rule is that of the actions."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema,
    extend_schema_field,
)
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from habitat_tracker.accounts.models import Country, Office, User
from habitat_tracker.drf import (
    DecimalInput,
    DecimalText,
    PlanScopedMixin,
    RowSerializer,
    StrictSerializer,
)
from habitat_tracker.errors import InvalidInput
from habitat_tracker.lists import refuse_unknown_parameters
from habitat_tracker.web import allow, person
from outcomes.api.stated import StatedFigureRow
from outcomes.choices import StatedTopic
from outcomes.models import Outcome, StatedFigure
from projects import actions
from projects.actions import ConditionInput, LessonInput
from projects.appraised import appraised
from projects.choices import DocumentKind, Section
from projects.documents.reading import Words, compare_lines, earlier_version, lines_that_end
from projects.documents.sections import Desk, amounts, completeness
from projects.filters import (
    AppraisalFilter,
    ConditionFilter,
    DelegationFilter,
    DocumentFilter,
    LessonFilter,
    MeetingFilter,
)
from projects.models import (
    Appraisal,
    ChecklistQuestion,
    Condition,
    Delegation,
    FinalReport,
    Lesson,
    Project,
    ProjectDocument,
    ReviewMeeting,
)
from projects.permissions import (
    can_appraise,
    can_manage,
    can_propose,
    can_propose_in,
    can_set_up_appraisal,
)

from .projects import LineSerializer, ProjectSerializer
from .requests import IF_MATCH, ReadsRequests
from .result_bodies import Person
from .sections import SECTIONS, DocumentContent, SectionContent

VERSION: dict[str, Any] = {
    "required": False,
    "min_value": 0,
    "max_value": 2**31 - 1,
    "help_text": "The version that you saw.",
}


class ProblemRow(serializers.Serializer[Any]):
    """One thing that keeps a document from being submitted, under its section."""

    field = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()
    row = serializers.IntegerField()


class DocumentRow(RowSerializer):
    """A version of a project document; `missing` is what keeps it from being submitted."""

    project = serializers.CharField(source="project.code")
    office = serializers.CharField(source="project.office.code")
    content = DocumentContent(help_text="Its sections.")
    base = DocumentContent(help_text="Of a revision, the record when it was begun.")
    usd = serializers.SerializerMethodField()
    earmarked_usd = serializers.SerializerMethodField()
    is_minor = serializers.SerializerMethodField()
    missing = serializers.SerializerMethodField()
    ending_lines = serializers.SerializerMethodField()
    entered_by = Person(read_only=True)

    class Meta:
        model = ProjectDocument
        fields = [
            *("id", "project", "office", "number", "kind", "status", "reason", "content", "base"),
            *("usd", "earmarked_usd", "is_minor", "missing", "ending_lines", "version"),
            *("entered_by", "entered_at", "approved_at"),
        ]

    @extend_schema_field(OpenApiTypes.STR)
    def get_usd(self, one: ProjectDocument) -> str:
        """The whole budget in US dollars."""
        return f"{amounts(one.content)[0].normalize():f}"

    @extend_schema_field(OpenApiTypes.STR)
    def get_earmarked_usd(self, one: ProjectDocument) -> str:
        """What of the budget is earmarked, in US dollars."""
        return f"{amounts(one.content)[1].normalize():f}"

    @extend_schema_field(OpenApiTypes.BOOL)
    def get_is_minor(self, one: ProjectDocument) -> bool:
        """Whether a manager of the office may adopt it without appraisal."""
        return actions.is_minor(one)

    @extend_schema_field(ProblemRow(many=True, allow_null=True))
    def get_missing(self, one: ProjectDocument) -> list[dict[str, Any]] | None:
        """Asked only of a single document; null in lists."""
        if not self.context.get("single"):
            return None
        return [vars(problem) for problem in completeness(one.project, one.content)]

    @extend_schema_field(LineSerializer(many=True, allow_null=True))
    def get_ending_lines(self, one: ProjectDocument) -> list[dict[str, Any]] | None:
        """Reporting lines that end with the approval; as `missing`, null in lists."""
        if not self.context.get("single"):
            return None
        return list(LineSerializer(lines_that_end(one), many=True).data)


class DifferenceRow(serializers.Serializer[Any]):
    """One thing that two versions say in words; empty where one says nothing of it."""

    label = serializers.CharField()  # type: ignore[assignment]  # a field of the answer
    before = serializers.CharField()
    after = serializers.CharField()


class ComparedSection(serializers.Serializer[Any]):
    """A section of two versions: as each has it (null: not written), and what differs in words."""

    section = serializers.ChoiceField(Section.choices)
    before = SectionContent(allow_null=True)
    after = SectionContent(allow_null=True)
    differences = DifferenceRow(many=True)


class Comparison(serializers.Serializer[Any]):
    """Two versions of a project document side by side."""

    round = serializers.IntegerField(
        allow_null=True, help_text="The submission that it is compared with; null: the record."
    )
    sections = ComparedSection(many=True)
    lines = DifferenceRow(many=True, help_text="What becomes of reporting lines.")


class NewProposal(StrictSerializer):
    """A new project's code, title by language, and office."""

    code = serializers.CharField(max_length=60)
    title = serializers.DictField(child=serializers.CharField(max_length=300))
    office = serializers.CharField(max_length=20)


class SectionBody(StrictSerializer):
    """A section, the whole of it, in the form that the document has it."""

    section = SectionContent(help_text="In the form of the section that the address names.")
    version = serializers.IntegerField(**VERSION)


class Moved(StrictSerializer):
    """Why, where it has to be said, and the version that you saw."""

    reason = serializers.CharField(allow_blank=True, default="", max_length=10_000)
    version = serializers.IntegerField(**VERSION)


class DocumentViewSet(
    ReadsRequests,
    PlanScopedMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet[ProjectDocument],
):
    """Proposals and revisions of the plan's projects."""

    queryset = ProjectDocument.objects.select_related(
        "project__plan", "project__office", "project__flagship", "entered_by"
    )
    plan_path = "project__plan"
    filterset_class = DocumentFilter
    serializer_class = DocumentRow
    lookup_value_regex = r"\d{1,18}"
    ordering: ClassVar[tuple[str, ...]] = ("pk",)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One version with all that is missing; `ETag` is its version."""
        return self.answer(self.get_object())

    def writable(self) -> ProjectDocument:
        """The document, for whoever may write it."""
        held = self.get_object()
        user = person(self.request)
        allow(
            can_propose(user, held.project),
            _("Only a reporter or manager of the project's office may write its document."),
        )
        return held

    @extend_schema(request=NewProposal, responses={201: DocumentRow})
    def create(self, request: Request, plan: str) -> Response:
        """Begin the proposal of a project."""
        given = self.body(NewProposal)
        user = person(request)
        office = Office.objects.filter(code=given["office"]).first()
        if office is None:
            raise InvalidInput.of("office", "unknown_office", _("There is no such office."))
        allow(
            can_propose_in(user, office),
            _("Only a reporter or manager of the office may propose a project."),
        )
        made = actions.propose_project(
            plan=self.plan, code=given["code"], title=given["title"], office=office, by=user
        )
        return self.answer(made, status=201)

    @extend_schema(
        request=SectionBody,
        parameters=[
            IF_MATCH,
            OpenApiParameter("section", str, OpenApiParameter.PATH, enum=list(SECTIONS)),
        ],
        examples=[
            OpenApiExample(name, {"section": example, "version": 1}, request_only=True)
            for name, (_schema, example) in SECTIONS.items()
        ],
        responses=DocumentRow,
    )
    @action(detail=True, methods=["put"], url_path="sections/(?P<section>[a-z]{1,20})")
    def sections(self, request: Request, plan: str, pk: str, section: str) -> Response:
        """Save a section of a draft, the whole of it; needs the version that you saw."""
        held = self.writable()
        given = self.body(SectionBody)
        version = self.needed_version(given)
        user = person(request)
        saved = actions.save_section(
            document=held, section=section, given=given["section"], by=user, version=version
        )
        return self.answer(saved)

    @extend_schema(
        parameters=[
            OpenApiParameter("round", int, description="Compare with what was submitted then.")
        ],
        responses=Comparison,
    )
    @action(detail=True, methods=["get"])
    def comparison(self, request: Request, plan: str, pk: str) -> Response:
        """Two versions side by side: a revision and the record that it was begun from.

        Of a proposal, this and the round before it.
        """
        refuse_unknown_parameters(request, {"round"})
        held = self.get_object()
        asked = request.query_params.get("round", "")
        before, earlier = earlier_version(held, asked)
        if asked and (earlier is None or str(earlier.round) != asked):
            raise InvalidInput.of("round", "unknown_round", _("There was no such round."))
        words = Words(Desk(held.project)).compare(before, held.content)
        told = {
            "round": earlier.round if earlier else None,
            "sections": [
                {
                    "section": section.value,
                    "before": before.get(section.value),
                    "after": held.content.get(section.value),
                    "differences": [one for one in rows if one.is_change],
                }
                for section, rows in words.items()
            ],
            "lines": [] if earlier else [one for one in compare_lines(held) if one.is_change],
        }
        return Response(Comparison(told).data)

    @extend_schema(request=Moved, parameters=[IF_MATCH], responses=DocumentRow)
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, plan: str, pk: str) -> Response:
        """Submit it for appraisal, as it stands."""
        held, given, user = self.writable(), self.body(Moved), person(request)
        actions.submit_document(document=held, by=user, version=self.version(given))
        return self.answer(held)

    @extend_schema(request=Moved, responses=DocumentRow)
    @action(detail=True, methods=["post"])
    def recall(self, request: Request, plan: str, pk: str) -> Response:
        """Take it back before it is decided on."""
        held, given, user = self.writable(), self.body(Moved), person(request)
        actions.recall_document(document=held, by=user, reason=given["reason"])
        return self.answer(held)

    @extend_schema(request=Moved, responses=DocumentRow)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, plan: str, pk: str) -> Response:
        """Give it up, for good."""
        held, given, user = self.writable(), self.body(Moved), person(request)
        actions.withdraw_document(document=held, by=user, reason=given["reason"])
        return self.answer(held)

    @extend_schema(request=Moved, parameters=[IF_MATCH], responses=DocumentRow)
    @action(detail=True, methods=["post"])
    def adopt(self, request: Request, plan: str, pk: str) -> Response:
        """Let a minor revision count: a manager who did not write it."""
        held, user = self.get_object(), person(request)
        allow(
            can_manage(user, held.project),
            _("Only a manager of the project's office may adopt a revision."),
        )
        given = self.body(Moved)
        actions.adopt_revision(document=held, by=user, version=self.version(given))
        return self.answer(held)

    def answer(self, one: ProjectDocument, status: int = 200) -> Response:
        """A document with its version as `ETag`."""
        fresh = self.queryset.all().get(pk=one.pk)
        context = {**self.get_serializer_context(), "single": True}
        data = DocumentRow(fresh, context=context).data
        return Response(data, status=status, headers={"ETag": f'"{fresh.version}"'})


class ConditionRow(RowSerializer):
    """Something that an approval depends on, and what came of it."""

    appraisal = serializers.IntegerField(source="appraisal_id")
    project = serializers.CharField(source="appraisal.document.project.code")
    answered_by = Person(read_only=True)
    settled_by = Person(read_only=True)

    class Meta:
        model = Condition
        fields = [
            *("id", "appraisal", "project", "text", "due", "before_start", "answer"),
            *("answered_at", "answered_by", "settled_at", "settled_by", "remark"),
        ]


class AppraisalRow(RowSerializer):
    """A submission with its content as it was, its checklist and the decision."""

    document = serializers.IntegerField(source="document_id")
    kind = serializers.CharField(source="document.kind")
    project = serializers.CharField(source="document.project.code")
    office = serializers.CharField(source="office.code")
    outcome = serializers.CharField(source="outcome.code", allow_null=True)
    content = DocumentContent()
    answers = serializers.JSONField(help_text="By question: answer and note.")
    submitted_by = Person(read_only=True)
    decided_by = Person(read_only=True)
    level = serializers.CharField(source="delegation.level", allow_null=True, default=None)
    meeting = serializers.DateField(source="meeting.date", allow_null=True, default=None)
    conditions = ConditionRow(many=True, read_only=True)

    class Meta:
        model = Appraisal
        fields = [
            *("id", "document", "kind", "project", "office", "round", "outcome", "usd"),
            *("earmarked_usd", "submitted_at", "submitted_by", "recalled_at", "answers"),
            *("decision", "decided_on", "decided_by", "delegation", "level", "meeting", "reason"),
            *("conditions", "content", "version"),
        ]


class AnswerBody(StrictSerializer):
    """One answer of the checklist."""

    answer = serializers.CharField(allow_blank=True, max_length=20)
    note = serializers.CharField(allow_blank=True, default="", max_length=10_000)


class ChecklistBody(StrictSerializer):
    """Answers by the code of their question; others stay as they are."""

    answers = serializers.DictField(child=AnswerBody())
    version = serializers.IntegerField(**VERSION)


class ConditionBody(StrictSerializer):
    """A condition of an approval."""

    text = serializers.CharField(allow_blank=True, max_length=10_000)
    due = serializers.DateField(required=False, allow_null=True, default=None)
    before_start = serializers.BooleanField(default=False)


class DecisionBody(StrictSerializer):
    """A decision, under a delegation of your own."""

    decision = serializers.CharField(max_length=20)
    delegation = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=0, max_value=2**31 - 1
    )
    meeting = serializers.DateField(
        required=False, allow_null=True, default=None, help_text="The day of the meeting."
    )
    on = serializers.DateField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(allow_blank=True, default="", max_length=10_000)
    conditions = serializers.ListField(child=ConditionBody(), default=list, max_length=50)
    version = serializers.IntegerField(**VERSION)


class AppraisedCount(serializers.Serializer[Any]):
    """Documents decided on; null where nothing was submitted, which differs from 0."""

    reviewed = serializers.IntegerField(allow_null=True)
    approved = serializers.IntegerField(
        source="approvals", allow_null=True, help_text="With conditions or without."
    )
    conditions = serializers.IntegerField(allow_null=True, help_text="Of these with conditions.")
    returned = serializers.IntegerField(allow_null=True)
    rejected = serializers.IntegerField(allow_null=True)
    usd = DecimalText(allow_null=True, help_text="Budgets of those approved.")
    earmarked_usd = DecimalText(allow_null=True)


class AppraisalsSummary(AppraisedCount):
    """The count, and what documents state of the appraisal of projects."""

    kind = serializers.CharField(help_text="`proposal` or `revision`.")
    stated = StatedFigureRow(many=True)


class AppraisalViewSet(
    ReadsRequests,
    PlanScopedMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet[Appraisal],
):
    """What was submitted for appraisal, and what was decided."""

    queryset = Appraisal.objects.select_related(
        "document__project__office",
        "document__project__plan",
        "office",
        "outcome",
        "meeting",
        "delegation",
        "submitted_by",
        "decided_by",
    ).prefetch_related(
        Prefetch(
            "conditions",
            Condition.objects.select_related(
                "appraisal__document__project", "answered_by", "settled_by"
            ),
        )
    )
    filterset_class = AppraisalFilter
    serializer_class = AppraisalRow
    lookup_value_regex = r"\d{1,18}"
    ordering: ClassVar[tuple[str, ...]] = ("pk",)

    @extend_schema(responses=AppraisalsSummary)
    @action(detail=False, methods=["get"], pagination_class=None)
    def count(self, request: Request, plan: str) -> Response:
        """How many proposals were decided on (revisions, where `kind` asks for them), and how.

        Narrowed by the filters of the list: each counts once, with its last decision there.
        """
        rows: Any = self.get_queryset().filter(recalled_at__isnull=True)
        listed: Any = self.filter_queryset(rows)
        kind = request.query_params.get("kind") or DocumentKind.PROPOSAL.value
        counted: dict[str, Any] = dict.fromkeys(AppraisedCount().fields)
        if rows.exists():
            counted = AppraisedCount(appraised(listed, kind)).data
        stated = StatedFigure.objects.visible_to(person(request)).on(
            self.plan, StatedTopic.APPRAISAL
        )
        told = StatedFigureRow(stated, many=True).data
        return Response({**counted, "kind": kind, "stated": told})

    @extend_schema(request=ChecklistBody, parameters=[IF_MATCH], responses=AppraisalRow)
    @action(detail=True, methods=["put"])
    def checklist(self, request: Request, plan: str, pk: str) -> Response:
        """Answer questions of the checklist: reviewers of the office who did not write it."""
        held, user = self.get_object(), person(request)
        allow(
            can_appraise(user, held.document.project),
            _("Only a reviewer of the project's office may answer the checklist."),
        )
        given = self.body(ChecklistBody)
        actions.answer_checklist(
            appraisal=held,
            answers={code: (one["answer"], one["note"]) for code, one in given["answers"].items()},
            by=user,
            version=self.version(given),
        )
        return self.answer(held)

    @extend_schema(request=DecisionBody, parameters=[IF_MATCH], responses=AppraisalRow)
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, plan: str, pk: str) -> Response:
        """Decide under a delegation of your own; the narrowest that suffices, if none is named."""
        held = self.get_object()
        user = person(request)
        given = self.body(DecisionBody)
        if given["delegation"] is None:
            own = actions.own_delegations(user, held)
            suffice = [one for one in own if one.reaches(held.usd)]
            delegation = suffice[0] if suffice else own[-1] if own else None
        else:
            delegation = Delegation.objects.filter(pk=given["delegation"], plan=self.plan).first()
        meeting = None
        if given["meeting"] is not None:
            meeting = ReviewMeeting.objects.filter(plan=self.plan, date=given["meeting"]).first()
            if meeting is None:
                text = _("There was no meeting of the committee on this day.")
                raise InvalidInput.of("meeting", "unknown_meeting", text)
        done = actions.decide(
            appraisal=held,
            decision=given["decision"],
            delegation=delegation,
            meeting=meeting,
            on=given["on"],
            reason=given["reason"],
            conditions=[ConditionInput(**one) for one in given["conditions"]],
            by=user,
            version=self.version(given),
        )
        return self.answer(done)

    def answer(self, one: Appraisal) -> Response:
        """An appraisal with its version as `ETag`."""
        fresh = self.queryset.all().get(pk=one.pk)
        data = AppraisalRow(fresh, context=self.get_serializer_context()).data
        return Response(data, headers={"ETag": f'"{fresh.version}"'})


class WhatWasDone(StrictSerializer):
    """What the office did to meet a condition."""

    answer = serializers.CharField(allow_blank=True, max_length=10_000)


class Settled(StrictSerializer):
    """Whether it is met, and a remark; without it the answer goes back."""

    met = serializers.BooleanField()
    remark = serializers.CharField(allow_blank=True, default="", max_length=10_000)


class ConditionViewSet(
    ReadsRequests, PlanScopedMixin, mixins.ListModelMixin, GenericViewSet[Condition]
):
    """The conditions of the plan's approvals."""

    queryset = Condition.objects.select_related(
        "appraisal__document__project__office", "appraisal__office", "answered_by", "settled_by"
    )
    plan_path = "appraisal__plan"
    filterset_class = ConditionFilter
    serializer_class = ConditionRow
    lookup_value_regex = r"\d{1,18}"
    ordering: ClassVar[tuple[str, ...]] = ("pk",)

    @extend_schema(request=WhatWasDone, responses=ConditionRow)
    @action(detail=True, methods=["post"])
    def answer(self, request: Request, plan: str, pk: str) -> Response:
        """Say what was done to meet it."""
        held, user = self.get_object(), person(request)
        given = self.body(WhatWasDone)
        done = actions.answer_condition(condition=held, answer=given["answer"], by=user)
        return Response(ConditionRow(self.queryset.all().get(pk=done.pk)).data)

    @extend_schema(request=Settled, responses=ConditionRow)
    @action(detail=True, methods=["post"])
    def settle(self, request: Request, plan: str, pk: str) -> Response:
        """Find it met, or send its answer back with a remark."""
        held, user = self.get_object(), person(request)
        given = self.body(Settled)
        done = actions.settle_condition(
            condition=held,
            met=given["met"],
            remark=given["remark"],
            by=user,
        )
        return Response(ConditionRow(self.queryset.all().get(pk=done.pk)).data)


class DelegationRow(RowSerializer):
    """Authority to decide on the proposals of an office and all below it."""

    person = Person(read_only=True)
    office = serializers.CharField(source="office.code")

    class Meta:
        model = Delegation
        fields = ["id", "person", "office", "level", "most_usd", "start", "until", "document"]


class NewDelegation(StrictSerializer):
    """To whom what is delegated; without an amount any."""

    person = serializers.CharField(max_length=254, help_text="Their e-mail address.")
    office = serializers.CharField(max_length=20)
    level = serializers.CharField(max_length=20)
    most_usd = DecimalInput(default=None, allow_null=True)
    start = serializers.DateField(required=False, allow_null=True, default=None)
    until = serializers.DateField(required=False, allow_null=True, default=None)
    document = serializers.CharField(allow_blank=True, default="", max_length=400)


class EndOfDelegation(StrictSerializer):
    """With the end of which day, and why."""

    on = serializers.DateField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(allow_blank=True, default="", max_length=1000)


class DelegationViewSet(
    ReadsRequests, PlanScopedMixin, mixins.ListModelMixin, GenericViewSet[Delegation]
):
    """Who may decide on which proposals up to which amount."""

    queryset = Delegation.objects.select_related("person", "office")
    filterset_class = DelegationFilter
    serializer_class = DelegationRow
    lookup_value_regex = r"\d{1,18}"
    ordering: ClassVar[tuple[str, ...]] = ("pk",)

    def check(self) -> None:
        """Managers of headquarters delegate."""
        user = person(self.request)
        allow(
            can_set_up_appraisal(user),
            _("Only a manager at headquarters may set up how projects are appraised."),
        )

    @extend_schema(request=NewDelegation, responses={201: DelegationRow})
    def create(self, request: Request, plan: str) -> Response:
        """Delegate authority."""
        self.check()
        given = self.body(NewDelegation)
        whom = User.objects.filter(email__iexact=given.pop("person")).first()
        office = Office.objects.filter(code=given.pop("office")).first()
        if whom is None:
            raise InvalidInput.of("person", "unknown_person", _("There is no such person."))
        if office is None:
            raise InvalidInput.of("office", "unknown_office", _("There is no such office."))
        by = person(request)
        made = actions.delegate(plan=self.plan, person=whom, office=office, by=by, **given)
        return Response(DelegationRow(made).data, status=201)

    @extend_schema(request=EndOfDelegation, responses=DelegationRow)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, plan: str, pk: str) -> Response:
        """Let it end with a day; what was decided under it stays."""
        self.check()
        held = self.get_object()
        given = self.body(EndOfDelegation)
        user = person(request)
        ended = actions.end_delegation(delegation=held, by=user, **given)
        return Response(DelegationRow(ended).data)


class MeetingRow(RowSerializer):
    """A meeting of the committee."""

    class Meta:
        model = ReviewMeeting
        fields = ["id", "date", "chair", "minutes", "note"]


class NewMeeting(StrictSerializer):
    """When the committee meets, and who chairs it."""

    date = serializers.DateField(required=False, allow_null=True, default=None)
    chair = serializers.CharField(allow_blank=True, default="", max_length=200)
    minutes = serializers.URLField(allow_blank=True, default="", max_length=500)
    note = serializers.CharField(allow_blank=True, default="", max_length=10_000)


class MeetingViewSet(
    ReadsRequests, PlanScopedMixin, mixins.ListModelMixin, GenericViewSet[ReviewMeeting]
):
    """Meetings of the Programme Review Committee."""

    queryset = ReviewMeeting.objects.all()
    filterset_class = MeetingFilter
    serializer_class = MeetingRow
    ordering: ClassVar[tuple[str, ...]] = ("date", "pk")

    @extend_schema(request=NewMeeting, responses={201: MeetingRow})
    def create(self, request: Request, plan: str) -> Response:
        """Add a meeting: managers of headquarters."""
        user = person(request)
        allow(
            can_set_up_appraisal(user),
            _("Only a manager at headquarters may set up how projects are appraised."),
        )
        given = self.body(NewMeeting)
        made = actions.save_meeting(plan=self.plan, on=given.pop("date"), by=user, **given)
        return Response(MeetingRow(made).data, status=201)


class QuestionRow(RowSerializer):
    """A question of the checklist, with its text by language."""

    class Meta:
        model = ChecklistQuestion
        fields = ["code", "text"]


class QuestionBody(StrictSerializer):
    """A question of the checklist as it is sent."""

    code = serializers.CharField(allow_blank=True, max_length=100)
    text = serializers.DictField(child=serializers.CharField(allow_blank=True, max_length=10_000))


class QuestionsBody(StrictSerializer):
    """All questions in their order; one that is left out is no longer asked."""

    questions = serializers.ListField(child=QuestionBody(), max_length=200)


class ChecklistViewSet(ReadsRequests, PlanScopedMixin, GenericViewSet[ChecklistQuestion]):
    """The questions that appraisers answer of each submission."""

    queryset = ChecklistQuestion.objects.filter(is_current=True)
    serializer_class = QuestionRow
    pagination_class = None
    filter_backends = ()

    def get_queryset(self) -> Any:
        """The questions that are asked now; all staff see them."""
        return self.queryset.filter(plan=self.plan)

    @extend_schema(responses=QuestionRow(many=True))
    def list(self, request: Request, plan: str) -> Response:
        """The questions that are asked now, in their order."""
        return Response(QuestionRow(self.get_queryset(), many=True).data)

    @extend_schema(request=QuestionsBody, responses=QuestionRow(many=True))
    def replace(self, request: Request, plan: str) -> Response:
        """Set the questions: managers of headquarters. Answers that were given stay."""
        user = person(request)
        allow(
            can_set_up_appraisal(user),
            _("Only a manager at headquarters may set up how projects are appraised."),
        )
        given = self.body(QuestionsBody)["questions"]
        asked = [(one["code"], one["text"]) for one in given]
        actions.set_checklist(plan=self.plan, questions=asked, by=user)
        return self.list(request, plan)


class LessonRow(RowSerializer):
    """What a closed project teaches others."""

    project = serializers.CharField(source="project.code")
    outcome = serializers.CharField(source="outcome.code", allow_null=True, default=None)
    country = serializers.CharField(source="country.iso3", allow_null=True, default=None)

    class Meta:
        model = Lesson
        fields = ["id", "project", "outcome", "country", "context", "learned", "use", "entered_at"]


class LessonViewSet(PlanScopedMixin, mixins.ListModelMixin, GenericViewSet[Lesson]):
    """What closed projects teach."""

    queryset = Lesson.objects.select_related("project", "outcome", "country")
    plan_path = "project__plan"
    filterset_class = LessonFilter
    serializer_class = LessonRow
    ordering: ClassVar[tuple[str, ...]] = ("pk",)


class LessonBody(StrictSerializer):
    """A lesson, with the codes of an outcome and a country where it belongs to one."""

    context = serializers.CharField(allow_blank=True, default="", max_length=25_000)  # type: ignore[assignment]
    learned = serializers.CharField(allow_blank=True, default="", max_length=25_000)
    use = serializers.CharField(allow_blank=True, default="", max_length=25_000)
    outcome = serializers.CharField(allow_blank=True, default="", max_length=10)
    country = serializers.CharField(allow_blank=True, default="", max_length=3)


class ClosureBody(StrictSerializer):
    """The final report and the lessons of a project."""

    closed_on = serializers.DateField(required=False, allow_null=True, default=None)
    achieved = serializers.CharField(allow_blank=True, default="", max_length=25_000)
    lasting = serializers.CharField(allow_blank=True, default="", max_length=25_000)
    link = serializers.CharField(allow_blank=True, default="", max_length=600)
    conditions_left = serializers.CharField(
        allow_blank=True,
        default="",
        max_length=25_000,
        help_text="Why conditions of its approvals are left open, where any are.",
    )
    lessons = serializers.ListField(child=LessonBody(), default=list, max_length=100)


class FinalReportRow(RowSerializer):
    """What a project left when it was closed, and what it teaches."""

    project = serializers.CharField(source="project.code")
    lessons = LessonRow(many=True, source="project.lessons", read_only=True)

    class Meta:
        model = FinalReport
        fields = [
            "project",
            "closed_on",
            "achieved",
            "lasting",
            "link",
            "conditions_left",
            "lessons",
        ]


class LifeViewSet(ReadsRequests, PlanScopedMixin, GenericViewSet[Project]):
    """Steps of a project's life that are no decision on a document."""

    queryset = Project.objects.select_related("plan", "office", "flagship").counted()
    serializer_class = ProjectSerializer
    lookup_field = "code"
    lookup_value_regex = r"[^/\x00]+"

    @extend_schema(request=Moved, responses=ProjectSerializer)
    @action(detail=True, methods=["post"])
    def start(self, request: Request, plan: str, code: str) -> Response:
        """Begin an approved project."""
        held, user = self.get_object(), person(request)
        self.body(Moved)
        return self.answer(actions.start_project(project=held, by=user))

    @extend_schema(request=Moved, responses=ProjectSerializer)
    @action(detail=True, methods=["post"])
    def suspend(self, request: Request, plan: str, code: str) -> Response:
        """Suspend a project that is under way, with a reason."""
        held, user, given = self.get_object(), person(request), self.body(Moved)
        done = actions.suspend_project(project=held, by=user, reason=given["reason"])
        return self.answer(done)

    @extend_schema(request=Moved, responses=ProjectSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, plan: str, code: str) -> Response:
        """Take a suspended project up again, with a reason."""
        held, user, given = self.get_object(), person(request), self.body(Moved)
        done = actions.resume_project(project=held, by=user, reason=given["reason"])
        return self.answer(done)

    @extend_schema(request=Moved, responses={201: DocumentRow})
    @action(detail=True, methods=["post"])
    def revise(self, request: Request, plan: str, code: str) -> Response:
        """Begin a revision from the record as it stands, with a reason."""
        held, user, given = self.get_object(), person(request), self.body(Moved)
        made = actions.begin_revision(project=held, by=user, reason=given["reason"])
        fresh = DocumentViewSet.queryset.all().get(pk=made.pk)
        headers = {"ETag": f'"{fresh.version}"'}
        data = DocumentRow(fresh, context={"single": True}).data
        return Response(data, status=201, headers=headers)

    @extend_schema(request=ClosureBody, responses={201: FinalReportRow})
    @action(detail=True, methods=["post"])
    def close(self, request: Request, plan: str, code: str) -> Response:
        """Close a project with its final report and at least one lesson."""
        held = self.get_object()
        user = person(request)
        allow(can_manage(user, held), _("Only a manager of the project's office may do this."))
        given = self.body(ClosureBody)
        lessons = [self._lesson(one) for one in given.pop("lessons")]
        report = actions.close_project(project=held, by=user, lessons=lessons, **given)
        return Response(FinalReportRow(self._reports().get(pk=report.pk)).data, status=201)

    @extend_schema(responses=FinalReportRow)
    @action(detail=True, methods=["get"], url_path="final-report")
    def final_report(self, request: Request, plan: str, code: str) -> Response:
        """The final report of a closed project with its lessons; 404 where there is none."""
        report = get_object_or_404(self._reports(), project=self.get_object())
        return Response(FinalReportRow(report).data)

    def _reports(self) -> Any:
        lessons = Lesson.objects.select_related("project", "outcome", "country")
        return FinalReport.objects.select_related("project").prefetch_related(
            Prefetch("project__lessons", lessons)
        )

    def _lesson(self, given: dict[str, Any]) -> LessonInput:
        outcome = country = None
        if given["outcome"]:
            outcome = Outcome.objects.filter(plan=self.plan, code=given["outcome"]).first()
            if outcome is None:
                raise InvalidInput.of(
                    "lessons.outcome",
                    "unknown_outcome",
                    _("There is no such outcome in this plan."),
                )
        if given["country"]:
            country = Country.objects.filter(iso3=given["country"]).first()
            if country is None:
                raise InvalidInput.of(
                    "lessons.country", "unknown_country", _("There is no such country.")
                )
        return LessonInput(**(given | {"outcome": outcome, "country": country}))

    def answer(self, one: Project) -> Response:
        """The project as it stands."""
        from .projects import ProjectViewSet

        return Response(ProjectSerializer(ProjectViewSet.queryset.all().get(pk=one.pk)).data)
