"""Deliverables by city as a table: what the filters of the page choose."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from projects.cities import delivered_by_city
from projects.filters import DeliverableFilter

from .tables import Table, asked_for


def cities_table(asked: DeliverableFilter) -> Table:
    """The cities, a row each, by country and name."""
    return Table(
        name=_("Products by city"),
        notes=[(_("As of"), timezone.now().strftime("%Y-%m-%d %H:%M UTC")), *asked_for(asked.form)],
        columns=[
            _("Country"),
            _("ISO code"),
            _("City"),
            _("Key of the city"),
            _("Latitude"),
            _("Longitude"),
            _("Source of the position"),
            _("Deliverables"),
            _("Last one"),
        ],
        rows=(
            [
                *(str(row.country), row.country.iso3, str(row.city), row.city.key),
                *(row.city.latitude, row.city.longitude, row.city.position_source),
                *(row.count, row.last),
            ]
            for row in delivered_by_city(asked.qs)
        ),
    )
