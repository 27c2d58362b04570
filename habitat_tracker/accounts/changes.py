"""What an act changes in rows: each field before and after, as text fit for a reader.

Every field of a row is told unless it is named here, so that a new field is told without
anybody remembering it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models

from ..fields import TranslatedField

# Text, a list of texts, or None where the field is empty.
Told = str | list[str] | None
Changes = dict[str, list[Told]]

# Who did what when: the act itself says it. `path` follows from the parent, what a correction
# corrects from its revision.
BOOKKEEPING = frozenset(
    [
        *("version", "path", "corrects", "created_at", "date_joined", "last_login"),
        *("entered_at", "entered_by", "changed_at", "changed_by", "submitted_at", "submitted_by"),
        *("verified_at", "verified_by", "approved_at", "approved_by", "added_at", "added_by"),
        *("granted_at", "granted_by", "recorded_at", "recorded_by", "superseded_at"),
        *("superseded_by", "stored_at", "loaded_at", "loaded_by", "taken_over_at"),
        "taken_over_by",
    ]
)
# Never told, not even that it is empty.
SECRETS = frozenset(["password", "token_key"])


def audited_fields(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """The fields of a model whose changes are told: all but keys, bookkeeping and secrets."""
    return [
        one
        for one in model._meta.concrete_fields
        if not one.primary_key and one.name not in BOOKKEEPING | SECRETS
    ]


@dataclass
class Snapshot:
    """Rows of one model as they are held now, to be compared with what they become."""

    rows: dict[Any, dict[str, Any]] = field(default_factory=dict)
    many: tuple[str, ...] = ()

    def told(
        self, rows: Iterable[models.Model], parts: Mapping[Any, Changes] | None = None
    ) -> dict[models.Model, Changes]:
        """What differs now, row by row; of a row that was not there, all that it holds.

        `parts` are changes of what belongs to a row, by its key. The names of related rows cost
        a query for each model, however many rows there are.
        """
        after = list(rows)
        listed = _listed(after, self.many)
        differing = []
        for row in after:
            before = self.rows.get(row.pk, {})
            now = _held(row) | listed.get(row.pk, {})
            names = [name for name, value in now.items() if before.get(name) != value]
            differing.append((row, before, now, names))
        names_of = _related_names(differing)
        told = {}
        for row, before, now, names in differing:
            changes: Changes = {}
            for name in names:
                changes |= _pairs(row, name, before.get(name), now[name], names_of)
            told[row] = changes | dict((parts or {}).get(row.pk, {}))
        return told


def snapshot(rows: Iterable[models.Model | None], many: tuple[str, ...] = ()) -> Snapshot:
    """The audited fields of rows as they are held in memory, and the lists named in `many`."""
    held = [row for row in rows if row is not None and row.pk is not None]
    listed = _listed(held, many)
    return Snapshot({row.pk: _held(row) | listed.get(row.pk, {}) for row in held}, many)


def difference(before: models.Model | None, after: models.Model | None) -> Changes:
    """What differs between two rows of one model; None is a row that is not there."""
    row = after or before
    if row is None:
        return {}
    was = _held(before) if before else {}
    now = _held(after) if after else {}
    names = [name for name in (now or was) if was.get(name) != now.get(name)]
    names_of = _related_names([(row, was, now, names)])
    changes: Changes = {}
    for name in names:
        changes |= _pairs(row, name, was.get(name), now.get(name), names_of)
    return changes


def prefixed(prefix: str, changes: Changes) -> Changes:
    """The changes of a part, told as changes of what it belongs to."""
    return {f"{prefix}.{name}": pair for name, pair in changes.items()}


def name_of(row: models.Model) -> str:
    """What a related row is called: its code where it has one."""
    for name in ("code", "iso3", "label", "email"):
        if text := getattr(row, name, None):
            return str(text)
    return str(row)


def text_of(value: Any) -> Told:
    """A value as text that loses nothing; empty is None."""
    if value is None or value == "" or value == [] or value == {}:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        plain = format(value, "f")
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    if isinstance(value, date):  # a moment is a date too
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [
            str(one) if isinstance(one, str) else json.dumps(one, ensure_ascii=False)
            for one in value
        ]
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return str(value)


def _held(row: models.Model) -> dict[str, Any]:
    # What was not loaded was not changed either.
    loaded = row.__dict__
    return {
        one.name: dict(value) if isinstance(value, dict) else value
        for one in audited_fields(type(row))
        if one.attname in loaded
        for value in [loaded[one.attname]]
    }


def _listed(rows: list[Any], many: tuple[str, ...]) -> dict[Any, dict[str, list[str]]]:
    """The names of what rows list, a query for each list."""
    found: dict[Any, dict[str, list[str]]] = {}
    if not rows or not many:
        return found
    model = type(rows[0])
    for name in many:
        listing: Any = model._meta.get_field(name)
        mine, theirs = listing.m2m_field_name(), listing.m2m_reverse_field_name()
        through = listing.remote_field.through._default_manager
        for link in (
            through.filter(**{f"{mine}__in": [row.pk for row in rows]})
            .select_related(theirs)
            .order_by("pk")
        ):
            of = found.setdefault(getattr(link, f"{mine}_id"), {})
            of.setdefault(name, []).append(name_of(getattr(link, theirs)))
    for row in rows:
        of = found.setdefault(row.pk, {})
        for name in many:
            of[name] = sorted(of.get(name, []))
    return found


def _related_names(
    differing: Iterable[tuple[models.Model, dict[str, Any], dict[str, Any], list[str]]],
) -> dict[tuple[Any, Any], str]:
    """What the related rows are called that appear before or after."""
    names: dict[tuple[Any, Any], str] = {}
    wanted: dict[Any, set[Any]] = {}
    for row, before, now, changed in differing:
        for name in changed:
            one = _field(row, name)
            if one is None or not one.is_relation:
                continue
            for key in (before.get(name), now.get(name)):
                if key is None or (one.related_model, key) in names:
                    continue
                cached = one.get_cached_value(row, default=None) if now.get(name) == key else None
                if cached is not None and cached.pk == key:
                    names[(one.related_model, key)] = name_of(cached)
                else:
                    wanted.setdefault(one.related_model, set()).add(key)
    for model, keys in wanted.items():
        missing = [key for key in keys if (model, key) not in names]
        if missing:
            for key, related in model._base_manager.in_bulk(missing).items():
                names[(model, key)] = name_of(related)
    return names


def _field(row: models.Model, name: str) -> Any:
    """The field of a row; None for what it lists."""
    one = row._meta.get_field(name)
    return None if one.many_to_many else one


def _pairs(
    row: models.Model, name: str, before: Any, after: Any, names: Mapping[tuple[Any, Any], str]
) -> Changes:
    """One field's change; text in several languages is told language by language."""
    one = _field(row, name)
    if one is not None and one.is_relation:
        before, after = (
            None if key is None else names.get((one.related_model, key), str(key))
            for key in (before, after)
        )
    if isinstance(one, TranslatedField):
        was, now = before or {}, after or {}
        return {
            f"{name}.{language}": [text_of(was.get(language)), text_of(now.get(language))]
            for language in sorted({*was, *now})
            if text_of(was.get(language)) != text_of(now.get(language))
        }
    pair = [text_of(before), text_of(after)]
    return {} if pair[0] == pair[1] else {name: pair}
