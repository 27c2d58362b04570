"""The record of acts: who did what to what, when, why, and what it changed."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext as _
from django_filters.utils import translate_validation
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from habitat_tracker.accounts.activity_words import RECORDS, VERBS
from habitat_tracker.accounts.models import ActivityEntry
from habitat_tracker.accounts.permissions import can_audit
from habitat_tracker.drf import PlanScopedMixin, RowSerializer
from habitat_tracker.lists import KeysetPagination, refuse_unknown_parameters
from habitat_tracker.web import allow, person
from projects.api.result_bodies import Person
from reporting.audit import KINDS, AuditFilter, acts_on, record_or_404

# A field's value before and after: text, a list of texts, or null where there was none.
TOLD = {
    "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
    "nullable": True,
}
CHANGES = {
    "type": "object",
    "additionalProperties": {"type": "array", "items": TOLD, "minItems": 2, "maxItems": 2},
    "example": {"value": ["1150", "1200"]},
}


@extend_schema_field(CHANGES)
class Changes(serializers.JSONField):
    """`{field: [before, after]}`, as the record keeps it."""


class ActSerializer(RowSerializer):
    """One act on one record; `by` is null where the system did it."""

    by = Person(source="actor", read_only=True, allow_null=True)
    act = serializers.CharField(source="verb", read_only=True)
    record = serializers.CharField(source="target_type", read_only=True)
    record_id = serializers.CharField(source="target_id", read_only=True)
    record_name = serializers.CharField(source="target_label", read_only=True)
    changes = Changes(read_only=True)

    class Meta:
        model = ActivityEntry
        fields = ["id", "at", "by", "act", "record", "record_id", "record_name", "reason"]
        fields += ["changes"]


class ActivityViewSet(PlanScopedMixin, GenericViewSet[ActivityEntry]):
    """What was done in the offices that the reader manages or administers, the newest first."""

    queryset = ActivityEntry.objects.all()
    serializer_class = ActSerializer
    filter_backends = ()
    ordering: ClassVar[tuple[str, ...]] = ("-at", "-pk")

    @extend_schema(
        parameters=[
            OpenApiParameter("person", str, description="Words of a name or an e-mail address."),
            OpenApiParameter("record", str, enum=sorted(RECORDS), description="Kind of record."),
            OpenApiParameter("act", str, enum=sorted(VERBS)),
            OpenApiParameter("office", str, description="An office, with all below it."),
            OpenApiParameter("since", OpenApiTypes.DATE),
            OpenApiParameter("until", OpenApiTypes.DATE, description="That day included."),
            OpenApiParameter("q", str, description="Words of the record's name or the reason."),
        ]
    )
    def list(self, request: Request, plan: str) -> Response:
        """Acts of every plan, as the page Audit shows them; for managers and administrators."""
        assert self.plan
        user = person(request)
        allow(can_audit(user), _("Only managers and administrators read what others did."))
        known = {*AuditFilter.base_fields, *KeysetPagination.parameters}
        refuse_unknown_parameters(request, known)
        asked = AuditFilter(request.query_params, user=user)
        if not asked.is_valid():
            raise translate_validation(asked.errors)
        page = self.paginate_queryset(asked.acts())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class HistoryViewSet(PlanScopedMixin, GenericViewSet[ActivityEntry]):
    """Everything that was done to one record, the newest first, for whoever sees the record."""

    queryset = ActivityEntry.objects.all()
    serializer_class = ActSerializer
    filter_backends = ()
    ordering: ClassVar[tuple[str, ...]] = ("-at", "-pk")

    @extend_schema(
        parameters=[
            OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=sorted(KINDS)),
            OpenApiParameter("key", int, OpenApiParameter.PATH, description="The record's key."),
        ]
    )
    def list(self, request: Request, plan: str, kind: str, key: str) -> Response:
        """The acts on a record, as its page of history shows them."""
        refuse_unknown_parameters(request, KeysetPagination.parameters)
        user = person(request)
        record = record_or_404(user, self.plan, kind, int(key))
        page = self.paginate_queryset(acts_on(user, record))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)
