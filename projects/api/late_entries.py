"""Late entries: which projects may report in a closed period; allowed and ended by the actions."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from habitat_tracker.accounts.permissions import can_manage_plan
from habitat_tracker.drf import PlanScopedMixin, RowSerializer, StrictSerializer
from habitat_tracker.errors import InvalidInput
from habitat_tracker.web import allow, person
from projects import actions
from projects.filters import LateEntryFilter
from projects.models import LateEntry

from .requests import ReadsRequests
from .result_bodies import Person


class LateEntrySerializer(RowSerializer):
    """A project may report late in a period until the end of a day."""

    project = serializers.SlugRelatedField("code", read_only=True)  # type: ignore[var-annotated]
    period = serializers.SlugRelatedField("label", read_only=True)  # type: ignore[var-annotated]
    granted_by = Person(read_only=True)
    in_force = serializers.BooleanField(
        source="is_in_force", read_only=True, help_text="Whether it lets the project in now."
    )

    class Meta:
        model = LateEntry
        fields = ["id", "project", "period", "until", "reason", "granted_by", "granted_at"]
        fields += ["ended_at", "in_force"]


class NewLateEntry(StrictSerializer):
    """Which project is let in to which closed period, until when, and why."""

    project = serializers.CharField(max_length=40)
    period = serializers.CharField(max_length=20)
    until = serializers.DateField(
        required=False, allow_null=True, default=None, help_text="At most 60 days from today."
    )
    reason = serializers.CharField(allow_blank=True, default="", max_length=1000)


class EndOfLateEntry(StrictSerializer):
    """Why it is ended before its day, where there is something to say."""

    reason = serializers.CharField(allow_blank=True, default="", max_length=1000)


class LateEntryViewSet(
    ReadsRequests, PlanScopedMixin, mixins.ListModelMixin, GenericViewSet[LateEntry]
):
    """Permissions of the plan's projects to report late, the newest first."""

    queryset = LateEntry.objects.select_related("project", "period", "granted_by")
    plan_path = "project__plan"
    filterset_class = LateEntryFilter
    serializer_class = LateEntrySerializer
    lookup_value_regex = r"\d{1,18}"
    ordering: ClassVar[tuple[str, ...]] = ("-granted_at", "-pk")

    @extend_schema(request=NewLateEntry, responses={201: LateEntrySerializer})
    def create(self, request: Request, plan: str) -> Response:
        """Let a project work in a closed period; managers of headquarters."""
        user = person(request)
        found = self.plan
        allow(
            can_manage_plan(user),
            _("Only a manager at headquarters may let a project report late."),
        )
        given = self.body(NewLateEntry)
        project = found.projects.filter(code=given["project"]).first()
        if project is None:
            raise InvalidInput.of(
                "project", "unknown_project", _("There is no such project in this plan.")
            )
        period = found.periods.filter(label=given["period"]).first()
        if period is None:
            raise InvalidInput.of(
                "period", "unknown_period", _("There is no such period in this plan.")
            )
        made = actions.allow_late_entry(
            project=project, period=period, until=given["until"], reason=given["reason"], by=user
        )
        return Response(LateEntrySerializer(made).data, status=201)

    @extend_schema(request=EndOfLateEntry)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, plan: str, pk: str) -> Response:
        """End it before its day; ended once, it stays ended."""
        entry = self.get_object()
        user = person(request)
        allow(can_manage_plan(user), _("Only a manager at headquarters may end this."))
        given = self.body(EndOfLateEntry)
        ended = actions.end_late_entry(entry=entry, by=user, reason=given["reason"])
        return Response(LateEntrySerializer(ended).data)
