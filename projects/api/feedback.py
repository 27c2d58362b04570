"""What partners say of projects. Every rule is that of the actions."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from habitat_tracker.drf import PlanScopedMixin, RowSerializer, StrictSerializer
from habitat_tracker.errors import InvalidInput
from habitat_tracker.web import person
from projects import actions
from projects.filters import PartnerFeedbackFilter
from projects.models import Partner, PartnerFeedback

from .life import Moved
from .requests import ReadsRequests
from .result_bodies import Person


class FeedbackRow(RowSerializer):
    """A request for feedback and what was answered; the address that was asked is not told."""

    project = serializers.CharField(source="project.code")
    partner = serializers.CharField(source="partner.name")
    replied_by = Person(read_only=True)

    class Meta:
        model = PartnerFeedback
        fields = [
            *("id", "project", "partner", "asked_at", "until", "withdrawn_at", "withdrawal_reason"),
            *("answered_at", "name", "rating", "went_well", "to_improve", "consent"),
            *("published_at", "reply", "replied_at", "replied_by"),
        ]


class AskBody(StrictSerializer):
    """Which partner (by its id) of which project is asked, and where."""

    project = serializers.CharField(max_length=40)
    partner = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    email = serializers.CharField(max_length=254)


class ReplyBody(StrictSerializer):
    """What the office answers."""

    text = serializers.CharField(allow_blank=True, max_length=10_000)


class PartnerFeedbackViewSet(
    ReadsRequests, PlanScopedMixin, mixins.ListModelMixin, GenericViewSet[PartnerFeedback]
):
    """What partners say: published answers, and all of the projects of your offices."""

    queryset = PartnerFeedback.objects.select_related("project__office", "partner", "replied_by")
    plan_path = "project__plan"
    filterset_class = PartnerFeedbackFilter
    serializer_class = FeedbackRow
    lookup_value_regex = r"\d{1,18}"
    ordering: ClassVar[tuple[str, ...]] = ("pk",)

    @extend_schema(request=AskBody, responses={201: FeedbackRow})
    def create(self, request: Request, plan: str) -> Response:
        """Ask a partner; a signed link is sent to the address."""
        given = self.body(AskBody)
        user = person(request)
        partner = Partner.objects.filter(plan=self.plan, pk=given["partner"]).first()
        if partner is None:
            raise InvalidInput.of("partner", "unknown_partner", _("There is no such partner."))
        asked = actions.ask_partner(
            project=self.project(given["project"]), partner=partner, email=given["email"], by=user
        )
        return Response(FeedbackRow(asked).data, status=201)

    @extend_schema(request=Moved, responses=FeedbackRow)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, plan: str, pk: str) -> Response:
        """Publish an answer whose partner consented."""
        held, user = self.get_object(), person(request)
        return Response(FeedbackRow(actions.publish_feedback(feedback=held, by=user)).data)

    @extend_schema(request=Moved, responses=FeedbackRow)
    @action(detail=True, methods=["post"], url_path="take-back")
    def take_back(self, request: Request, plan: str, pk: str) -> Response:
        """Show an answer that was published no longer."""
        held, user = self.get_object(), person(request)
        shown = actions.publish_feedback(feedback=held, by=user, shown=False)
        return Response(FeedbackRow(shown).data)

    @extend_schema(request=Moved, responses=FeedbackRow)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, plan: str, pk: str) -> Response:
        """Take a request back that was sent by mistake, with a reason: its link holds no longer."""
        held, user, given = self.get_object(), request.user, self.body(Moved)
        done = actions.withdraw_request(feedback=held, reason=given["reason"], by=user)  # type: ignore[arg-type]
        return Response(FeedbackRow(done).data)

    @extend_schema(request=ReplyBody, responses=FeedbackRow)
    @action(detail=True, methods=["post"])
    def reply(self, request: Request, plan: str, pk: str) -> Response:
        """Answer what a partner said."""
        held, user, given = self.get_object(), person(request), self.body(ReplyBody)
        done = actions.reply_to_feedback(feedback=held, text=given["text"], by=user)
        return Response(FeedbackRow(done).data)
