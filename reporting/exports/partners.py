"""The register of partners as a table: what the page's filters choose, by name."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.choices import AgreementState
from projects.filters import PartnerFilter
from projects.models import Agreement, Partner, PartnerContribution

from .tables import Cell, Table, amount, asked_for

# A file has so many rows at most; a sheet of Excel holds about as many.
MOST_EXPORTED = 1_000_000


def partners_table(asked: PartnerFilter, beside: Table | None = None) -> Table:
    """The partners asked for, a row each; agreements under all names of a partner are its own."""
    return Table(
        name=_("Partners"),
        notes=[(_("As of"), timezone.now().strftime("%Y-%m-%d %H:%M UTC")), *asked_for(asked.form)],
        columns=[
            _("Key"),
            _("Name"),
            _("Other names"),
            _("Kind"),
            _("Country"),
            _("Website"),
            _("Agreements"),
            _("In force today"),
            _("Last signed"),
            _("Agreements, in words"),
            _("Projects"),
            _("Contributions in US dollars"),
        ],
        rows=(_row(one) for one in _rows(asked)),
        beside=beside,
    )


def _rows(asked: PartnerFilter) -> Iterator[Partner]:
    standing = Agreement.objects.standing().select_related("office").order_by("-signed", "-pk")
    contributed = PartnerContribution.objects.standing().select_related("project")
    rows = (
        asked.qs.select_related("country")
        .prefetch_related(
            Prefetch("agreements", standing),
            Prefetch("spellings", Partner.objects.order_by("key")),
            Prefetch("spellings__agreements", standing),
            Prefetch("contributions", contributed),
            Prefetch("spellings__contributions", contributed),
        )
        .order_by("key", "pk")[:MOST_EXPORTED]
    )
    yield from rows.iterator(chunk_size=2_000)


def _row(one: Partner) -> list[Cell]:
    spellings = list(one.spellings.all())
    agreements = [row for name in (one, *spellings) for row in name.agreements.all()]
    contributed = [row for name in (one, *spellings) for row in name.contributions.all()]
    amounts = [row.usd for row in contributed if row.usd is not None]
    agreements.sort(key=lambda row: (row.signed, row.pk), reverse=True)
    return [
        one.pk,
        one.name,
        "; ".join(name.name for name in spellings),
        one.get_kind_display(),
        str(one.country or ""),
        one.website,
        len(agreements),
        sum(row.state == AgreementState.IN_FORCE for row in agreements),
        agreements[0].signed if agreements else None,
        "; ".join(map(_in_words, agreements)),
        "; ".join(
            f"{code}: {role}"
            for code, role in sorted({(r.project.code, r.get_role_display()) for r in contributed})
        ),
        amount(sum(amounts, Decimal(0))) if amounts else None,
    ]


def _in_words(one: Agreement) -> str:
    """An agreement with its scope, office and days."""
    end = one.end or "…"
    told = f"{one.get_scope_display()}, {one.office.code}, {one.start} – {end}"
    return f"{one} ({told})"
