"""What documents state and our own records do not hold, as answers name it."""

from __future__ import annotations

from rest_framework import serializers

from habitat_tracker.drf import DecimalText, RowSerializer
from outcomes.choices import Qualifier
from outcomes.models import StatedFigure


class StatedPartRow(RowSerializer):
    """A part of a stated total."""

    amount = DecimalText(read_only=True, allow_null=True)
    qualifier = serializers.SerializerMethodField()

    class Meta:
        model = StatedFigure
        fields = ["key", "text", "amount", "value_text", "unit", "qualifier", "paragraph"]

    def get_qualifier(self, figure: StatedFigure) -> str:
        """How exact the number is."""
        return Qualifier(figure.qualifier).word


class StatedFigureRow(StatedPartRow):
    """A figure that a document states, with its paragraph and passage; of a total, its parts."""

    theme = serializers.SlugRelatedField("code", read_only=True, allow_null=True)  # type: ignore[var-annotated]
    parts = StatedPartRow(many=True, read_only=True)

    class Meta:
        model = StatedFigure
        fields = [
            *StatedPartRow.Meta.fields,
            *("theme", "as_of", "window_start", "window_end"),
            *("quote", "source", "verification", "note", "parts"),
        ]
