"""Money by what it is for: the same sums as on the page."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from habitat_tracker.drf import DecimalText, PlanScopedMixin
from habitat_tracker.errors import InvalidInput, Problem
from habitat_tracker.lists import refuse_unknown_parameters
from habitat_tracker.web import person
from outcomes.api.stated import StatedFigureRow
from outcomes.choices import StatedTopic
from outcomes.models import StatedFigure
from projects.models import CoreBudget
from projects.money import MoneyRow, money_summary
from reporting.forms import MoneyForm


class MoneySums(serializers.Serializer[Any]):
    """Sums in US dollars; null where nothing is recorded, which differs from 0."""

    approved = DecimalText(allow_null=True)
    approved_earmarked = DecimalText(allow_null=True)
    received = DecimalText(allow_null=True)
    received_earmarked = DecimalText(allow_null=True)
    received_not_earmarked = DecimalText(source="received_free", allow_null=True)
    spent = DecimalText(allow_null=True)
    remaining = DecimalText(allow_null=True)


class MoneyPart(serializers.Serializer[Any]):
    """A part of a cut: its code, name or year, null for none, and its money."""

    of = serializers.SerializerMethodField()
    money = MoneySums()

    def get_of(self, row: MoneyRow) -> str | None:
        """The code of a domain, outcome, office or flagship; a donor's name; a year."""
        return None if row.of is None else str(getattr(row.of, "code", row.of))


class MoneyCuts(serializers.Serializer[Any]):
    """All money that was asked for; every cut comes to the total, with what is not attributed."""

    total = MoneySums()
    projects = serializers.IntegerField(help_text="How many projects have any.")
    domains = MoneyPart(many=True)
    outcomes = MoneyPart(many=True)
    not_attributed = MoneyPart(help_text="Of projects that serve no outcome primarily.")
    offices = MoneyPart(many=True, source="regions")
    flagships = MoneyPart(many=True)
    donors = MoneyPart(many=True)
    years = MoneyPart(many=True)
    prongs = MoneyPart(many=True, help_text="Of income only, where the plan has prongs.")


class MoneySummary(MoneyCuts):
    """The cuts, and what documents state of resources and of outcomes that are put off."""

    stated = StatedFigureRow(many=True)


class MoneyViewSet(PlanScopedMixin, GenericViewSet[CoreBudget]):
    """What projects may spend, received and spent, by what it is for."""

    queryset = CoreBudget.objects.none()
    serializer_class = MoneyCuts
    pagination_class = None
    filter_backends = ()

    @extend_schema(
        parameters=[
            OpenApiParameter("office", str, description="With all offices below it."),
            OpenApiParameter("flagship", str),
            OpenApiParameter("year", int),
            OpenApiParameter("as_of", OpenApiTypes.DATE, description="As it counted on a day."),
        ],
        responses=MoneySummary,
    )
    def list(self, request: Request, plan: str) -> Response:
        """Money by domain, outcome, office, flagship, donor, year and prong."""
        refuse_unknown_parameters(request, set(MoneyForm.base_fields))
        form = MoneyForm(request.query_params, plan=self.plan)
        if not form.is_valid():
            raise InvalidInput(
                [
                    Problem(name, "unknown_value", str(errors[0]))
                    for name, errors in form.errors.items()
                ]
            )
        stated = StatedFigure.objects.visible_to(person(request)).on(
            self.plan, StatedTopic.RESOURCES, StatedTopic.DEFERRAL
        )
        body = MoneyCuts(money_summary(self.plan, **form.asked())).data
        return Response(body | {"stated": StatedFigureRow(stated, many=True).data})
