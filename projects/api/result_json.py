"""Results of a list as JSON that the database writes.

A page may have a thousand results; made one by one by the serializer they cost ten times what
the database needs to write them down. `fields` says for each field of `ResultRow` where it comes
from; tests hold the two together, and every value to what one result's own address answers.
The text of the statement is the same on both databases but for the words in the two classes.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import orjson
from django.db import connection

from habitat_tracker.fields import DECIMALS, SCALE
from outcomes.choices import Qualifier


class PostgreSQL:
    """How PostgreSQL writes JSON."""

    object, object_of, list_of, text = "json_build_object", "json_object_agg", "json_agg", "to_json"
    is_asked = "= ANY(%(keys)s)"
    keys: Any = staticmethod(list)

    @staticmethod
    def nested(value: str) -> str:
        """JSON within JSON is known as such."""
        return value

    @staticmethod
    def truth(condition: str) -> str:
        """A condition as it is."""
        return condition

    @staticmethod
    def whole(value: str) -> str:
        """As text, or the driver would read it into objects."""
        return f"{value}::text"

    @staticmethod
    def digits(number: str) -> str:
        """A fixed-point number as `decimal_text` writes it: `12.5`, `100`."""
        return f"trim_scale({number} * 1e-{DECIMALS})::text"

    @staticmethod
    def moment(at: str) -> str:
        """As `2020-03-31T12:00:00Z`, with all six digits of a second's parts or with none."""
        text = f"""to_char({at} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
        return f"replace({text}, '.000000', '')"


class SQLite:
    """How SQLite writes JSON."""

    object, object_of, list_of = "json_object", "json_group_object", "json_group_array"
    text = "json_quote"
    is_asked = "IN (SELECT value FROM json_each(%(keys)s))"
    keys: Any = staticmethod(json.dumps)

    @staticmethod
    def nested(value: str) -> str:
        """What comes out of a table, a CASE or a subquery is text unless told again."""
        return f"json({value})"

    @staticmethod
    def truth(condition: str) -> str:
        """SQLite's truths are numbers."""
        return f"json(CASE WHEN {condition} THEN 'true' ELSE 'false' END)"

    @staticmethod
    def whole(value: str) -> str:
        """It is text already."""
        return value

    @staticmethod
    def digits(number: str) -> str:
        """The same from integers alone, since SQLite divides into floats."""
        return (
            f"rtrim(rtrim(CASE WHEN {number} < 0 THEN '-' ELSE '' END || abs({number} / {SCALE})"
            f" || '.' || substr({SCALE} + abs({number} %% {SCALE}), 2), '0'), '.')"
        )

    @staticmethod
    def moment(at: str) -> str:
        """SQLite keeps moments as such text, in UTC."""
        return f"replace({at}, ' ', 'T') || 'Z'"


DATABASES: dict[str, Any] = {"postgresql": PostgreSQL, "sqlite": SQLite}


def fields(db: Any) -> dict[str, str]:
    """Where each field of a result in a list comes from."""
    qualifiers = " ".join(f"WHEN {one.value} THEN '{one.word}'" for one in Qualifier)
    return {
        "id": "result.id",
        "project": "line.project",
        "indicator": "line.indicator",
        "place": "line.place",
        "office": "line.office",
        "period": "period.label",
        "revision": "result.revision",
        "corrects": "result.corrects_id",
        "correction_reason": "result.correction_reason",
        "is_late": db.truth("result.late_entry_id IS NOT NULL"),
        "status": "result.status",
        "version": "result.version",
        "state": "result.state",
        "value": db.digits("result.value"),
        "numerator": db.digits("result.numerator"),
        "denominator": db.digits("result.denominator"),
        "things": db.nested("coalesce(things.listed, '[]')"),
        "unnamed": db.digits("result.unnamed"),
        "rating": "rating.code",
        "qualifier": f"CASE result.qualifier {qualifiers} END",
        "cells": db.nested("coalesce(cells.listed, '{}')"),
        "credits": db.nested("coalesce(credits.listed, '[]')"),
        "co_delivery": db.nested("together.told"),
        "narrative": "result.narrative",
        "window_start": "result.window_start",
        "window_end": "result.window_end",
        "entered_by": db.nested("entered_by.told"),
        "entered_at": db.moment("result.entered_at"),
        "changed_at": db.moment("result.changed_at"),
        "submitted_by": db.nested("submitted_by.told"),
        "submitted_at": db.moment("result.submitted_at"),
        "verified_by": db.nested("verified_by.told"),
        "verified_at": db.moment("result.verified_at"),
        "approved_by": db.nested("approved_by.told"),
        "approved_at": db.moment("result.approved_at"),
        "review_comment": "result.review_comment",
    }


@cache
def statement(vendor: str) -> str:
    """The key and the JSON of each of the results asked for.

    What a page shares (lines, people) is put together once. Each part is a query of its own:
    with all tables in one, PostgreSQL would look for the best order longer than it reads.
    """
    db = DATABASES[vendor]

    def written(parts: dict[str, str]) -> str:
        pairs = ", ".join(f"'{name}', {sql}" for name, sql in parts.items())
        return f"{db.object}({pairs})"

    name = "coalesce(nullif(person.name, ''), person.email)"
    person = {"name": name, "email": "person.email"}
    thing = {"key": "thing.key", "kind": "thing.kind", "name": db.nested("thing.name")}
    part = {name: db.digits(f"cell.{name}") for name in ("numerator", "denominator")}
    partner = {"partner": "partner", "name": "name", "share": db.digits("share")}
    partners = f"{db.list_of}({db.nested('item')}) FILTER (WHERE partner IS NOT NULL)"
    together = {
        "lead": "max(CASE WHEN is_lead THEN partner END)",
        "own_share": f"max(CASE WHEN partner IS NULL THEN {db.digits('share')} END)",
        "partners": db.nested(partners),
    }
    return f"""
WITH result AS MATERIALIZED (
    SELECT * FROM projects_result WHERE id {db.is_asked}
),
line AS MATERIALIZED (
    SELECT line.id, project.code AS project, office.code AS office, indicator.code AS indicator,
           coalesce(city.key, country.iso3) AS place
    FROM projects_projectindicator line
    JOIN projects_project project ON project.id = line.project_id
    JOIN accounts_office office ON office.id = project.office_id
    JOIN outcomes_indicator indicator ON indicator.id = line.indicator_id
    LEFT JOIN accounts_country country ON country.m49 = line.country_id
    LEFT JOIN outcomes_thing city ON city.id = line.city_id
    WHERE line.id IN (SELECT line_id FROM result)
),
person AS MATERIALIZED (
    SELECT person.id, {written(person)} AS told
    FROM accounts_user person
    WHERE person.id IN (
        SELECT entered_by_id FROM result
        UNION SELECT submitted_by_id FROM result
        UNION SELECT verified_by_id FROM result
        UNION SELECT approved_by_id FROM result
    )
),
things AS (
    SELECT result_id, {db.list_of}({db.nested("item")}) AS listed
    FROM (
        SELECT listed.result_id, {written(thing)} AS item
        FROM projects_result_things listed
        JOIN outcomes_thing thing ON thing.id = listed.thing_id
        WHERE listed.result_id IN (SELECT id FROM result)
        ORDER BY listed.result_id, thing.kind, thing.key
    ) AS in_order
    GROUP BY result_id
),
cells AS (
    SELECT result_id, {db.object_of}(code, {db.nested("item")}) AS listed
    FROM (
        SELECT cell.result_id, category.code,
               CASE
                   WHEN cell.value IS NULL THEN {written(part)}
                   ELSE {db.text}({db.digits("cell.value")})
               END AS item
        FROM projects_resultcell cell
        JOIN outcomes_category category ON category.id = cell.category_id
        WHERE cell.result_id IN (SELECT id FROM result)
        ORDER BY cell.result_id, category.dimension_id, category.position, category.code
    ) AS in_order
    GROUP BY result_id
),
credits AS (
    SELECT result_id, {db.list_of}(code) AS listed
    FROM (
        SELECT credit.result_id, indicator.code
        FROM projects_result_credits credit
        JOIN outcomes_indicator indicator ON indicator.id = credit.indicator_id
        WHERE credit.result_id IN (SELECT id FROM result)
        ORDER BY credit.result_id, indicator.position, indicator.code
    ) AS in_order
    GROUP BY result_id
),
together AS (
    SELECT result_id, {written(together)} AS told
    FROM (
        SELECT result_id, is_lead, partner, share, {written(partner)} AS item
        FROM (
            SELECT one.id, one.result_id, one.is_lead, one.share, root.id AS partner, root.name
            FROM projects_codeliverer one
            LEFT JOIN projects_partner named ON named.id = one.partner_id
            LEFT JOIN projects_partner root ON root.id = coalesce(named.merged_into_id, named.id)
            WHERE one.result_id IN (SELECT id FROM result)
        ) AS counted
        ORDER BY result_id, id
    ) AS in_order
    GROUP BY result_id
)
SELECT result.id, {db.whole(written(fields(db)))}
FROM result
JOIN line ON line.id = result.line_id
JOIN plans_reportingperiod period ON period.id = result.period_id
LEFT JOIN outcomes_ratinglevel rating ON rating.id = result.rating_id
JOIN person entered_by ON entered_by.id = result.entered_by_id
LEFT JOIN person submitted_by ON submitted_by.id = result.submitted_by_id
LEFT JOIN person verified_by ON verified_by.id = result.verified_by_id
LEFT JOIN person approved_by ON approved_by.id = result.approved_by_id
LEFT JOIN things ON things.result_id = result.id
LEFT JOIN cells ON cells.result_id = result.id
LEFT JOIN credits ON credits.result_id = result.id
LEFT JOIN together ON together.result_id = result.id
"""


def results_json(keys: list[int]) -> orjson.Fragment:
    """The results with these keys, in the order of the keys, as one list of JSON; one query.

    Who may see them was asked when the keys were read; one deleted since is left out.
    """
    vendor = connection.vendor
    with connection.cursor() as cursor:
        cursor.execute(statement(vendor), {"keys": DATABASES[vendor].keys(keys)})
        found = dict(cursor.fetchall())
    return orjson.Fragment("[" + ",".join(found[key] for key in keys if key in found) + "]")
