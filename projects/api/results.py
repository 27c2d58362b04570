"""Results: sent, submitted, reviewed. Every rule is that of `projects.actions`."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import Prefetch
from django.http import FileResponse, Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from habitat_tracker.drf import PlanScopedMixin, refusal
from habitat_tracker.errors import DomainError, InvalidInput, Problem, VersionConflict
from habitat_tracker.exact_json import ExactJSONParser
from habitat_tracker.web import allow, person
from outcomes.choices import Kind, State
from outcomes.models import Indicator, Thing
from plans.models import ReportingPeriod
from projects import actions, permissions, waiting
from projects.actions import CoDeliveryInput, PartInput, ResultInput
from projects.choices import EDITABLE, OPEN, PENDING
from projects.downloads import file_response
from projects.filters import ResultFilter
from projects.models import Comment, Evidence, Partner, ProjectIndicator, Result, ResultCell
from projects.review_checks import remarks_on
from projects.schedule import Openness

from .co_delivery import CoDelivery, CoDeliveryBody, co_delivery_of
from .requests import IF_MATCH, ReadsRequests
from .result_bodies import (
    CommentSerializer,
    EvidenceSerializer,
    Move,
    MoveWithReason,
    NewComment,
    NewEvidence,
    NewResult,
    ResultContent,
    ResultDetail,
    ResultRow,
    ReviewRow,
    cell_text,
)
from .result_json import results_json

# The fields that hold an indicator's number, by its kind.
FIELDS_OF = {
    Kind.QUANTITY: {"value", "cells"},
    Kind.PERCENTAGE: {"numerator", "denominator", "cells"},
    Kind.DISTINCT: {"things", "unnamed"},
    Kind.RATING: {"rating"},
}
NUMBERS = set().union(*FIELDS_OF.values())
# Room for the rest of a form around the largest file.
FORM_BYTES = 1024**2

NEW_EVIDENCE: Any = {"multipart/form-data": NewEvidence, "application/json": NewEvidence}
PIECE = OpenApiParameter("evidence", int, OpenApiParameter.PATH)


class ResultViewSet(
    ReadsRequests,
    PlanScopedMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet[Result],
):
    """Results of the plan's projects: approved ones for all staff, others within the office."""

    queryset = (
        Result.objects.select_related(
            "line__project__office",
            "line__indicator",
            "line__country",
            "line__city",
            "period",
            "rating",
            "entered_by",
            "submitted_by",
            "verified_by",
            "approved_by",
        )
        .prefetch_related(
            "things", "credits", Prefetch("cells", ResultCell.objects.select_related("category"))
        )
        .with_co_delivery()
        .defer("line__project__summary", "line__indicator__method")
    )
    plan_path = "line__project__plan"
    filterset_class = ResultFilter
    serializer_class = ResultDetail
    lookup_value_regex = r"\d{1,18}"
    ordering: ClassVar[tuple[str, ...]] = ("pk",)

    def get_queryset(self) -> Any:
        """A list needs the keys of its page and what it is ordered by; the rest is made later."""
        rows = super().get_queryset()
        if self.action == "list":
            return rows.values("pk", "changed_at", "period__number")
        return rows.prefetch_related(
            Prefetch(
                "evidence",
                Evidence.objects.current().select_related("added_by", "stored", "means"),
            )
        )

    def get_serializer_class(self) -> Any:
        """The short form in lists."""
        return ResultRow if self.action == "list" else super().get_serializer_class()

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Results of the plan; of a plan that is not there, not even an empty list."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        keys = [result["pk"] for result in page or []]
        if not keys:
            assert self.plan
        return self.get_paginated_response(results_json(keys))

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One result; `ETag` is its version."""
        result = self.get_object()
        data = self.get_serializer(result).data
        return Response(data, headers={"ETag": f'"{result.version}"'})

    @extend_schema(responses=ReviewRow(many=True))
    @action(detail=False, methods=["get"], url_path="to-review")
    def to_review(self, request: Request, plan: str) -> Response:
        """What waits for the reader's review, the longest waiting first, with its checks.

        The queue of the page My work: `act` is the step that the reader may take.
        """
        user = person(request)
        asked: Any = self.filter_queryset(waiting.to_review(Result, user, self.plan))
        asked = asked.with_names().with_co_delivery().prefetch_related("credits", "authors")
        rows = self.paginate_queryset(asked)
        context = self.context | {"remarks": remarks_on(rows or []), "openness": Openness.of()}
        return self.get_paginated_response(ReviewRow(rows, many=True, context=context).data)

    @extend_schema(
        request=NewResult,
        parameters=[IF_MATCH],
        responses={201: ResultDetail, 200: OpenApiResponse(ResultDetail, "A draft was changed")},
    )
    def create(self, request: Request, plan: str) -> Response:
        """Store a result as a draft.

        Where the line has a draft (or returned result) for the period already it is changed,
        so the same request can be sent again; beside an approved result a correction begins.
        """
        given = self.body(NewResult)
        line = self.line(given)
        period = self.period(given["period"])
        fields = self.fields(line.indicator, given)
        version = self.version(given)
        [stored] = self.save(ResultInput(line=line, period=period, version=version, **fields))
        return self.answer(stored, status=201 if stored.version == 1 else 200)

    @extend_schema(request=ResultContent, parameters=[IF_MATCH], responses=ResultDetail)
    def partial_update(self, request: Request, plan: str, pk: str) -> Response:
        """Change a draft or returned result; fields that are left out stay as they are.

        Needs the version that you saw (`version` or `If-Match`): if somebody changed the
        result meanwhile the answer is `version_conflict`, with its content now in `current`.
        """
        result = self.get_object()
        allow(
            permissions.can_report(person(request), result.line.project),
            _("Only a reporter of this project's office may enter its results."),
        )
        given = self.body(ResultContent)
        version = self.needed_version(given)
        if version != result.version:
            return self.conflict(result)
        if result.status not in (*EDITABLE, *PENDING):
            raise DomainError(
                _("This result is “%(status)s”; to correct it, send a new one for its period.")
                % {"status": result.get_status_display()},
                "wrong_status",
            )
        fields = self.fields(result.line.indicator, given)
        entry = replace(self.content(result, given), version=version, **fields)
        [stored] = self.save(entry)
        return self.answer(stored)

    @extend_schema(request=Move, parameters=[IF_MATCH])
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, plan: str, pk: str) -> Response:
        """Send a draft for review; from now on it counts on the provisional basis."""
        return self.move(actions.submit)

    @extend_schema(request=Move, parameters=[IF_MATCH])
    @action(detail=True, methods=["post"])
    def recall(self, request: Request, plan: str, pk: str) -> Response:
        """Take back what was submitted and not decided on; it is a draft again."""
        return self.move(actions.recall)

    @extend_schema(request=Move, parameters=[IF_MATCH])
    @action(detail=True, methods=["post"])
    def verify(self, request: Request, plan: str, pk: str) -> Response:
        """The first of two review steps, where the plan has two: the office verifies."""
        return self.move(actions.verify)

    @extend_schema(request=MoveWithReason, parameters=[IF_MATCH])
    @action(detail=True, methods=["post"], url_path="return", url_name="return")
    def send_back(self, request: Request, plan: str, pk: str) -> Response:
        """Return what was submitted, with a reason."""
        return self.move(actions.send_back, MoveWithReason)

    @extend_schema(request=Move, parameters=[IF_MATCH])
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, plan: str, pk: str) -> Response:
        """Approve what was submitted (or verified, where the plan has two steps)."""
        return self.move(actions.approve)

    @extend_schema(request=MoveWithReason, parameters=[IF_MATCH])
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, plan: str, pk: str) -> Response:
        """Withdraw a result, with a reason."""
        return self.move(actions.withdraw, MoveWithReason)

    # Comments

    @extend_schema(responses=CommentSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def comments(self, request: Request, plan: str, pk: str) -> Response:
        """What was said about the result, the first first; 200 at most."""
        said = Comment.objects.about(self.get_object())[:200]
        return Response(CommentSerializer(said, many=True, context=self.context).data)

    @extend_schema(request=NewComment, responses={201: CommentSerializer})
    @comments.mapping.post
    def add_comment(self, request: Request, plan: str, pk: str) -> Response:
        """Say something about the result; it cannot be changed afterwards."""
        result = self.get_object()
        given = self.body(NewComment)
        said = actions.add_comment(to=result, text=given["text"], by=person(request))
        return Response(CommentSerializer(said, context=self.context).data, status=201)

    # Evidence

    @extend_schema(request=NEW_EVIDENCE, responses={201: EvidenceSerializer})
    @action(detail=True, methods=["post"], parser_classes=[MultiPartParser, ExactJSONParser])
    def evidence(self, request: Request, plan: str, pk: str) -> Response:
        """Add a file, a link or a passage of a document to a draft."""
        result, given = self.new_evidence()
        kept = actions.add_evidence(to=result, by=person(request), **given)
        return Response(EvidenceSerializer(kept, context=self.context).data, status=201)

    @extend_schema(request=NEW_EVIDENCE, parameters=[PIECE], responses={201: EvidenceSerializer})
    @action(
        detail=True,
        methods=["post"],
        parser_classes=[MultiPartParser, ExactJSONParser],
        url_path=r"evidence/(?P<evidence>\d{1,18})/replace",
        url_name="replace-evidence",
    )
    def replace_evidence(self, request: Request, plan: str, pk: str, evidence: str) -> Response:
        """Put another piece in the place of one of a draft; what was there is kept."""
        result, given = self.new_evidence()
        old = self.piece(result, evidence)
        kept = actions.replace_evidence(evidence=old, by=person(request), **given)
        return Response(EvidenceSerializer(kept, context=self.context).data, status=201)

    @extend_schema(parameters=[PIECE], responses={204: None})
    @action(
        detail=True,
        methods=["delete"],
        url_path=r"evidence/(?P<evidence>\d{1,18})",
        url_name="piece",
    )
    def remove_evidence(self, request: Request, plan: str, pk: str, evidence: str) -> Response:
        """Take a piece of evidence away from a draft; it stays in the history."""
        old = self.piece(self.get_object(), evidence)
        actions.remove_evidence(evidence=old, by=person(request))
        return Response(status=204)

    @extend_schema(
        parameters=[PIECE], responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}
    )
    @action(
        detail=True,
        methods=["get"],
        url_path=r"evidence/(?P<evidence>\d{1,18})/file",
        url_name="file",
    )
    def file(self, request: Request, plan: str, pk: str, evidence: str) -> FileResponse:
        """The file of a piece of evidence, current or not."""
        pieces = Evidence.objects.select_related("stored")
        return file_response(pieces.filter(pk=evidence, result=self.get_object()).first())

    def new_evidence(self) -> tuple[Result, dict[str, Any]]:
        """The result, and the piece that the body holds; refused before a large body is read."""
        result = self.get_object()
        allow(
            permissions.can_report(person(self.request), result.line.project),
            _("Only a reporter of this project's office may change its evidence."),
        )
        sent = int(self.request.META.get("CONTENT_LENGTH") or 0)
        if sent > settings.EVIDENCE_MAX_BYTES + FORM_BYTES:
            # Said before the body is read: nobody waits for an upload that is not kept.
            raise InvalidInput.of("file", "too_large", _("The file is too large."))
        given = self.body(NewEvidence)
        named = given.pop("means")
        if named:
            means = result.line.indicator.means_of_verification.current().filter(text=named)
            given["means"] = means.first()
            if given["means"] is None:
                raise InvalidInput.of(
                    "means",
                    "unknown_means",
                    _("This is not a means of verification of the indicator."),
                )
        return result, given

    def piece(self, result: Result, pk: str) -> Evidence:
        """A piece of the result's evidence."""
        found = Evidence.objects.filter(pk=pk, result=result).first()
        if found is None:
            raise Http404
        return found

    # Who brought it about

    @extend_schema(responses=CoDelivery)
    @action(
        detail=True,
        methods=["get"],
        pagination_class=None,
        filterset_class=None,
        url_path="co-delivery",
        url_name="co-delivery",
    )
    def co_delivery(self, request: Request, plan: str, pk: str) -> Response:
        """Who brought the result about together with UN-Habitat, and whose share is how much."""
        return self.told_co_delivery(self.get_object())

    @extend_schema(request=CoDeliveryBody, parameters=[IF_MATCH], responses=CoDelivery)
    @co_delivery.mapping.put
    def set_co_delivery(self, request: Request, plan: str, pk: str) -> Response:
        """Say who brought a draft about, all of them; needs the version that you saw."""
        result = self.get_object()
        allow(
            permissions.can_report(person(request), result.line.project),
            _("Only a reporter of this project's office may say who delivered its results."),
        )
        given = self.body(CoDeliveryBody)
        version = self.needed_version(given)
        keys = {part["partner"] for part in given["partners"]} | {given["lead"]}
        known = Partner.objects.visible_to(person(request)).filter(plan=self.plan)
        partners = known.select_related("merged_into").in_bulk(keys - {None})
        if given["lead"] and given["lead"] not in partners:
            text = _("There is no such partner in this plan.")
            raise InvalidInput.of("lead", "unknown_partner", text)
        unknown = [
            Problem(
                f"partners.{number}.partner",
                "unknown_partner",
                _("There is no such partner in this plan."),
            )
            for number, part in enumerate(given["partners"])
            if part["partner"] not in partners
        ]
        if unknown:
            raise InvalidInput(unknown)
        said = CoDeliveryInput(
            partners=[
                PartInput(partners[part["partner"]], part["what"], part["share"])
                for part in given["partners"]
            ],
            lead=partners.get(given["lead"]),
            own_share=given["own_share"],
            own_part=given["own_part"],
        )
        held = actions.set_co_delivery(
            result=result,
            said=said,
            by=person(request),
            version=version,
        )
        return self.told_co_delivery(self.queryset.all().get(pk=held.pk))

    def told_co_delivery(self, result: Result) -> Response:
        """Who brought a result about, with the version of the result as `ETag`."""
        data = CoDelivery(co_delivery_of(result)).data
        return Response(data, headers={"ETag": f'"{result.version}"'})

    # What the operations share

    @property
    def context(self) -> Any:
        """What serializers need for links."""
        return self.get_serializer_context()

    def line(self, given: dict[str, Any]) -> ProjectIndicator:
        """The reporting line that the body names; its problems bear the names of the body."""
        project = self.project(given["project"])
        allow(
            permissions.can_report(person(self.request), project),
            _("Only a reporter of this project's office may enter its results."),
        )
        indicator = self.indicator(given["indicator"], "indicator", "unknown_indicator")
        country, city = self.place(given.get("place"))
        try:
            return actions.find_line(project, indicator, country, city)
        except InvalidInput as error:
            raise InvalidInput(
                [
                    Problem("place", one.code, one.message) if one.field == "country" else one
                    for one in error.problems
                ]
            ) from None

    def indicator(self, code: str, field: str, refused: str) -> Indicator:
        """An indicator of the plan."""
        found = Indicator.objects.filter(plan=self.plan, code=code).first()
        if found is None:
            raise InvalidInput.of(
                field, refused, _("There is no indicator “%(code)s” in this plan.") % {"code": code}
            )
        return found

    def period(self, label: str) -> ReportingPeriod:
        """A reporting period of the plan."""
        found = ReportingPeriod.objects.filter(plan=self.plan, label=label).first()
        if found is None:
            raise InvalidInput.of(
                "period", "unknown_period", _("There is no such period in this plan.")
            )
        return found

    def fields(self, indicator: Indicator, given: dict[str, Any]) -> dict[str, Any]:
        """What the body says, for the action; a field of another kind is refused, not ignored."""
        names = set(given) & {field.name for field in _input_fields()}
        said = {name: given[name] for name in names if name not in ("line", "period", "version")}
        foreign = NUMBERS - FIELDS_OF[Kind(indicator.kind)]
        problems = [
            Problem(
                name,
                "field_of_another_kind",
                _("The indicator is of another kind (%(kind)s); this field does not belong to it.")
                % {"kind": indicator.get_kind_display()},
            )
            for name in sorted(foreign & said.keys())
            if said[name] not in (None, "", [], {})
        ]
        if problems:
            raise InvalidInput(problems)
        if "credits" in said:
            said["credits"] = [
                self.indicator(code, "credits", "unknown_indicator") for code in said["credits"]
            ]
        if "things" in said:
            said["things"] = self.things(indicator, said["things"])
        return said

    def things(
        self, indicator: Indicator, listed: builtins.list[str]
    ) -> builtins.list[Thing | str]:
        """Known things by their keys; what is no key is the name of a thing."""
        kind = indicator.thing_kind or indicator.code
        known = {
            thing.key: thing
            for thing in Thing.objects.filter(plan=self.plan, kind=kind, key__in=listed)
        }
        return [known.get(text, text) for text in dict.fromkeys(listed)]

    def content(self, result: Result, given: dict[str, Any]) -> ResultInput:
        """What a result says now, as somebody would enter it.

        Its number is left out where the change says that there is none to report, and where the
        register of deliverables gives it.
        """
        entry = ResultInput(
            line=result.line,
            period=result.period,
            state=result.state,
            qualifier=result.qualifier,
            credits=list(result.credits.all()),
            narrative=result.narrative,
            window_start=result.window_start,
            window_end=result.window_end,
        )
        is_counted = bool(result.line.indicator.counts_from)
        if is_counted or given.get("state", State.REPORTED) != State.REPORTED:
            return entry
        return replace(
            entry,
            value=result.value,
            numerator=result.numerator,
            denominator=result.denominator,
            unnamed=result.unnamed,
            things=list(result.things.all()),
            rating=result.rating.code if result.rating else "",
            cells={cell.category.code: cell_text(cell) for cell in result.cells.all()},
        )

    def save(self, entry: ResultInput) -> builtins.list[Result]:
        """Store an entry; a conflict carries what the result says now."""
        try:
            return actions.save_results(entries=[entry], by=person(self.request))
        except VersionConflict as error:
            error.row = (  # type: ignore[attr-defined]
                Result.objects.filter(line=entry.line, period=entry.period, status__in=OPEN).first()
                or Result.objects.filter(line=entry.line, period=entry.period)
                .order_by("revision")
                .last()
            )
            raise

    def move(self, act: Callable[..., Any], shape: type[Move] = Move) -> Response:
        """Do one step of the review to the result."""
        result = self.get_object()
        given = self.body(shape)
        version = self.version(given)
        reason = {"reason": given["reason"]} if "reason" in given else {}
        try:
            [moved] = act(rows=[result], by=person(self.request), version=version, **reason)
        except VersionConflict as error:
            error.row = result  # type: ignore[attr-defined]
            raise
        return self.answer(moved)

    def handle_exception(self, exc: Exception) -> Response:
        """A conflict shows what the result says now, so that nothing has to be typed again."""
        row = getattr(exc, "row", None)
        if isinstance(exc, VersionConflict) and row is not None:
            return refusal(exc, current=self.told(row))
        return super().handle_exception(exc)

    def conflict(self, result: Result) -> Response:
        """Somebody changed the result since the caller saw it."""
        error = VersionConflict(_("Somebody changed this meanwhile; look at it again."))
        return refusal(error, current=self.told(result))

    def told(self, result: Result) -> Any:
        """A result read anew, as its body."""
        fresh = self.queryset.all().prefetch_related("evidence__added_by").get(pk=result.pk)
        return ResultDetail(fresh, context=self.context).data

    def answer(self, result: Result, status: int = 200) -> Response:
        """A result with its version as `ETag`."""
        data = self.told(result)
        return Response(data, status=status, headers={"ETag": f'"{data["version"]}"'})


def _input_fields() -> Any:
    return ResultInput.__dataclass_fields__.values()
