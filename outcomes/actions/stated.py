"""What a document states and our own records do not hold: kept as stated, with its paragraph."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import Changes, difference, snapshot
from habitat_tracker.accounts.models import Office, User
from habitat_tracker.errors import DomainError
from plans.choices import Verification
from plans.models import StrategicPlan, Theme

from ..choices import Qualifier, StatedTopic
from ..models import StatedFigure

NEEDED = ("key", "topic", "paragraph", "text", "quote")
KNOWN = {
    *NEEDED,
    *("value", "value_text", "unit", "qualifier", "as_of", "window"),
    *("office", "theme", "part_of", "note"),
}


@transaction.atomic
def load_stated_figures(
    *, plan: StrategicPlan, rows: list[dict[str, Any]], document: str, by: User | None
) -> int:
    """Add what the document states and update what differs; gives how many rows were written.

    Rows are refused as a whole: `missing_text`, `given_twice`, `unknown_reference`,
    `parts_do_not_add_up` where a total differs from the sum of its parts.
    """
    StrategicPlan.objects.select_for_update().get(pk=plan.pk)
    _check(rows)
    return _StatedLoader(plan, document, by).load(rows)


def _refused(row: dict[str, Any], reason: str, code: str) -> DomainError:
    return DomainError(f"{row.get('key', '?')}: {reason}", code)


def _check(rows: list[dict[str, Any]]) -> None:
    """Each row is whole, named once, and every total is what its parts come to."""
    held: dict[str, dict[str, Any]] = {}
    for row in rows:
        for name in NEEDED:
            if not row.get(name):
                raise _refused(row, _("“%(name)s” is missing.") % {"name": name}, "missing_text")
        for name in row.keys() - KNOWN:
            reason = _("There is no key “%(name)s”.") % {"name": name}
            raise _refused(row, reason, "unknown_reference")
        if row["key"] in held:
            raise _refused(row, _("It is given twice."), "given_twice")
        held[row["key"]] = row
        if row["topic"] not in StatedTopic.values:
            reason = _("There is no topic “%(name)s”.") % {"name": row["topic"]}
            raise _refused(row, reason, "unknown_reference")
        word = row.get("qualifier", "exact")
        if word not in [one.word for one in Qualifier]:
            reason = _("There is no qualifier “%(name)s”.") % {"name": word}
            raise _refused(row, reason, "unknown_reference")
    sums: dict[str, Decimal] = {}
    for row in rows:
        if whole := row.get("part_of"):
            if whole not in held or held[whole].get("part_of") or whole == row["key"]:
                reason = _("There is no total “%(name)s”.") % {"name": whole}
                raise _refused(row, reason, "unknown_reference")
            sums[whole] = sums.get(whole, Decimal(0)) + _number(row, needed=True)
    for whole, parts in sums.items():
        stated = held[whole].get("value")
        if stated is not None and _number(held[whole]) != parts:
            reason = _("The total is stated as %(stated)s, its parts come to %(parts)s.")
            raise _refused(
                held[whole], reason % {"stated": stated, "parts": parts}, "parts_do_not_add_up"
            )


def _number(row: dict[str, Any], *, needed: bool = False) -> Decimal:
    """The number of a row; a part of a total has one."""
    value = row.get("value")
    if value is None and needed:
        raise _refused(row, _("“%(name)s” is missing.") % {"name": "value"}, "missing_text")
    return Decimal(str(value or 0))


class _StatedLoader:
    """One load of what one document states."""

    def __init__(self, plan: StrategicPlan, document: str, by: User | None) -> None:
        self.plan = plan
        self.document = document
        self.by = by
        self.offices = {office.code: office for office in Office.objects.all()}
        self.themes = {theme.code: theme for theme in Theme.objects.filter(plan=plan)}
        self.held = {row.key: row for row in StatedFigure.objects.filter(plan=plan)}

    def load(self, rows: list[dict[str, Any]]) -> int:
        """Totals first, then their parts, each in the place that the file gives it."""
        totals = {row["part_of"] for row in rows if row.get("part_of")}
        places = {row["key"]: place for place, row in enumerate(rows, start=1)}
        written: dict[str, dict[StatedFigure, Changes]] = {"added": {}, "changed": {}}
        for row in sorted(rows, key=lambda row: bool(row.get("part_of"))):
            values = self.values(row, places[row["key"]])
            if row["key"] in totals:
                values["value"] = None
            self.keep(row["key"], values, written)
        for verb, changes in written.items():
            record_activity(
                by=self.by,
                verb=verb,
                targets=list(changes),
                reason=self.document,
                changes=changes,
            )
        return sum(map(len, written.values()))

    def keep(
        self,
        key: str,
        values: dict[str, Any],
        written: dict[str, dict[StatedFigure, Changes]],
    ) -> None:
        """One row, written only where something differs."""
        row = self.held.get(key)
        if row is None:
            self.held[key] = row = StatedFigure.objects.create(plan=self.plan, key=key, **values)
            written["added"][row] = difference(None, row)
            return
        before = snapshot([row])
        different = [name for name, value in values.items() if getattr(row, name) != value]
        for name in different:
            setattr(row, name, values[name])
        if different:
            row.save(update_fields=different)
            written["changed"][row] = before.told([row])[row]

    def values(self, row: dict[str, Any], position: int) -> dict[str, Any]:
        """The fields of a row as they are kept."""
        window: dict[str, date] = row.get("window") or {}
        value = row.get("value")
        return {
            "topic": row["topic"],
            "office": self.named(row, "office", self.offices),
            "theme": self.named(row, "theme", self.themes),
            "part_of": self.held.get(row.get("part_of", "")),
            "text": row["text"],
            "value": None if value is None else Decimal(str(value)),
            "value_text": row.get("value_text", {}),
            "unit": row.get("unit", {}),
            "qualifier": Qualifier.from_word(row.get("qualifier", "exact")),
            "as_of": row.get("as_of"),
            "window_start": window.get("first"),
            "window_end": window.get("last"),
            "paragraph": str(row["paragraph"]),
            "quote": row["quote"],
            "position": position,
            "source": f"{self.document}, para. {row['paragraph']}",
            "verification": Verification.SEED.value,
            "note": row.get("note", ""),
        }

    def named(self, row: dict[str, Any], name: str, known: dict[str, Any]) -> Any:
        """The office or theme that a row names, if it names one."""
        code = row.get(name)
        if code is not None and code not in known:
            reason = _("There is no %(what)s “%(name)s”; load the plan first.")
            raise _refused(row, reason % {"what": name, "name": code}, "unknown_reference")
        return known.get(code) if code else None
