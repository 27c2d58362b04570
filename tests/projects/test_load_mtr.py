"""The results of the mid-term review: entered once, by the rules, with their evidence."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command

from habitat_tracker.accounts.models import User
from habitat_tracker.fields import SCALE
from outcomes.choices import Basis, Qualifier
from outcomes.models import Figure, StatedFigure
from outcomes.scopes import PLAN
from projects.models import Note, Project, Result

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def loaded(shared_rows: Path) -> None:
    """The plan and the review, as the two commands leave them."""
    call_command("load_plan", stdout=StringIO())
    call_command("load_mtr", stdout=StringIO())


def figure(code: str) -> tuple[Decimal, int | None]:
    """Value to date and qualifier of the plan's figure in the quarter of the review."""
    row = Figure.objects.get(
        indicator__code=code, scope=PLAN, basis=Basis.OFFICIAL, cell="", period=5
    )
    assert row.numerator is not None
    assert row.denominator is not None
    return Decimal(row.numerator) / row.denominator / SCALE, row.qualifier


def test_everything_is_entered_and_approved(loaded: None) -> None:
    assert set(Result.objects.values_list("status", flat=True)) == {"approved"}
    assert set(Note.objects.values_list("status", flat=True)) == {"approved"}
    assert (Result.objects.count(), Note.objects.count()) == (46, 42)
    assert set(Result.objects.values_list("period__label", flat=True)) == {"2021-Q1"}
    windows = set(Result.objects.values_list("window_start", "window_end"))
    assert windows == {(date(2020, 1, 1), date(2021, 3, 31))}


@pytest.mark.parametrize(
    ("code", "number", "qualifier"),
    [
        ("HL-PUB", 3, Qualifier.EXACT),
        ("HL-TEC", 15, Qualifier.EXACT),
        ("HL-SEM", 121, Qualifier.MORE_THAN),
        ("HL-FLD", 46, Qualifier.EXACT),
        ("O2.2-PRP", 2_200_000, Qualifier.EXACT),
        ("O2.3-LAB", 2, Qualifier.EXACT),
        ("O3.1-GUI", 3, Qualifier.EXACT),
        ("O4.2-TENW", 24, Qualifier.EXACT),
        ("O4.3-PRF", 5, Qualifier.EXACT),
        ("O4.1-CTY", 15, Qualifier.MORE_THAN),
    ],
)
def test_totals_are_those_of_the_review(
    loaded: None, code: str, number: int, qualifier: int
) -> None:
    assert figure(code) == (number, qualifier)


def test_loading_again_changes_nothing(loaded: None) -> None:
    def everything() -> dict[str, list[Any]]:
        return {
            model._meta.label: list(model._default_manager.order_by("pk").values())
            for label in ("accounts", "outcomes", "projects")
            for model in apps.get_app_config(label).get_models()
        }

    before = everything()
    call_command("load_mtr", stdout=StringIO())
    assert everything() == before


def test_source_is_no_project_and_has_no_country(loaded: None) -> None:
    project = Project.objects.get(code="MTR-2021")
    assert (project.kind, project.office.code) == ("corporate_source", "HQ")
    assert not project.countries.exists()
    assert not Project.objects.counted().exists()


def test_result_counts_for_the_office_of_its_place(loaded: None) -> None:
    line = Result.objects.get(line__indicator__code="O2.1-PLN").line
    home = line.contributor.revisions.at().get()
    assert (home.country.iso3, home.office.code) == ("SYR", "ROAS")


def test_listed_things_are_entered_by_name(loaded: None) -> None:
    result = Result.objects.get(line__indicator__code="O4.3-PRF")
    assert sorted(result.things.values_list("country__iso3", flat=True)) == [
        "AFG",
        "IRQ",
        "LBY",
        "SOM",
        "SYR",
    ]


def test_paragraph_is_the_evidence(loaded: None) -> None:
    evidence = Result.objects.get(line__indicator__code="O4.2-TEN").evidence.get()
    assert (evidence.title, evidence.passage) == ("HSP/OECPR.2021/2", "para. 63 (F158)")
    assert "1.8 万多户家庭" in evidence.quote


def test_notes_are_for_readers(loaded: None) -> None:
    notes = {note.key: note for note in Note.objects.all()}
    assert str(notes["F138"].text) == "Countries of the officials trained."
    assert (notes["F130"].value_text, notes["F127"].value_text) == ("3 organizations", "1 centre")
    assert not any("check:" in str(note.text).lower() for note in notes.values())


def test_what_the_review_only_states_is_kept(loaded: None) -> None:
    stated = {row.key: row for row in StatedFigure.objects.select_related("office", "theme")}
    assert len(stated) == 41
    assert {key: stated[key].amount for key in ("F052", "F053", "F054", "F062", "F181")} == {
        "F052": 131,
        "F053": 129,
        "F054": 190_000_000,
        "F062": 191,
        "F181": 26,
    }
    assert (stated["F062"].value, stated["F062"].parts.count()) == (None, 4)
    assert (stated["F054"].qualifier, stated["F054"].as_of) == (
        Qualifier.ABOUT,
        date(2020, 12, 31),
    )
    offices = {row.office.code for row in stated.values() if row.office}
    assert offices == {"ROAF", "ROAP", "ROAS", "ROLAC", "ECIS"}


def test_stated_flagships_serve_the_outcomes_that_the_plan_says(loaded: None) -> None:
    for row in StatedFigure.objects.filter(theme__isnull=False, value__isnull=True):
        assert row.theme is not None
        outcome = row.theme.outcomes.get()
        assert row.value_text == {
            "en": f"Serves outcome {outcome.code}",
            "zh": f"成果 {outcome.code}",
        }


def test_stated_passages_agree_with_those_of_results_and_notes(loaded: None) -> None:
    notes = {note.key: note for note in Note.objects.all()}
    for row in StatedFigure.objects.all():
        assert row.quote["zh"].strip() and row.text["zh"].strip()
        if row.key in notes:
            assert row.quote["zh"].startswith(notes[row.key].evidence.get().quote)


def test_accounts_cannot_sign_in(loaded: None) -> None:
    for user in User.objects.filter(email__endswith="@corporate.invalid"):
        assert not user.has_usable_password()
    result = Result.objects.first()
    assert result is not None
    assert result.entered_by != result.approved_by
