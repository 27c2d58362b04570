"""Stories of impact and innovation labs. Every rule is that of the actions."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from habitat_tracker.accounts.models import Country, Office
from habitat_tracker.drf import PlanScopedMixin, RowSerializer, StrictSerializer
from habitat_tracker.errors import InvalidInput
from habitat_tracker.web import allow, person
from projects import actions
from projects.actions import LabInput, StoryInput
from projects.filters import LabFilter, StoryFilter
from projects.models import InnovationLab, Project, Result, Story
from projects.permissions import can_describe, can_propose_in

from .life import VERSION, Moved
from .requests import IF_MATCH, ReadsRequests
from .result_bodies import Person


def _country(code: str) -> Country | None:
    """A country by its three letters; empty: none."""
    if not code:
        return None
    found = Country.objects.filter(iso3=code).first()
    if found is None:
        raise InvalidInput.of("country", "unknown_country", _("There is no such country."))
    return found


class StoryRow(RowSerializer):
    """A story of impact, and the results that it rests on by their ids."""

    project = serializers.CharField(source="project.code")
    country = serializers.CharField(source="country.iso3", allow_null=True, default=None)
    results = serializers.PrimaryKeyRelatedField(many=True, read_only=True)  # type: ignore[var-annotated]
    entered_by = Person(read_only=True)

    class Meta:
        model = Story
        fields = [
            *("id", "project", "title", "text", "country", "results", "link", "picture"),
            *("image_rights", "consent", "status", "published_at", "version", "entered_by"),
            "entered_at",
        ]


class StoryBody(StrictSerializer):
    """A story, the whole of it."""

    title = serializers.CharField(allow_blank=True, max_length=400)
    text = serializers.CharField(allow_blank=True, max_length=30_000)
    country = serializers.CharField(allow_blank=True, default="", max_length=3)
    results = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        default=list,
        max_length=200,
    )
    link = serializers.CharField(allow_blank=True, default="", max_length=600)
    picture = serializers.CharField(allow_blank=True, default="", max_length=600)
    image_rights = serializers.CharField(allow_blank=True, default="", max_length=400)
    consent = serializers.CharField(allow_blank=True, default="", max_length=600)
    version = serializers.IntegerField(**VERSION)


class NewStory(StoryBody):
    """A story of a project."""

    project = serializers.CharField(max_length=40)


class StoryViewSet(
    ReadsRequests,
    PlanScopedMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet[Story],
):
    """Stories of impact: published ones, and drafts of your offices."""

    queryset = Story.objects.select_related(
        "project__office", "project__plan", "country", "entered_by"
    ).prefetch_related("results")
    plan_path = "project__plan"
    filterset_class = StoryFilter
    serializer_class = StoryRow
    lookup_value_regex = r"\d{1,18}"
    ordering: ClassVar[tuple[str, ...]] = ("pk",)

    @extend_schema(request=NewStory, responses={201: StoryRow})
    def create(self, request: Request, plan: str) -> Response:
        """Write a story of a project."""
        given = self.body(NewStory)
        return self.write(self.project(given.pop("project")), given, None, 201)

    @extend_schema(request=StoryBody, parameters=[IF_MATCH], responses=StoryRow)
    def update(self, request: Request, plan: str, pk: str) -> Response:
        """Change a story that is not published, the whole of it."""
        held = self.get_object()
        return self.write(held.project, self.body(StoryBody), held, 200)

    def write(
        self, project: Project, given: dict[str, Any], held: Story | None, status: int
    ) -> Response:
        """Save what was sent."""
        user = person(self.request)
        allow(
            can_describe(user, project),
            _("Only a reporter or manager of the project's office may write its stories."),
        )
        version = self.version(given)
        given.pop("version", None)
        ids = given.pop("results")
        results = {
            one.pk: one
            for one in Result.objects.visible_to(user)
            .of_plan(self.plan)
            .filter(pk__in=ids)
            .select_related("line__project")
        }
        if missing := [pk for pk in ids if pk not in results]:
            text = _("There is no result %(id)s in this plan.") % {"id": missing[0]}
            raise InvalidInput.of("results", "unknown_result", text)
        entered = StoryInput(
            **given | {"country": _country(given["country"]), "results": tuple(results.values())}
        )
        saved = actions.save_story(
            project=project, entered=entered, by=user, story=held, version=version
        )
        return self.answer(saved, status)

    @extend_schema(request=Moved, responses=StoryRow)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, plan: str, pk: str) -> Response:
        """Publish it: a manager of the project's office."""
        held, given, user = self.get_object(), self.body(Moved), person(request)
        done = actions.publish_story(story=held, by=user, version=self.version(given))
        return self.answer(done)

    @extend_schema(request=Moved, responses=StoryRow)
    @action(detail=True, methods=["post"], url_path="take-back")
    def take_back(self, request: Request, plan: str, pk: str) -> Response:
        """Take a published story back, with a reason."""
        held, given, user = self.get_object(), self.body(Moved), person(request)
        done = actions.take_story_back(
            story=held,
            by=user,
            reason=given["reason"],
            version=self.version(given),
        )
        return self.answer(done)

    def answer(self, one: Story, status: int = 200) -> Response:
        """A story with its version as `ETag`."""
        fresh = self.queryset.all().get(pk=one.pk)
        data = StoryRow(fresh, context=self.get_serializer_context()).data
        return Response(data, status=status, headers={"ETag": f'"{fresh.version}"'})


class LabRow(RowSerializer):
    """An innovation lab."""

    office = serializers.CharField(source="office.code")
    country = serializers.CharField(source="country.iso3")
    projects = serializers.SlugRelatedField("code", many=True, read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = InnovationLab
        fields = [
            *("id", "name", "office", "country", "city", "host", "status", "projects", "link"),
            *("source", "note", "version"),
        ]


class LabBody(StrictSerializer):
    """A lab, the whole of it; `is_another` where its city has another one already."""

    name = serializers.CharField(allow_blank=True, max_length=400)
    office = serializers.CharField(max_length=20)
    country = serializers.CharField(allow_blank=True, default="", max_length=3)
    city = serializers.CharField(allow_blank=True, default="", max_length=200)
    host = serializers.CharField(allow_blank=True, default="", max_length=300)
    status = serializers.CharField(max_length=20)
    link = serializers.CharField(allow_blank=True, default="", max_length=600)
    projects = serializers.ListField(
        child=serializers.CharField(max_length=40), default=list, max_length=100
    )
    is_another = serializers.BooleanField(default=False)
    version = serializers.IntegerField(**VERSION)


class LabViewSet(
    ReadsRequests,
    PlanScopedMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet[InnovationLab],
):
    """The register of innovation labs, each once."""

    queryset = InnovationLab.objects.select_related("office", "country").prefetch_related(
        "projects"
    )
    filterset_class = LabFilter
    serializer_class = LabRow
    lookup_value_regex = r"\d{1,18}"
    ordering: ClassVar[tuple[str, ...]] = ("pk",)

    @extend_schema(request=LabBody, responses={201: LabRow})
    def create(self, request: Request, plan: str) -> Response:
        """Register a lab."""
        return self.write(None, 201)

    @extend_schema(request=LabBody, parameters=[IF_MATCH], responses=LabRow)
    def update(self, request: Request, plan: str, pk: str) -> Response:
        """Change a lab, the whole of it."""
        return self.write(self.get_object(), 200)

    def write(self, held: InnovationLab | None, status: int) -> Response:
        """Save what was sent."""
        user = person(self.request)
        given = self.body(LabBody)
        version = self.version(given)
        given.pop("version", None)
        office = Office.objects.filter(code=given.pop("office")).first()
        if office is None:
            raise InvalidInput.of("office", "unknown_office", _("There is no such office."))
        allow(
            can_propose_in(user, office),
            _("Only a reporter or manager of the office may register its labs."),
        )
        projects = tuple(self.project(code) for code in given.pop("projects"))
        entered = LabInput(**given | {"country": _country(given["country"]), "projects": projects})
        saved = actions.save_lab(
            plan=self.plan, office=office, entered=entered, by=user, lab=held, version=version
        )
        fresh = self.queryset.all().get(pk=saved.pk)
        headers = {"ETag": f'"{fresh.version}"'}
        return Response(LabRow(fresh).data, status=status, headers=headers)
