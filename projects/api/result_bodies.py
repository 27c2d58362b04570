"""What results look like in requests and answers."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from habitat_tracker.drf import (
    DecimalInput,
    RowSerializer,
    StrictSerializer,
    decimal_text,
)
from habitat_tracker.errors import InvalidInput
from outcomes.choices import Qualifier, State
from outcomes.models import Thing
from projects.choices import EvidenceKind
from projects.models import Comment, Evidence, Result
from projects.permissions import next_step

from .co_delivery import Together, co_delivery_of
from .projects import PlaceField

QUALIFIERS = [qualifier.word for qualifier in Qualifier]

# How a category's part is written: a decimal, or the two parts of a percentage.
CELL = {
    "oneOf": [
        {"type": "string", "format": "decimal"},
        {
            "type": "object",
            "properties": {
                "numerator": {"type": "string", "format": "decimal"},
                "denominator": {"type": "string", "format": "decimal"},
            },
        },
    ]
}
CELLS = {"type": "object", "additionalProperties": CELL, "example": {"women": "7"}}


# --- Requests ------------------------------------------------------------------------------


class CellParts(StrictSerializer):
    """The two parts of a category's percentage."""

    numerator = DecimalInput(required=False, allow_null=True)
    denominator = DecimalInput(required=False, allow_null=True)


@extend_schema_field(CELLS)
class CellsInput(serializers.Field[Any, Any, Any, Any]):
    """Cells by category code: a number, or numerator and denominator."""

    default_error_messages = {"not_an_object": "Give an object of categories and numbers."}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Each cell as it was written."""
        if not isinstance(data, dict):
            self.fail("not_an_object")
        cells: dict[str, Any] = {}
        wrong: dict[str, Any] = {}
        for code, written in data.items():
            reader = CellParts() if isinstance(written, dict) else DecimalInput()
            try:
                cells[code] = None if written is None else reader.run_validation(written)
            except serializers.ValidationError as error:
                wrong[code] = error.detail
        if wrong:
            raise serializers.ValidationError(wrong)
        return cells


class CheckedWord(serializers.ChoiceField):
    """One of a few words; the actions check which, so that a refusal has their code."""

    def to_internal_value(self, data: Any) -> str:
        """The word as it was written."""
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return data[:60]


class ResultContent(StrictSerializer):
    """What a result says. Which fields belong depends on the indicator's kind."""

    state = CheckedWord(State.choices, required=False)
    value = DecimalInput(required=False, allow_null=True, help_text="For a quantity.")
    numerator = DecimalInput(required=False, allow_null=True, help_text="For a percentage.")
    denominator = DecimalInput(required=False, allow_null=True, help_text="For a percentage.")
    things = serializers.ListField(
        child=serializers.CharField(max_length=300),
        required=False,
        max_length=2000,
        help_text="For a count of things: keys of known things, or names of new ones.",
    )
    unnamed = DecimalInput(
        required=False, allow_null=True, help_text="How many more things a source only counts."
    )
    rating = serializers.CharField(
        required=False, allow_blank=True, max_length=30, help_text="For a rating: a level's code."
    )
    qualifier = CheckedWord(QUALIFIERS, required=False)
    cells = CellsInput(required=False)
    credits = serializers.ListField(
        child=serializers.CharField(max_length=30),
        required=False,
        max_length=50,
        help_text="Codes of other indicators that the result also counts for.",
    )
    narrative = serializers.CharField(
        required=False, allow_blank=True, trim_whitespace=False, max_length=50_000
    )
    window_start = serializers.DateField(required=False, allow_null=True)
    window_end = serializers.DateField(required=False, allow_null=True)
    reason = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=10_000,
        help_text="Why an approved result is corrected; needed where a correction begins.",
    )
    version = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=2**31 - 1,
        help_text="The version that you saw (0: none); else `If-Match`.",
    )


class NewResult(ResultContent):
    """A result for one reporting line and period."""

    project = serializers.CharField(max_length=40)
    indicator = serializers.CharField(max_length=30)
    place = serializers.CharField(
        required=False,
        allow_null=True,
        max_length=120,
        help_text="A country's three letters or a city's key; null or left out for none.",
    )
    period = serializers.CharField(max_length=20)


class Move(StrictSerializer):
    """A step of the review."""

    version = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=2**31 - 1
    )


class MoveWithReason(Move):
    """A step that needs a reason."""

    reason = serializers.CharField(allow_blank=True, default="", max_length=10_000)


class NewComment(StrictSerializer):
    """What somebody of the office says about a result."""

    text = serializers.CharField(allow_blank=True, max_length=10_000)


class NewEvidence(StrictSerializer):
    """A file (multipart), a link, or a passage of a document."""

    kind = serializers.ChoiceField(EvidenceKind.choices, default=EvidenceKind.FILE)
    title = serializers.CharField(required=False, allow_blank=True, max_length=300, default="")
    file = serializers.FileField(required=False, allow_empty_file=True, max_length=300)
    url = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")
    passage = serializers.CharField(required=False, allow_blank=True, max_length=100, default="")
    quote = serializers.CharField(required=False, allow_blank=True, max_length=20_000, default="")
    means = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=500,
        default="",
        help_text="The means of verification that it covers, in its words.",
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        """A file belongs to a file and an address to a link; nothing is passed over."""
        for field, kind in (("file", EvidenceKind.FILE), ("url", EvidenceKind.LINK)):
            if given.get(field) and given["kind"] != kind:
                raise InvalidInput.of(
                    field,
                    "field_of_another_kind",
                    _("This does not belong to evidence of this kind."),
                )
        return given


# --- Answers -------------------------------------------------------------------------------


class Person(serializers.Serializer[Any]):
    """Somebody who did something to a result."""

    name = serializers.CharField(source="__str__")
    email = serializers.EmailField()


class CommentSerializer(RowSerializer):
    """What was said about a result, by whom and when."""

    by = Person(read_only=True)

    class Meta:
        model = Comment
        fields = ["id", "text", "by", "at"]


class ListedThing(RowSerializer):
    """A thing that a result lists."""

    class Meta:
        model = Thing
        fields = ["key", "kind", "name"]


class EvidenceSerializer(RowSerializer):
    """What stands behind a result; `file_url` is where its file is fetched."""

    added_by = Person(read_only=True)
    file_url = serializers.SerializerMethodField()
    size = serializers.IntegerField(source="stored.size", default=0, help_text="In bytes.")
    sha256 = serializers.CharField(source="stored.sha256", default=None, allow_null=True)
    means = serializers.SlugRelatedField("text", read_only=True, allow_null=True)  # type: ignore[var-annotated]

    class Meta:
        model = Evidence
        fields = [
            "id",
            "kind",
            "title",
            "url",
            "file_url",
            "size",
            "sha256",
            "means",
            "passage",
            "quote",
            "added_by",
            "added_at",
        ]

    @extend_schema_field({"type": "string", "format": "uri", "nullable": True})
    def get_file_url(self, evidence: Evidence) -> str | None:
        """The address of the file."""
        if evidence.stored_id is None:
            return None
        plan = self.context["view"].kwargs["plan"]
        path = reverse("api:result-file", args=[plan, evidence.result_id, evidence.pk])
        return str(self.context["request"].build_absolute_uri(path))


class ResultRow(RowSerializer):
    """A result in a list: everything but its evidence."""

    project = serializers.CharField(source="line.project.code")
    indicator = serializers.CharField(source="line.indicator.code")
    place = serializers.SerializerMethodField()
    office = serializers.CharField(source="line.project.office.code")
    period = serializers.CharField(source="period.label")
    corrects = serializers.IntegerField(source="corrects_id", allow_null=True)
    is_late = serializers.BooleanField(
        read_only=True, help_text="Entered or submitted after its period was closed."
    )
    rating = serializers.SlugRelatedField("code", read_only=True, allow_null=True)  # type: ignore[var-annotated]
    qualifier = serializers.SerializerMethodField()
    things = ListedThing(many=True, read_only=True)
    cells = serializers.SerializerMethodField()
    credits = serializers.SlugRelatedField("code", many=True, read_only=True)  # type: ignore[var-annotated]
    co_delivery = serializers.SerializerMethodField()
    entered_by = Person(read_only=True)
    submitted_by = Person(read_only=True, allow_null=True)
    verified_by = Person(read_only=True, allow_null=True)
    approved_by = Person(read_only=True, allow_null=True)

    class Meta:
        model = Result
        fields = [
            "id",
            "project",
            "indicator",
            "place",
            "office",
            "period",
            "revision",
            "corrects",
            "correction_reason",
            "is_late",
            "status",
            "version",
            "state",
            "value",
            "numerator",
            "denominator",
            "things",
            "unnamed",
            "rating",
            "qualifier",
            "cells",
            "credits",
            "co_delivery",
            "narrative",
            "window_start",
            "window_end",
            "entered_by",
            "entered_at",
            "changed_at",
            "submitted_by",
            "submitted_at",
            "verified_by",
            "verified_at",
            "approved_by",
            "approved_at",
            "review_comment",
        ]

    @extend_schema_field({"type": "string", "nullable": True})
    def get_place(self, result: Result) -> str | None:
        """A country's three letters, a city's key, or null."""
        return PlaceField().to_representation(result.line)

    @extend_schema_field({"type": "string", "enum": QUALIFIERS})
    def get_qualifier(self, result: Result) -> str:
        """How exact the number is."""
        return Qualifier(result.qualifier).word

    @extend_schema_field(CELLS)
    def get_cells(self, result: Result) -> dict[str, Any]:
        """Cells by category code, as they are sent."""
        return {cell.category.code: cell_text(cell) for cell in result.cells.all()}

    @extend_schema_field(Together(allow_null=True))
    def get_co_delivery(self, result: Result) -> dict[str, Any] | None:
        """Who brought a joint result about; null where it is UN-Habitat's alone."""
        told = co_delivery_of(result)
        return dict(Together(told).data) if told["partners"] else None


class Check(serializers.Serializer[Any]):
    """A remark of the checks before review: a stable code, and words for the reviewer."""

    code = serializers.CharField()
    text = serializers.CharField()


class ReviewRow(ResultRow):
    """A result that waits for review, with what the reviewer looks at twice."""

    act = serializers.SerializerMethodField()
    checks = serializers.SerializerMethodField()

    class Meta(ResultRow.Meta):
        fields = [*ResultRow.Meta.fields, "act", "checks"]

    @extend_schema_field({"type": "string", "enum": ["approve", "verify"], "nullable": True})
    def get_act(self, result: Result) -> str | None:
        """The step that the reader may take; null where somebody else decides, or nobody can."""
        if not self.context["openness"].takes(result.line.project_id, result.period):
            return None
        return next_step(self.context["request"].user, result) or None

    @extend_schema_field(Check(many=True))
    def get_checks(self, result: Result) -> Any:
        """What the checks remark on it; they refuse nothing."""
        return Check(self.context["remarks"][result.pk], many=True).data


class ResultDetail(ResultRow):
    """A result with its evidence."""

    evidence = EvidenceSerializer(many=True, read_only=True)

    class Meta(ResultRow.Meta):
        fields = [*ResultRow.Meta.fields, "evidence"]


def cell_text(cell: Any) -> str | dict[str, str]:
    """A category's part as text, or its two parts."""
    if cell.value is not None:
        return decimal_text(cell.value)
    return {
        "numerator": decimal_text(cell.numerator),
        "denominator": decimal_text(cell.denominator),
    }
