"""Views of registers that somebody keeps; only their own."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from habitat_tracker.drf import PlanScopedMixin, RowSerializer, StrictSerializer
from habitat_tracker.web import person
from projects import actions
from projects.filters import SavedViewFilter
from projects.models import SavedView

from .requests import ReadsRequests


class SavedViewRow(RowSerializer):
    """Filters of a register, kept under a name."""

    class Meta:
        model = SavedView
        fields = ["id", "register", "name", "query", "saved_at"]


class NewSavedView(StrictSerializer):
    """Which register, the name, and the filters as in an address: `office=ROAF&status=active`."""

    register = serializers.CharField(max_length=20)
    name = serializers.CharField(allow_blank=True, max_length=1000)
    query = serializers.CharField(allow_blank=True, max_length=4000)


class SavedViewViewSet(
    ReadsRequests,
    PlanScopedMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet[SavedView],
):
    """The views of the plan's registers that you keep; nobody else sees them."""

    queryset = SavedView.objects.all()
    filterset_class = SavedViewFilter
    serializer_class = SavedViewRow
    lookup_value_regex = r"\d{1,18}"
    ordering: ClassVar[tuple[str, ...]] = ("pk",)

    @extend_schema(request=NewSavedView, responses={201: SavedViewRow})
    def create(self, request: Request, plan: str) -> Response:
        """Keep filters under a name; the same name again replaces what it stood for."""
        user = person(request)
        view = actions.save_view(plan=self.plan, by=user, **self.body(NewSavedView))
        return Response(SavedViewRow(view).data, status=201)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, plan: str, pk: str) -> Response:
        """Forget a view."""
        user = person(request)
        actions.remove_view(view=self.get_object(), by=user)
        return Response(status=204)
