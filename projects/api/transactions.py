"""What projects receive and spend. Every rule is that of `projects.actions`."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from habitat_tracker.drf import (
    DecimalInput,
    DecimalText,
    PlanScopedMixin,
    RowSerializer,
    StrictSerializer,
)
from habitat_tracker.web import person
from projects import actions
from projects.actions import TransactionInput
from projects.filters import TransactionFilter
from projects.models import Transaction

from .requests import ReadsRequests
from .result_bodies import Person


class TransactionRow(RowSerializer):
    """An amount that a project received or spent, with its worth in US dollars."""

    project = serializers.CharField(source="project.code")
    office = serializers.CharField(source="project.office.code")
    rate_month = serializers.DateField(format="%Y-%m", help_text="The month of the rate.")
    prong = serializers.CharField(source="prong.code", allow_null=True, default=None)
    posted_by = Person(read_only=True)
    withdrawn_by = Person(read_only=True)

    class Meta:
        model = Transaction
        fields = [
            "id",
            "project",
            "office",
            "kind",
            "date",
            "donor",
            "earmarked",
            "currency",
            "amount",
            "usd",
            "rate",
            "rate_month",
            "prong",
            "description",
            "external_id",
            "posted_at",
            "posted_by",
            "withdrawn_at",
            "withdrawn_by",
            "reason",
        ]


class NewTransaction(StrictSerializer):
    """Income or expenditure of a project."""

    project = serializers.CharField(max_length=40)
    kind = serializers.CharField(max_length=20, help_text="`income` or `expenditure`.")
    date = serializers.CharField(max_length=20, help_text="The day, as 2021-03-31.")
    amount = DecimalInput()
    currency = serializers.CharField(required=False, default="USD", max_length=10)
    donor = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=1000,
        help_text="Who gives the money; of expenditure, whose money was spent.",
    )
    earmarked = serializers.BooleanField(
        required=False,
        default=None,
        allow_null=True,
        help_text="Needed of income; null where expenditure leaves it open.",
    )
    description = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=10_000
    )
    external_id = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=1000,
        help_text="What it is called where it is taken from; stands for one of the plan.",
    )
    prong = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=40,
        help_text="The code of the prong that brought income in.",
    )


class Withdrawal(StrictSerializer):
    """Why something is withdrawn."""

    reason = serializers.CharField(allow_blank=True, default="", max_length=10_000)


class BudgetWarningRow(serializers.Serializer[Any]):
    """Where a project spent more than is approved: in a year, or (null) in all years together."""

    project = serializers.CharField()
    code = serializers.CharField(help_text="`above_budget`, or `no_budget` without any.")
    year = serializers.IntegerField(allow_null=True)
    approved = DecimalText(allow_null=True)
    spent = DecimalText()
    message = serializers.CharField()


class RecordedTransaction(TransactionRow):
    """What was recorded; the warnings refuse nothing."""

    warnings = BudgetWarningRow(many=True)

    class Meta(TransactionRow.Meta):
        fields = [*TransactionRow.Meta.fields, "warnings"]


class TransactionsFile(StrictSerializer):
    """A CSV file or workbook of income and expenditure, by the names of the columns."""

    file = serializers.FileField(
        allow_empty_file=True,
        help_text="Its first row is " + ", ".join(actions.TRANSACTION_COLUMNS) + ".",
    )
    reason = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=10_000,
        help_text="Why what is there already is replaced.",
    )
    preview = serializers.BooleanField(
        required=False, default=False, help_text="Say what the file would do, and store nothing."
    )


class TransactionsLoaded(serializers.Serializer[Any]):
    """How many of the file are new, replace others, or are there already; and warnings."""

    added = serializers.IntegerField()
    replaced = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    warnings = BudgetWarningRow(many=True)


class TransactionViewSet(
    ReadsRequests,
    PlanScopedMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet[Transaction],
):
    """Income and expenditure of the plan's projects, the newest first."""

    queryset = Transaction.objects.select_related(
        "project__office", "project__plan", "prong", "posted_by", "withdrawn_by"
    )
    filterset_class = TransactionFilter
    serializer_class = TransactionRow
    lookup_value_regex = r"\d{1,18}"
    ordering: ClassVar[tuple[str, ...]] = ("-date", "-pk")

    @extend_schema(request=NewTransaction, responses={201: RecordedTransaction})
    def create(self, request: Request, plan: str) -> Response:
        """Record income or expenditure; managers of the project's office.

        Spending above the approved budget is warned of in `warnings` and not refused.
        """
        given = self.body(NewTransaction)
        project = self.project(given.pop("project"))
        earmarked = {None: "", True: "yes", False: "no"}[given.pop("earmarked")]
        recorded = actions.record_transaction(
            project=project,
            entered=TransactionInput(earmarked=earmarked, **given),
            by=person(request),
        )
        row: Any = self.queryset.all().get(pk=recorded.transaction.pk)
        row.warnings = recorded.warnings
        data = RecordedTransaction(row, context=self.get_serializer_context()).data
        return Response(data, status=201)

    @extend_schema(
        request={"multipart/form-data": TransactionsFile}, responses={200: TransactionsLoaded}
    )
    @action(detail=False, methods=["post"], url_path="load", parser_classes=[MultiPartParser])
    def load(self, request: Request, plan: str) -> Response:
        """Load a file, all of it or nothing; managers of the offices of its projects.

        A file may be loaded again: a number that is there with the same content is left alone,
        with other content it is a correction, which needs `reason`.
        """
        given = self.body(TransactionsFile)
        loaded = actions.load_transactions(
            plan=self.plan,
            file=given["file"],
            name=given["file"].name,
            by=person(request),
            reason=given["reason"],
            preview=given["preview"],
        )
        return Response(TransactionsLoaded(loaded).data)

    @extend_schema(request=Withdrawal, responses=TransactionRow)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, plan: str, pk: str) -> Response:
        """Take a transaction back, with a reason; it is kept and counts no longer."""
        held = self.get_object()
        given = self.body(Withdrawal)
        actions.withdraw_transaction(
            transaction=held,
            reason=given["reason"],
            by=person(request),
        )
        row = self.queryset.all().get(pk=held.pk)
        return Response(TransactionRow(row, context=self.get_serializer_context()).data)
