"""Which projects apply the products of others. Every rule is that of `projects.actions`."""

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
from habitat_tracker.web import allow, person
from projects import actions, permissions
from projects.filters import ProductApplicationFilter
from projects.models import Deliverable, ProductApplication

from .requests import ReadsRequests
from .result_bodies import Person
from .transactions import Withdrawal


class NewApplication(StrictSerializer):
    """That a project applies a product."""

    project = serializers.CharField(max_length=40, help_text="The code of who applies it.")
    deliverable = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    how = serializers.CharField(required=False, allow_blank=True, default="", max_length=1000)
    since = serializers.DateField(required=False, allow_null=True, default=None)


class ApplicationRow(RowSerializer):
    """A project applies a product that another one delivered."""

    project = serializers.CharField(source="project.code")
    office = serializers.CharField(source="project.office.code")
    deliverable = serializers.IntegerField(source="deliverable_id")
    entered_by = Person(read_only=True)

    class Meta:
        model = ProductApplication
        fields = [
            "id",
            "project",
            "office",
            "deliverable",
            "how",
            "since",
            "withdrawn_at",
            "withdrawal_reason",
            "entered_by",
            "entered_at",
        ]


class ProductApplicationViewSet(
    ReadsRequests,
    PlanScopedMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet[ProductApplication],
):
    """Which projects apply which publications and technical materials of others."""

    queryset = ProductApplication.objects.with_names()
    plan_path = "project__plan"
    filterset_class = ProductApplicationFilter
    serializer_class = ApplicationRow
    lookup_value_regex = r"\d{1,18}"
    ordering: ClassVar[tuple[str, ...]] = ("pk",)

    @extend_schema(request=NewApplication, responses={201: ApplicationRow})
    def create(self, request: Request, plan: str) -> Response:
        """Say that a project applies a product: how, and since when."""
        given = self.body(NewApplication)
        project = self.project(given["project"])
        allow(
            permissions.can_apply_products(person(request), project),
            _("Only a reporter of the applying project's office may say this."),
        )
        product = Deliverable.objects.of_plan(self.plan).filter(pk=given["deliverable"]).first()
        if product is None:
            text = _("There is no such deliverable in this plan.")
            raise InvalidInput.of("deliverable", "unknown_deliverable", text)
        made = actions.apply_product(
            deliverable=product,
            project=project,
            how=given["how"],
            since=given["since"],
            by=person(request),
        )
        return Response(self.get_serializer(made).data, status=201)

    @extend_schema(request=Withdrawal, responses=ApplicationRow)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, plan: str, pk: str) -> Response:
        """Take out what was said by mistake, with a reason; it is kept, and counts nowhere."""
        held = actions.withdraw_application(
            application=self.get_object(),
            reason=self.body(Withdrawal)["reason"],
            by=person(request),
        )
        return Response(self.get_serializer(held).data)
