"""The form of what a project is about; the rules are those of `describe_project`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from habitat_tracker.forms import NumberField
from plans.choices import ABOUT_THEMES, EXAMINED_THEMES, NAMED_THEMES, USED_THEMES, ThemeKind
from plans.models import Theme
from projects.actions import Description
from projects.choices import CovidMarker, Marker, Score
from projects.models import Project, ProjectTheme


class DescriptionForm(forms.Form):
    """Flagship, COVID-19, drivers and enablers, markers, tools, innovation and replication.

    The themes are those of the project's plan: `named.DRV-LEG` is ticked by writing the reason,
    `markers.SI-GEN` is a choice in which "not examined" is one.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    flagship = forms.ChoiceField(required=False, label=gettext_lazy("Flagship programme"))
    covid = forms.ChoiceField(
        required=False, choices=CovidMarker.choices, label=gettext_lazy("Response to COVID-19")
    )
    covid_share = NumberField(
        required=False,
        label=gettext_lazy("Share of the budget, in percent"),
        help_text=gettext_lazy("Only where a part of the budget responds to COVID-19."),
    )

    def __init__(
        self,
        *args: Any,
        project: Project,
        said: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """`said` is what a project document says, in the place of the project's record."""
        self.themes = list(
            Theme.objects.filter(
                plan=project.plan,
                kind__in=(*ABOUT_THEMES, ThemeKind.FLAGSHIP),
            ).order_by("position", "code")
        )
        if said is None:
            held = list(project.themes.select_related("theme"))
            values = self._values_of(project, held)
        else:
            values = self._values_said(said)
        kwargs.setdefault("initial", {}).update(values)
        super().__init__(*args, **kwargs)
        flagship = self.fields["flagship"]
        assert isinstance(flagship, forms.ChoiceField)
        flagship.choices = [
            ("", _("none")),
            *((one.code, str(one)) for one in self._of(ThemeKind.FLAGSHIP)),
        ]
        for theme in self._of(*NAMED_THEMES):
            self.fields[f"named.{theme.code}"] = forms.CharField(
                required=False,
                max_length=5_000,
                label=str(theme),
                widget=forms.Textarea(attrs={"rows": 2}),
            )
        for theme in self._of(*EXAMINED_THEMES):
            self.fields[f"markers.{theme.code}"] = forms.ChoiceField(
                required=False,
                label=str(theme),
                choices=[("", _("Not examined")), *Marker.choices],
            )
        tools = self._of(*USED_THEMES)
        if tools:
            self.fields["tools"] = forms.MultipleChoiceField(
                required=False,
                label=_("Services and tools that it uses"),
                choices=[(one.code, str(one)) for one in tools],
                widget=forms.CheckboxSelectMultiple,
            )
        for name, label in (
            ("innovation", _("Innovation")),
            ("replication", _("Potential for replication")),
        ):
            self.fields[name] = forms.ChoiceField(
                required=False, label=label, choices=[("", _("Not assessed")), *Score.choices]
            )
            self.fields[f"{name}_text"] = forms.CharField(
                required=False,
                max_length=5_000,
                label=_("What this rests on"),
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    def _of(self, *kinds: str) -> list[Theme]:
        return [one for kind in kinds for one in self.themes if one.kind == kind]

    def _values_of(self, project: Project, held: list[ProjectTheme]) -> dict[str, Any]:
        """What the project says now, by the names of the fields."""
        values: dict[str, Any] = {
            "version": project.version,
            "flagship": project.flagship.code if project.flagship else "",
            "covid": project.covid,
            "covid_share": project.covid_percent,
            "tools": [one.theme.code for one in held if one.theme.kind in USED_THEMES],
        }
        for name in ("innovation", "replication"):
            values[name] = getattr(project, name)
            values[f"{name}_text"] = getattr(project, f"{name}_text")
        for one in held:
            if one.theme.kind in NAMED_THEMES:
                values[f"named.{one.theme.code}"] = one.reason
            elif one.marker is not None:
                values[f"markers.{one.theme.code}"] = one.marker
        return values

    def _values_said(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """What a project document says, by the names of the fields."""
        apart = ("named", "markers")
        values = {name: value for name, value in said.items() if name not in apart}
        for head in apart:
            values |= {f"{head}.{code}": text for code, text in (said.get(head) or {}).items()}
        return values

    def named_fields(self, kind: str) -> list[forms.BoundField]:
        """The fields of a kind of themes."""
        head = "named" if kind in NAMED_THEMES else "markers"
        return [self[f"{head}.{one.code}"] for one in self._of(kind)]

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Drivers, enablers and what it was examined for: the heading and the fields of each."""
        headings = {
            ThemeKind.DRIVER: _("Drivers of change"),
            ThemeKind.ENABLER: _("Organizational performance enablers"),
            ThemeKind.INCLUSION: _("Social inclusion dimensions"),
            ThemeKind.CROSS_CUTTING: _("Cross-cutting themes"),
            ThemeKind.EVALUATION_ISSUE: _("Cross-cutting issues of evaluations"),
        }
        found = [(str(text), self.named_fields(kind)) for kind, text in headings.items()]
        return [(text, fields) for text, fields in found if fields]

    @property
    def scored(self) -> list[forms.BoundField]:
        """The two questions that appraisers score, each with what the score rests on."""
        names = ("innovation", "innovation_text", "replication", "replication_text")
        return [self[name] for name in names]

    def description(self) -> Description:
        """What was entered, for the action; call it after `is_valid`."""
        said = self.cleaned_data

        def under(head: str) -> dict[str, str]:
            return {
                name.removeprefix(f"{head}."): value
                for name, value in said.items()
                if name.startswith(f"{head}.") and value.strip()
            }

        return Description(
            named=under("named"),
            markers=under("markers"),
            tools=tuple(said.get("tools") or ()),
            flagship=said["flagship"],
            covid=said["covid"],
            covid_share=said["covid_share"],
            replication=said["replication"],
            replication_text=said["replication_text"],
            innovation=said["innovation"],
            innovation_text=said["innovation_text"],
        )
