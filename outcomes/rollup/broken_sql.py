"""The SQL that finds postings which break a rule: each rule is one condition, with its code.

All conditions on a posting and what it refers to are asked in one pass over the live ledger of a
plan, and only rows that break one come back, with the codes that they break. What takes several
rows (cells and their total, listed things) is a statement of its own. The same text on both
databases; named parameters. Numbers are scaled integers (six decimals).
"""

from __future__ import annotations

# Values are below 10^11, so scaled ones below 10^17.
LARGEST = 10**17 - 1

COLUMNS = """s.code, i.code, m.source, c.source, c.place, COALESCE(p.label, ''), m.period,
       m.basis, m.cell, m.id, m.indicator_id"""

_NAMES = """
JOIN plans_strategicplan s ON s.id = m.plan_id
JOIN outcomes_indicator i ON i.id = m.indicator_id
JOIN outcomes_contributor c ON c.id = m.contributor_id
LEFT JOIN plans_reportingperiod p ON p.plan_id = m.plan_id AND p.number = m.period"""
_LIVE = "m.plan_id = %(plan)s AND m.withdrawn_at IS NULL"
_REPORTED = "m.state = 'reported'"
_CREDIT = "m.indicator_id <> m.recorded_on_id"

# Units are text by language; SQLite keeps it as it was written, in any order of languages.
SAME_UNIT = {
    "postgresql": "i.unit = r.unit",
    "sqlite": """(
        SELECT group_concat(key || '=' || value, ';')
        FROM (SELECT key, value FROM json_each(i.unit) ORDER BY key)
    ) IS (
        SELECT group_concat(key || '=' || value, ';')
        FROM (SELECT key, value FROM json_each(r.unit) ORDER BY key)
    )""",
}

# i: where the posting counts, r: where it was recorded, c: the contributor and h its home,
# p: the period, k: the category, l: the level. A row of a left join is null where there is none.
ROW_RULES = {
    "headline_takes_no_results": "i.is_headline OR r.is_headline",
    "of_another_plan": (
        "i.plan_id <> m.plan_id OR r.plan_id <> m.plan_id OR c.plan_id <> m.plan_id"
    ),
    "contributor_of_another_indicator": "c.indicator_id <> m.recorded_on_id",
    "not_the_home": "h.leaf IS NULL OR h.leaf <> m.leaf",
    "unknown_period": "p.id IS NULL",
    "unknown_basis": "m.basis NOT IN (1, 2)",
    "unknown_state": "m.state NOT IN ('reported', 'not_applicable', 'not_available')",
    "unknown_qualifier": "m.qualifier NOT BETWEEN 0 AND 3",
    "unknown_category": ("m.cell <> '' AND k.id IS NULL AND i.kind IN ('quantity', 'percentage')"),
    "cell_of_things_or_rating": "m.cell <> '' AND i.kind IN ('distinct', 'rating')",
    "value_without_report": (
        "m.state <> 'reported' AND (m.numerator IS NOT NULL OR m.denominator IS NOT NULL"
        " OR m.unnamed <> 0 OR m.rating <> '' OR m.cell <> '')"
    ),
    "field_of_another_kind": (
        f"{_REPORTED} AND ((i.kind NOT IN ('quantity', 'percentage') AND m.numerator IS NOT NULL)"
        " OR (i.kind <> 'percentage' AND m.denominator IS NOT NULL)"
        " OR (i.kind <> 'distinct' AND m.unnamed <> 0)"
        " OR (i.kind <> 'rating' AND m.rating <> ''))"
    ),
    "missing_value": (
        f"{_REPORTED} AND ((i.kind = 'quantity' AND m.numerator IS NULL)"
        " OR (i.kind = 'percentage' AND m.numerator IS NULL AND m.denominator IS NOT NULL)"
        " OR (i.kind = 'rating' AND m.rating = ''))"
    ),
    "missing_denominator": (f"{_REPORTED} AND i.kind = 'percentage' AND m.denominator IS NULL"),
    "denominator_zero": f"{_REPORTED} AND i.kind = 'percentage' AND m.denominator = 0",
    "numerator_exceeds_denominator_in_cell": (
        "i.kind = 'percentage' AND m.cell <> '' AND m.numerator > m.denominator"
    ),
    "unknown_level": "i.kind = 'rating' AND m.rating <> '' AND l.id IS NULL",
    "negative_not_allowed": (
        "(m.numerator < 0 AND NOT r.allow_negative) OR m.denominator < 0 OR m.unnamed < 0"
    ),
    "not_a_whole_number": "i.kind = 'distinct' AND m.unnamed %% 1000000 <> 0",
    "out_of_range": " OR ".join(
        f"m.{name} NOT BETWEEN -{LARGEST} AND {LARGEST}"
        for name in ("numerator", "denominator", "unnamed")
    ),
    "credit_not_comparable": (
        f"{_CREDIT} AND NOT (i.plan_id = r.plan_id AND i.kind = r.kind"
        " AND r.kind IN ('quantity', 'distinct') AND i.thing_kind = r.thing_kind"
        " AND i.over_time = 'sum' AND r.over_time = 'sum' AND {same_unit})"
    ),
}

BROKEN_ROWS = f"""
SELECT {COLUMNS}, {{flags}}
FROM outcomes_measurement m{_NAMES}
JOIN outcomes_indicator r ON r.id = m.recorded_on_id
LEFT JOIN outcomes_contributorrevision h
       ON h.contributor_id = m.contributor_id AND h.superseded_at IS NULL
LEFT JOIN outcomes_category k ON k.indicator_id = m.indicator_id AND k.code = m.cell
LEFT JOIN outcomes_ratinglevel l ON l.indicator_id = m.indicator_id AND l.code = m.rating
WHERE {_LIVE} AND ({{any}})"""
FLAG = "CASE WHEN {condition} THEN 1 ELSE 0 END"

# What one place holds: a contributor's posting on an indicator, on a basis, in a period.
_PLACE = ("indicator_id", "contributor_id", "basis", "period")


def _columns(alias: str) -> str:
    return ", ".join(f"{alias}.{name}" for name in _PLACE)


def _same_place(one: str, other: str) -> str:
    return " AND ".join(f"{one}.{name} = {other}.{name}" for name in _PLACE)


# Numbers that are out of range have a rule of their own, and would overflow the sum.
_ADDED_UP = (
    f"FILTER (WHERE d.additive AND m.numerator BETWEEN -{LARGEST} AND {LARGEST}"
    f" AND COALESCE(m.denominator, 0) BETWEEN -{LARGEST} AND {LARGEST})"
)

# A part needs the whole that it is a part of, and each part that lacks it is named. Where nobody
# is in two categories, the parts of a dimension are not above the whole, which is named.
BROKEN_CELLS = f"""
SELECT {COLUMNS},
       CASE WHEN m.cell <> '' THEN 1 ELSE 0 END, CASE WHEN m.cell = '' THEN 1 ELSE 0 END
FROM (
    SELECT DISTINCT {_columns("part")},
           t.id IS NULL OR t.state <> 'reported' AS lacks_total,
           part.numerator > t.numerator OR part.denominator > t.denominator AS is_above
    FROM (
        SELECT {_columns("m")},
               SUM(m.numerator) {_ADDED_UP} AS numerator,
               SUM(m.denominator) {_ADDED_UP} AS denominator
        FROM outcomes_measurement m
        LEFT JOIN outcomes_category k ON k.indicator_id = m.indicator_id AND k.code = m.cell
        LEFT JOIN outcomes_dimension d ON d.id = k.dimension_id
        WHERE {_LIVE} AND m.cell <> ''
        GROUP BY {_columns("m")}, k.dimension_id
    ) part
    LEFT JOIN outcomes_measurement t
           ON t.plan_id = %(plan)s AND {_same_place("t", "part")}
          AND t.cell = '' AND t.withdrawn_at IS NULL
    WHERE t.id IS NULL OR t.state <> 'reported'
       OR part.numerator > t.numerator OR part.denominator > t.denominator
) w
JOIN outcomes_measurement m ON {_same_place("m", "w")}{_NAMES}
WHERE {_LIVE} AND CASE WHEN m.cell = '' THEN w.is_above ELSE w.lacks_total END"""

THING_RULES = {
    "things_not_counted": "i.kind <> 'distinct' OR m.cell <> '' OR m.state <> 'reported'",
    "thing_of_another_plan": "t.plan_id <> m.plan_id",
    "thing_of_another_kind": (
        "i.kind = 'distinct' AND i.thing_kind <> '' AND t.kind <> i.thing_kind"
    ),
}
BROKEN_THINGS = f"""
SELECT {COLUMNS}, {{flags}}
FROM outcomes_postedthing n
JOIN outcomes_thing t ON t.id = n.thing_id
JOIN outcomes_measurement m ON m.plan_id = n.plan_id AND m.id = n.measurement_id{_NAMES}
WHERE n.plan_id = %(plan)s AND {_LIVE} AND ({{any}})"""

# Withdrawn postings too: figures as of an earlier moment read them. By the database's clock,
# looked at after the rows that the statement sees; SQLite's is the clock of the process.
NOW = {"postgresql": "(SELECT clock_timestamp())", "sqlite": "%(now)s"}
TIME_RULES = {
    "posted_in_the_future": "m.posted_at > {now} OR m.withdrawn_at > {now}",
    "withdrawn_before_posted": "m.withdrawn_at < m.posted_at",
}
BROKEN_TIMES = f"""
SELECT {COLUMNS}, {{flags}}
FROM outcomes_measurement m{_NAMES}
WHERE m.plan_id = %(plan)s AND ({{any}})"""
