"""A database with evidence and means of verification, brought forward and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from projects.actions import Description, describe_project
from projects.models import AgreementRevision, Project, ProjectRevision
from tests import factories
from tests.factories import life
from tests.kept import projects_kept_otherwise

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def migrate() -> Iterator[Callable[[str, str], Any]]:
    """Brings the database to a migration of an app; the models as they were then."""

    def to(app: str, name: str) -> Any:
        MigrationExecutor(connection).migrate([(app, name)])
        return MigrationExecutor(connection).loader.project_state([(app, name)]).apps

    yield to
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_files_of_evidence_become_contents_and_files_again(
    migrate: Any, evidence_folder: Path
) -> None:
    plan = factories.plan("SP")
    outcome = factories.outcome(plan)
    line = factories.line(factories.project(plan, serves=outcome), factories.indicator(outcome))
    result = factories.report(line, 5)
    before = migrate("projects", "0003_correct_with_reasons_report_late_and_comment")
    contents = {"a": b"minutes", "b": b"minutes", "c": b"photo of a well"}
    for name, content in contents.items():
        default_storage.save(f"evidence/{name}.pdf", ContentFile(content))
    held = [("a", 7), ("b", 7), ("c", 15), ("missing", 9)]
    for name, size in held:
        before.get_model("projects", "Evidence").objects.create(
            result_id=result.pk,
            kind="file",
            title=name,
            file=f"evidence/{name}.pdf",
            size=size,
            added_by_id=result.entered_by_id,
        )
    before.get_model("projects", "Evidence").objects.create(
        result_id=result.pk,
        kind="link",
        title="link",
        url="https://example.org/",
        added_by_id=result.entered_by_id,
    )

    after = migrate("projects", "0006_drop_files_of_evidence")
    told = after.get_model("projects", "Evidence").objects.order_by("pk")
    columns = ("title", "stored__file", "stored__size")
    assert list(told.values_list(*columns)) == [
        ("a", "evidence/a.pdf", 7),
        ("b", "evidence/a.pdf", 7),
        ("c", "evidence/c.pdf", 15),
        ("missing", "evidence/missing.pdf", 9),
        ("link", None, None),
    ]
    assert after.get_model("projects", "StoredFile").objects.count() == 3

    again = migrate("projects", "0003_correct_with_reasons_report_late_and_comment")
    told = again.get_model("projects", "Evidence").objects.order_by("pk")
    assert list(told.values_list("title", "file", "size")) == [
        ("a", "evidence/a.pdf", 7),
        ("b", "evidence/a.pdf", 7),  # the same content
        ("c", "evidence/c.pdf", 15),
        ("missing", "evidence/missing.pdf", 9),
        ("link", "", 0),
    ]
    for name, content in contents.items():
        assert (evidence_folder / f"evidence/{name}.pdf").read_bytes() == content


def test_lines_of_means_become_rows_and_lines_again(migrate: Any) -> None:
    outcome = factories.outcome(factories.plan("SP"))
    pks = [factories.indicator(outcome, code).pk for code in ("A", "B", "C")]
    words = [f"word{n}" for n in range(100)]
    first, second = " ".join([*words, "one"]), " ".join([*words, "two"])  # more than fits a row
    texts = ["Minutes\r\n\n  Photo \nMinutes", "", f"Agenda\n{first}\n{second}"]
    before = migrate("outcomes", "0009_say_what_is_too_large")
    for pk, text in zip(pks, texts, strict=True):
        before.get_model("outcomes", "Indicator").objects.filter(pk=pk).update(
            means_of_verification=text
        )

    after = migrate("outcomes", "0013_drop_text_of_means")
    means = after.get_model("outcomes", "VerificationMeans").objects.order_by("position")
    rows = [list(means.filter(indicator=pk).values_list("text", flat=True)) for pk in pks]
    assert rows[:2] == [["Minutes", "Photo"], []]
    assert rows[2][0] == "Agenda" and all(len(text) <= 500 for text in rows[2])
    assert set(" ".join(rows[2]).split()) == {"Agenda", *words, "one", "two"}

    again = migrate("outcomes", "0009_say_what_is_too_large")
    told = again.get_model("outcomes", "Indicator").objects
    lines = [told.get(pk=pk).means_of_verification.split("\n") for pk in pks]
    assert lines == [["Minutes", "Photo"], [""], rows[2]]


def test_projects_without_a_proposal_are_marked_as_taken_over(migrate: Any) -> None:
    plan, office = life.desk()
    factories.project(plan, "OLD", office)
    author = factories.user("Author", "reporter", office)
    life.proposal(plan, office, author, "NEW")
    migrate("projects", "0027_mark_projects_taken_over")
    Project.objects.update(taken_over_at=None)
    migrate("projects", "0028_say_who_took_projects_over")
    marked = dict(Project.objects.values_list("code", "taken_over_at"))
    assert marked["OLD"] is not None and marked["NEW"] is None


def test_projects_are_taken_to_belong_where_they_do_since_they_were_created(migrate: Any) -> None:
    plan, office = life.desk()
    theme = factories.theme(plan, "flagship", "FP-1")
    outcome = factories.outcome(plan, "1.1")
    served = factories.project(plan, "P1", office, serves=outcome, status="closed")
    describe_project(project=served, said=Description(flagship=theme.code), by=None)
    factories.project(plan, "P2", factories.office("ROAP"), serves=outcome, rank="secondary")
    migrate("projects", "0028_say_who_took_projects_over")
    migrate("projects", "0030_keep_where_projects_belong")
    assert projects_kept_otherwise() == []
    kept = ProjectRevision.objects.select_related("project").order_by("project__code")
    assert [(one.project.code, one.flagship, one.outcome) for one in kept] == [
        ("P1", theme, outcome),
        ("P2", None, None),
    ]
    assert all(one.recorded_at == one.project.created_at for one in kept)


def test_agreements_are_taken_to_have_been_signed_as_they_are(migrate: Any) -> None:
    plan, office = factories.plan("SP"), factories.office("ROAF")
    partner = factories.partner(plan)
    factories.agreement(partner, date(2021, 1, 1), office, end=date(2021, 6, 30))
    factories.agreement(partner, date(2021, 2, 1), factories.office("ROAP"))
    migrate("projects", "0030_keep_where_projects_belong")
    migrate("projects", "0031_keep_who_signed_agreements_for_how_long")
    for one in AgreementRevision.objects.at().select_related("agreement"):
        held = one.agreement
        assert (one.office_id, one.start, one.end) == (held.office_id, held.start, held.end)
    assert AgreementRevision.objects.count() == 2


def test_when_a_flagship_was_launched_is_taken_out_of_its_note(migrate: Any) -> None:
    plan = factories.plan("SP")
    notes = {
        "A": ("Launched 2020-02-12. Ours", "2020-02-12", "Ours"),
        "B": ("Launched 2020.", "2020", ""),
        "C": ("Launched with ONU Mujeres.", "", "Launched with ONU Mujeres."),
    }
    for code, (note, _launched, _rest) in notes.items():
        theme = factories.theme(plan, "flagship", code)
        theme.note = note
        theme.save()
    migrate("plans", "0005_name_prongs")
    after = migrate("plans", "0008_take_launches_out_of_notes").get_model("plans", "Theme")
    told = {one.code: (one.launched, one.note) for one in after.objects.all()}
    assert told == {code: (launched, rest) for code, (_note, launched, rest) in notes.items()}
    before = migrate("plans", "0005_name_prongs").get_model("plans", "Theme")
    kept = dict(before.objects.values_list("code", "note"))
    assert kept == {code: note for code, (note, _launched, _rest) in notes.items()}
