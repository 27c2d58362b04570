"""Projects: who works where, for which outcomes, what they are about, and what they report."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import Country, Office
from habitat_tracker.accounts.permissions import has_role_anywhere
from habitat_tracker.drf import (
    DecimalInput,
    DecimalText,
    PlanScopedMixin,
    RowSerializer,
    StrictSerializer,
)
from habitat_tracker.errors import InvalidInput
from habitat_tracker.web import allow, person
from outcomes.api.frameworks import FrameworkLinkSerializer, FrameworksBody, links_in
from outcomes.models import Outcome
from projects.actions import Description, describe_project, enter_project, set_project_frameworks
from projects.alignment import Inherited, served_by
from projects.choices import ProjectStatus, Rank
from projects.filters import ProjectFilter
from projects.models import (
    Alignment,
    OutcomeShare,
    Project,
    ProjectFramework,
    ProjectIndicator,
    ProjectTheme,
)
from projects.permissions import can_describe, can_manage

from .requests import IF_MATCH, ReadsRequests


@extend_schema_field(OpenApiTypes.STR)
class PlaceField(serializers.Field[Any, Any, Any, Any]):
    """A line's place: a country's three letters, a city's key, or null where there is none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**(kwargs | {"source": "*", "read_only": True, "allow_null": True}))

    def to_representation(self, line: ProjectIndicator) -> str | None:
        """The code that an entry names the place with."""
        if line.city:
            return line.city.key
        return line.country.iso3 if line.country else None


class AlignmentSerializer(RowSerializer):
    """An outcome that a project serves, and how strongly."""

    outcome = serializers.SlugRelatedField("code", read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = Alignment
        fields = ["outcome", "rank", "justification"]


class OutcomeShareSerializer(RowSerializer):
    """The percentage of a project's money that is for an outcome."""

    outcome = serializers.SlugRelatedField("code", read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = OutcomeShare
        fields = ["outcome", "share"]


class LineSerializer(RowSerializer):
    """A reporting line: an indicator that the project reports for a place, from when to when.

    Its baseline and target are the project's own, not those of the plan.
    """

    indicator = serializers.SlugRelatedField("code", read_only=True)  # type: ignore[var-annotated]
    place = PlaceField()
    baseline = DecimalText(read_only=True, allow_null=True)
    target = DecimalText(read_only=True, allow_null=True)
    target_date = serializers.DateField(read_only=True, allow_null=True)

    class Meta:
        model = ProjectIndicator
        fields = [
            *("indicator", "place", "expected_from", "expected_to"),
            *("baseline", "target", "target_date"),
        ]


class ProjectThemeSerializer(RowSerializer):
    """A theme that the project names (with its reason), was examined for (marker) or uses."""

    kind = serializers.CharField(source="theme.kind")
    theme = serializers.SlugRelatedField("code", read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = ProjectTheme
        fields = ["kind", "theme", "marker", "reason"]


class DescriptionBody(StrictSerializer):
    """What a project is about, the whole of it: what is left out is taken away."""

    named = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=10_000),
        default=dict,
        help_text="Drivers and enablers by code, each with how the project uses it.",
    )
    markers = serializers.DictField(
        child=serializers.IntegerField(),
        default=dict,
        help_text="0 not targeted, 1 significant, 2 principal; left out: not examined.",
    )
    tools = serializers.ListField(
        child=serializers.CharField(max_length=40), default=list, max_length=200
    )
    flagship = serializers.CharField(allow_blank=True, default="", max_length=40)
    covid = serializers.CharField(
        allow_blank=True,
        default="",
        max_length=20,
        help_text="Empty (not examined), `not_part`, `partly` or `wholly`.",
    )
    covid_share = DecimalInput(default=None, allow_null=True, help_text="In percent of the budget.")
    innovation = serializers.IntegerField(default=None, allow_null=True, help_text="0 to 3.")
    innovation_text = serializers.CharField(allow_blank=True, default="", max_length=10_000)
    replication = serializers.IntegerField(default=None, allow_null=True, help_text="0 to 3.")
    replication_text = serializers.CharField(allow_blank=True, default="", max_length=10_000)
    version = serializers.IntegerField(
        required=False, min_value=0, max_value=2**31 - 1, help_text="The version that you saw."
    )


class ServedOutcome(StrictSerializer):
    """An outcome that a project serves, and how strongly; one is `primary`."""

    outcome = serializers.CharField(max_length=10)
    rank = serializers.ChoiceField(Rank.choices)


class ProjectBody(StrictSerializer):
    """What stands in a project's record; lists and texts by language are replaced as a whole."""

    title = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=10_000), required=False
    )
    summary = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=25_000), required=False
    )
    office = serializers.CharField(max_length=20, required=False)
    countries = serializers.ListField(
        child=serializers.CharField(max_length=3),
        max_length=300,
        required=False,
        help_text="Three letters each; none: the project is global.",
    )
    start = serializers.DateField(allow_null=True, required=False)
    end = serializers.DateField(allow_null=True, required=False)
    outcomes = serializers.ListField(child=ServedOutcome(), max_length=200, required=False)
    status = serializers.CharField(
        max_length=20,
        required=False,
        help_text="Of one that is taken over; later it changes with the steps of its life.",
    )
    reason = serializers.CharField(
        allow_blank=True,
        max_length=1_000,
        required=False,
        help_text="Why it is taken over without a proposal, or why it is changed.",
    )


class NewProject(ProjectBody):
    """A project that was approved elsewhere and is taken over without a proposal."""

    code = serializers.CharField(max_length=60)
    title = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=10_000), required=True
    )
    office = serializers.CharField(max_length=20)
    outcomes = serializers.ListField(child=ServedOutcome(), max_length=200)


class ProjectChange(ProjectBody):
    """What is to change, and the version that you saw; what is left out stays as it is."""

    version = serializers.IntegerField(
        required=False, min_value=0, max_value=2**31 - 1, help_text="Else `If-Match`."
    )


class InheritedAlignment(serializers.Serializer[Any]):
    """A framework or target that the project serves through what it reports."""

    target = serializers.CharField(source="theme.code")
    indicators = serializers.SerializerMethodField()
    outcomes = serializers.SerializerMethodField()

    def get_indicators(self, one: Inherited) -> dict[str, str]:
        """The indicators that lead there, with how sure that is."""
        return {link.indicator.code: link.confidence for link in one.indicators}

    def get_outcomes(self, one: Inherited) -> dict[str, str]:
        """The outcomes that lead there, with how sure that is."""
        return {link.outcome.code: link.confidence for link in one.outcomes}


class ServedSerializer(serializers.Serializer[Any]):
    """What a project serves of global frameworks, its own links apart from inherited ones."""

    own = FrameworkLinkSerializer(many=True, read_only=True)
    inherited = InheritedAlignment(many=True, read_only=True)
    version = serializers.IntegerField(read_only=True)


class ProjectSerializer(RowSerializer):
    """A project; `lines` are what results can be sent for."""

    office = serializers.SlugRelatedField("code", read_only=True)  # type: ignore[var-annotated]
    countries = serializers.SlugRelatedField("iso3", many=True, read_only=True)  # type: ignore[var-annotated]
    alignments = AlignmentSerializer(many=True, read_only=True)
    shares = OutcomeShareSerializer(
        source="outcome_shares",
        many=True,
        read_only=True,
        help_text="Of the money, by outcome: 100 in all; none: all is for the primary outcome.",
    )
    flagship = serializers.SlugRelatedField("code", read_only=True, allow_null=True)  # type: ignore[var-annotated]
    themes = ProjectThemeSerializer(many=True, read_only=True)
    frameworks = FrameworkLinkSerializer(many=True, read_only=True)
    lines = LineSerializer(many=True, read_only=True)

    class Meta:
        model = Project
        fields = [
            "code",
            "title",
            "summary",
            "kind",
            "status",
            "office",
            "countries",
            "start",
            "end",
            "alignments",
            "shares",
            "flagship",
            "covid",
            "covid_share",
            "themes",
            "innovation",
            "innovation_text",
            "replication",
            "replication_text",
            "frameworks",
            "taken_over_at",
            "taken_over_reason",
            "version",
            "lines",
        ]


class ProjectViewSet(ReadsRequests, PlanScopedMixin, ReadOnlyModelViewSet[Project]):
    """The plan's projects, and the corporate sources that results are taken from."""

    queryset = Project.objects.select_related("office", "flagship").prefetch_related(
        Prefetch("themes", ProjectTheme.objects.select_related("theme")),
        Prefetch("frameworks", ProjectFramework.objects.select_related("theme")),
        "countries",
        Prefetch("alignments", Alignment.objects.select_related("outcome")),
        Prefetch("outcome_shares", OutcomeShare.objects.at().select_related("outcome")),
        Prefetch(
            "lines",
            ProjectIndicator.objects.select_related(
                "indicator", "country", "city"
            ).with_own_values(),
        ),
    )
    serializer_class = ProjectSerializer
    filterset_class = ProjectFilter
    lookup_field = "code"
    lookup_value_regex = r"[^/\x00]+"
    ordering: ClassVar[tuple[str, ...]] = ("code",)

    @extend_schema(request=NewProject, responses={201: ProjectSerializer})
    def create(self, request: Request, plan: str) -> Response:
        """Take over a project that was approved elsewhere: managers of its office.

        Every other project begins with a proposal (`documents/`).
        """
        user = person(request)
        allow(
            has_role_anywhere(user, Role.MANAGER),
            _("Only a manager of an office may add projects to it."),
        )
        content: dict[str, Any] = {
            "summary": {},
            "start": None,
            "end": None,
            "status": ProjectStatus.ACTIVE,
        }
        content |= self._content(self.body(NewProject))
        made = enter_project(plan=self.plan, is_new=True, by=user, **content)
        return self._answer(made, status=201)

    @extend_schema(request=ProjectChange, parameters=[IF_MATCH], responses=ProjectSerializer)
    def partial_update(self, request: Request, plan: str, code: str) -> Response:
        """Change a project's record: managers of its office; needs the version that you saw."""
        held = self.get_object()
        user = person(request)
        allow(can_manage(user, held), _("Only a manager of the project's office may change it."))
        given = self.body(ProjectChange)
        version = self.needed_version(given)
        given.pop("version", None)
        content: dict[str, Any] = {
            "title": dict(held.title),
            "office": held.office,
            "countries": list(held.countries.all()),
            "ranks": {one.outcome: one.rank for one in held.alignments.all()},
        } | self._content(given)
        saved = enter_project(
            plan=self.plan, code=held.code, is_new=False, version=version, by=user, **content
        )
        return self._answer(saved)

    def _content(self, given: dict[str, Any]) -> dict[str, Any]:
        """What a body says, with the rows behind its codes."""
        said = {name: value for name, value in given.items() if name != "outcomes"}
        if "office" in given:
            said["office"] = Office.objects.filter(code=given["office"]).first()
            if said["office"] is None:
                raise InvalidInput.of("office", "unknown_office", _("There is no such office."))
        if "countries" in given:
            known = Country.objects.in_bulk(given["countries"], field_name="iso3")
            if set(given["countries"]) - known.keys():
                text = _("There is no such country.")
                raise InvalidInput.of("countries", "unknown_country", text)
            said["countries"] = list(known.values())
        if "outcomes" in given:
            said["ranks"] = self._ranks(given["outcomes"])
        return said

    def _ranks(self, rows: list[dict[str, str]]) -> dict[Outcome, str]:
        known = {one.code: one for one in Outcome.objects.filter(plan=self.plan)}
        ranks: dict[Outcome, str] = {}
        for number, one in enumerate(rows, 1):
            outcome = known.get(one["outcome"])
            if outcome is None:
                text = _("There is no such outcome in this plan.")
                raise InvalidInput.of("outcomes", "unknown_outcome", text, number)
            if outcome in ranks:
                text = _("Outcome %(code)s stands here twice.") % {"code": outcome.code}
                raise InvalidInput.of("outcomes", "duplicate_row", text, number)
            ranks[outcome] = one["rank"]
        return ranks

    def _answer(self, one: Project, status: int = 200) -> Response:
        """The project as it stands, with its version as `ETag`."""
        fresh = self.queryset.all().get(pk=one.pk)
        headers = {"ETag": f'"{fresh.version}"'}
        return Response(ProjectSerializer(fresh).data, status=status, headers=headers)

    @extend_schema(request=DescriptionBody, parameters=[IF_MATCH], responses=ProjectSerializer)
    @action(detail=True, methods=["put"])
    def about(self, request: Request, plan: str, code: str) -> Response:
        """Say what the project is about; needs the version that you saw."""
        project = self.get_object()
        user = person(request)
        allow(
            can_describe(user, project),
            _("Only a reporter or manager of the project's office may say what it is about."),
        )
        given = self.body(DescriptionBody)
        version = self.needed_version(given)
        given.pop("version", None)
        said = Description(**(given | {"tools": tuple(given["tools"])}))
        return self._answer(describe_project(project=project, said=said, by=user, version=version))

    @extend_schema(responses=ServedSerializer)
    @action(detail=True, methods=["get"])
    def frameworks(self, request: Request, plan: str, code: str) -> Response:
        """What the project serves of global frameworks, by itself and through what it reports."""
        return self._served(self.get_object())

    @extend_schema(request=FrameworksBody, parameters=[IF_MATCH], responses=ServedSerializer)
    @frameworks.mapping.put
    def set_frameworks(self, request: Request, plan: str, code: str) -> Response:
        """Say what the project serves beyond what it inherits; needs the version that you saw."""
        project = self.get_object()
        user = person(request)
        allow(
            can_describe(user, project),
            _("Only a reporter or manager of the project's office may say what it is about."),
        )
        given = self.body(FrameworksBody)
        version = self.needed_version(given)
        held = set_project_frameworks(
            project=project, links=links_in(given), by=user, version=version
        )
        return self._served(held)

    def _served(self, project: Project) -> Response:
        served = served_by(project)
        told = {"own": served.own, "inherited": served.inherited, "version": project.version}
        return Response(ServedSerializer(told).data, headers={"ETag": f'"{project.version}"'})
