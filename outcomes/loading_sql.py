"""The SQL of loading many postings: a staging table, one statement per rule, then sets.

The same text on both databases; named parameters. `loading_row` holds the file as it was read
(numbers are scaled integers), `loading_contributor` who it is about, `loading_posting` the same
rows with what their codes stand for, `loading_held` what the ledger holds in the places of the
file, and `loading_kept` the places in which that is the same as what the file says. A place is a
contributor, a period, a basis.
"""

from __future__ import annotations

TABLES = (
    "loading_row",
    "loading_thing",
    "loading_contributor",
    "loading_posting",
    "loading_listed",
    "loading_held",
    "loading_kept",
)

ROW_COLUMNS = (
    "row_no",
    "indicator",
    "source",
    "place",
    "period",
    "cell",
    "rating",
    "state",
    "basis",
    "qualifier",
    "things",
    "value",
    "numerator",
    "denominator",
    "unnamed",
)

CREATE_ROW = """
CREATE TEMPORARY TABLE loading_row (
    row_no INTEGER NOT NULL, indicator TEXT, source TEXT, place TEXT, period TEXT, cell TEXT,
    rating TEXT, state TEXT, basis SMALLINT, qualifier SMALLINT, things INTEGER,
    value BIGINT, numerator BIGINT, denominator BIGINT, unnamed BIGINT
)"""

CREATE_THING = "CREATE TEMPORARY TABLE loading_thing (row_no INTEGER NOT NULL, name TEXT)"

# Who is in the file, locked in the order in which everybody locks contributors (see
# `replace_postings`): from here on they stay where they are, and nobody else posts for them.
CREATE_CONTRIBUTOR = """
CREATE TEMPORARY TABLE loading_contributor AS
SELECT c.id, c.indicator_id AS indicator, c.source, c.place
FROM (SELECT DISTINCT indicator, source, place FROM loading_row) s
JOIN outcomes_indicator i ON i.plan_id = %(plan)s AND i.code = s.indicator
JOIN outcomes_contributor c
  ON c.plan_id = %(plan)s AND c.indicator_id = i.id AND c.source = s.source
 AND c.place = s.place
ORDER BY c.id {lock}"""
LOCK = {"postgresql": "FOR NO KEY UPDATE OF c", "sqlite": ""}  # SQLite has one writer at a time

# What the codes of a row stand for; null where there is no such thing in the plan. A period is
# named by its label, or by its number where that is nobody's label.
CREATE_POSTING = """
CREATE TEMPORARY TABLE loading_posting AS
SELECT s.row_no, i.id AS indicator, i.kind, i.is_headline, i.allow_negative,
       CASE WHEN i.thing_kind = '' THEN i.code ELSE i.thing_kind END AS counted,
       c.id AS contributor, h.office_id AS office, h.country_id AS country,
       p.number AS period, p.is_closed, p.is_ahead,
       k.id AS category, k.dimension_id AS dimension, l.id AS level,
       s.cell, s.rating, s.state, s.basis, s.qualifier, s.things,
       s.value, s.numerator, s.denominator, s.unnamed
FROM loading_row s
LEFT JOIN outcomes_indicator i ON i.plan_id = %(plan)s AND i.code = s.indicator
LEFT JOIN loading_contributor c
       ON c.indicator = i.id AND c.source = s.source AND c.place = s.place
LEFT JOIN outcomes_contributorrevision h
       ON h.contributor_id = c.id AND h.superseded_at IS NULL
LEFT JOIN (
    SELECT label AS name, number, closed_at IS NOT NULL AS is_closed, start > %(today)s AS is_ahead
    FROM plans_reportingperiod WHERE plan_id = %(plan)s
    UNION ALL
    SELECT CAST(number AS TEXT), number, closed_at IS NOT NULL, start > %(today)s
    FROM plans_reportingperiod n
    WHERE plan_id = %(plan)s AND NOT EXISTS (
        SELECT 1 FROM plans_reportingperiod o
        WHERE o.plan_id = n.plan_id AND o.label = CAST(n.number AS TEXT)
    )
) p ON p.name = s.period
LEFT JOIN outcomes_category k ON k.indicator_id = i.id AND k.code = s.cell
LEFT JOIN outcomes_ratinglevel l ON l.indicator_id = i.id AND l.code = s.rating"""

# A thing is named by its key among those that the indicator counts.
CREATE_LISTED = """
CREATE TEMPORARY TABLE loading_listed AS
SELECT n.row_no, n.name, t.id AS thing
FROM loading_thing n
JOIN loading_posting p ON p.row_no = n.row_no AND p.kind = 'distinct' AND p.things > 0
LEFT JOIN outcomes_thing t
       ON t.plan_id = %(plan)s AND t.kind = p.counted AND t.key = n.name"""

_ANYTHING = (
    "(p.value IS NOT NULL OR p.numerator IS NOT NULL OR p.denominator IS NOT NULL"
    " OR p.unnamed IS NOT NULL OR p.things > 0 OR p.rating <> '' OR p.cell <> '')"
)
_REPORTED = "p.state = 'reported' AND "

# What a row may not be: the column at fault, the code, and the rows it holds for.
ROW_RULES = (
    ("indicator", "unknown_indicator", "p.indicator IS NULL"),
    ("indicator", "headline_takes_no_results", "p.is_headline"),
    (
        "source",
        "not_a_reporting_line",
        "p.indicator IS NOT NULL AND NOT p.is_headline AND p.office IS NULL",
    ),
    ("period", "unknown_period", "p.period IS NULL"),
    ("period", "period_closed", "p.is_closed"),
    ("period", "period_not_begun", "p.is_ahead AND NOT p.is_closed"),
    (
        "cell",
        "unknown_category",
        "p.cell <> '' AND p.indicator IS NOT NULL AND NOT p.is_headline"
        " AND (p.category IS NULL OR p.kind IN ('distinct', 'rating'))",
    ),
    ("state", "value_without_report", f"p.state <> 'reported' AND {_ANYTHING}"),
    ("value", "field_of_another_kind", f"{_REPORTED} p.value IS NOT NULL AND p.kind <> 'quantity'"),
    (
        "numerator",
        "field_of_another_kind",
        f"{_REPORTED} p.numerator IS NOT NULL AND p.kind <> 'percentage'",
    ),
    (
        "denominator",
        "field_of_another_kind",
        f"{_REPORTED} p.denominator IS NOT NULL AND p.kind <> 'percentage'",
    ),
    (
        "unnamed",
        "field_of_another_kind",
        f"{_REPORTED} p.unnamed IS NOT NULL AND p.kind <> 'distinct'",
    ),
    ("things", "field_of_another_kind", f"{_REPORTED} p.things > 0 AND p.kind <> 'distinct'"),
    ("rating", "field_of_another_kind", f"{_REPORTED} p.rating <> '' AND p.kind <> 'rating'"),
    (
        "value",
        "missing_value",
        f"{_REPORTED} ((p.kind = 'quantity' AND p.value IS NULL)"
        " OR (p.kind = 'distinct' AND p.unnamed IS NULL AND p.things = 0)"
        " OR (p.kind = 'rating' AND p.rating = ''))",
    ),
    (
        "denominator",
        "missing_denominator",
        f"{_REPORTED} p.kind = 'percentage' AND p.denominator IS NULL",
    ),
    (
        "numerator",
        "missing_numerator",
        f"{_REPORTED} p.kind = 'percentage' AND p.numerator IS NULL AND p.denominator IS NOT NULL",
    ),
    ("denominator", "denominator_zero", "p.kind = 'percentage' AND p.denominator = 0"),
    ("value", "negative_not_allowed", "p.value < 0 AND NOT p.allow_negative"),
    ("numerator", "negative_not_allowed", "p.numerator < 0 AND NOT p.allow_negative"),
    ("denominator", "negative_not_allowed", "p.denominator < 0"),
    ("unnamed", "negative_not_allowed", "p.unnamed < 0"),
    ("unnamed", "not_a_whole_number", "p.unnamed %% 1000000 <> 0"),
    ("things", "too_many_things", "p.things > %(most_things)s"),
    ("rating", "unknown_level", "p.kind = 'rating' AND p.rating <> '' AND p.level IS NULL"),
    (
        "numerator",
        "numerator_exceeds_denominator_in_cell",
        "p.cell <> '' AND p.kind = 'percentage' AND p.numerator > p.denominator",
    ),
)

# Whether any row breaks each of the rules, in one pass: most files break none.
BROKEN = "SELECT {flags} FROM loading_posting p"
FLAG = "MAX(CASE WHEN {condition} THEN 1 ELSE 0 END)"
ROWS_OF_RULE = """
SELECT p.row_no, s.{field} FROM loading_posting p
JOIN loading_row s ON s.row_no = p.row_no
WHERE {condition}"""

# The second and later row on the same number.
DUPLICATE_ROWS = """
SELECT row_no, first FROM (
    SELECT p.row_no, MIN(p.row_no) OVER (
               PARTITION BY p.contributor, p.basis, p.period, p.cell
           ) AS first
    FROM loading_posting p
    JOIN (
        SELECT contributor, basis, period, cell FROM loading_posting
        WHERE contributor IS NOT NULL AND period IS NOT NULL
        GROUP BY contributor, basis, period, cell HAVING COUNT(*) > 1
    ) twice ON twice.contributor = p.contributor AND twice.basis = p.basis
           AND twice.period = p.period AND twice.cell = p.cell
) every_row
WHERE row_no <> first"""

_TOTAL_OF_CELL = (
    "t.contributor = c.contributor AND t.basis = c.basis AND t.period = c.period AND t.cell = ''"
)

# The parts of a place by dimension, beside its total. A fault is no total, or none that is
# reported; or parts above the whole where nobody is in two categories. The last part is named.
CELLS_AND_TOTALS = f"""
SELECT MAX(c.row_no), MAX(c.cell), MAX(d.code), MAX(t.row_no),
       SUM(COALESCE(c.value, c.numerator)), MAX(COALESCE(t.value, t.numerator)),
       SUM(c.denominator), MAX(t.denominator)
FROM loading_posting c
JOIN outcomes_dimension d ON d.id = c.dimension
LEFT JOIN loading_posting t ON {_TOTAL_OF_CELL} AND t.state = 'reported'
WHERE c.cell <> '' AND c.contributor IS NOT NULL AND c.period IS NOT NULL
GROUP BY c.contributor, c.basis, c.period, c.dimension, d.additive
HAVING MAX(t.row_no) IS NULL
    OR (d.additive AND (
           SUM(COALESCE(c.value, c.numerator)) > MAX(COALESCE(t.value, t.numerator))
           OR SUM(c.denominator) > MAX(t.denominator)))"""

UNKNOWN_THINGS = "SELECT row_no, name FROM loading_listed WHERE thing IS NULL"

# Everything live in the places of the file: totals, cells, and what was credited elsewhere.
CREATE_HELD = """
CREATE TEMPORARY TABLE loading_held AS
SELECT m.id, m.indicator_id AS indicator, m.contributor_id AS contributor,
       m.office_id AS office, m.country_id AS country, m.basis, m.period, m.cell, m.state,
       m.numerator, m.denominator, m.unnamed, m.rating, m.qualifier
FROM loading_posting p
JOIN outcomes_measurement m
  ON m.plan_id = %(plan)s AND m.contributor_id = p.contributor AND m.period = p.period
 AND m.basis = p.basis AND m.withdrawn_at IS NULL
WHERE p.cell = ''"""

# SQLite joins by index only.
INDEXES = (
    "CREATE INDEX loading_held_place ON loading_held (contributor, period, basis, cell)",
    "CREATE INDEX loading_listed_row ON loading_listed (row_no, thing)",
)
INDEX_KEPT = "CREATE INDEX loading_kept_place ON loading_kept (contributor, period, basis)"

# Places whose rows are all there, with the same content and things, and nothing beside them.
# Everything is counted in one pass and joined as little as can be: the tables are new, and the
# planner knows little of them.
CREATE_KEPT = """
CREATE TEMPORARY TABLE loading_kept AS
SELECT contributor, basis, period
FROM (
    SELECT contributor, basis, period, 1 AS asked, 0 AS held, 0 AS same,
           things AS asked_things, 0 AS held_things, 0 AS same_things
    FROM loading_posting
    UNION ALL
    SELECT contributor, basis, period, 0, 1, 0, 0, 0, 0 FROM loading_held
    UNION ALL
    SELECT p.contributor, p.basis, p.period, 0, 0, 1, 0, 0, 0
    FROM loading_posting p
    JOIN loading_held h
      ON h.contributor = p.contributor AND h.basis = p.basis AND h.period = p.period
     AND h.cell = p.cell AND h.indicator = p.indicator
     AND h.state = p.state AND h.qualifier = p.qualifier AND h.rating = p.rating
     AND h.numerator IS NOT DISTINCT FROM COALESCE(p.value, p.numerator)
     AND h.denominator IS NOT DISTINCT FROM p.denominator
     AND h.unnamed = COALESCE(p.unnamed, 0)
    UNION ALL
    SELECT p.contributor, p.basis, p.period, 0, 0, 0, 0, 1,
           CASE WHEN l.thing IS NULL THEN 0 ELSE 1 END
    FROM loading_posting p
    JOIN loading_held h
      ON h.contributor = p.contributor AND h.basis = p.basis AND h.period = p.period
     AND h.cell = p.cell AND h.indicator = p.indicator
    JOIN outcomes_postedthing t ON t.plan_id = %(plan)s AND t.measurement_id = h.id
    LEFT JOIN loading_listed l ON l.row_no = p.row_no AND l.thing = t.thing_id
    WHERE p.kind = 'distinct' AND p.cell = ''
) every_row
GROUP BY contributor, basis, period
HAVING SUM(asked) = SUM(held) AND SUM(asked) = SUM(same)
   AND SUM(asked_things) = SUM(held_things) AND SUM(asked_things) = SUM(same_things)"""

# Where the ledger holds nothing in the places of the file, nothing can be kept.
NOTHING_KEPT = "1 = 1"
NOT_KEPT = """NOT EXISTS (
    SELECT 1 FROM loading_kept k
    WHERE k.contributor = p.contributor AND k.basis = p.basis AND k.period = p.period
)"""

COUNT_HELD = "SELECT COUNT(*) FROM loading_held"
COUNT_KEPT = """
SELECT COUNT(*) FROM loading_posting p
JOIN loading_kept k
  ON k.contributor = p.contributor AND k.basis = p.basis AND k.period = p.period"""
COUNT_GONE = "SELECT COUNT(*) FROM loading_held p WHERE {new}"

WITHDRAW = """
UPDATE outcomes_measurement
SET withdrawn_at = %(now)s, withdrawn_by_id = %(by)s, reason = %(reason)s
WHERE plan_id = %(plan)s AND withdrawn_at IS NULL
  AND id IN (SELECT p.id FROM loading_held p WHERE {new})"""

# Ids of version 7, as the ledger's others: of one load, in the order of its rows.
POSTGRESQL_ID = "CAST(%(load)s || LPAD(TO_HEX(p.row_no), 8, '0') AS uuid)"
SQLITE_ID = "%(load)s || PRINTF('%%08x', p.row_no)"

POST = """
INSERT INTO outcomes_measurement (
    id, plan_id, indicator_id, recorded_on_id, contributor_id, office_id, country_id,
    basis, period, cell, state, numerator, denominator, unnamed, rating, qualifier,
    source, posted_at, posted_by_id, reason
)
SELECT {id}, %(plan)s, p.indicator, p.indicator, p.contributor, p.office, p.country,
       p.basis, p.period, p.cell, p.state, COALESCE(p.value, p.numerator), p.denominator,
       COALESCE(p.unnamed, 0), p.rating, p.qualifier,
       %(source)s || p.contributor || ':' || p.period, %(now)s, %(by)s, ''
FROM loading_posting p
WHERE {new}"""

POST_THINGS = """
INSERT INTO outcomes_postedthing (plan_id, measurement_id, thing_id)
SELECT %(plan)s, {id}, l.thing
FROM loading_listed l
JOIN loading_posting p ON p.row_no = l.row_no
WHERE {new}"""

# What came and what went, from its first period on: the indicator and the headline it feeds.
MARK_STALE = """
INSERT INTO outcomes_stalefigure (
    id, plan_id, indicator_id, leaf, basis, first_period, last_period, created_at
)
WITH moved AS (
    SELECT p.indicator, p.office * 1000 + COALESCE(p.country, 0) AS leaf, p.basis, p.period
    FROM loading_posting p WHERE {new}
    UNION ALL
    SELECT p.indicator, p.office * 1000 + COALESCE(p.country, 0), p.basis, p.period
    FROM loading_held p WHERE {new}
),
touched AS (
    SELECT indicator, leaf, basis, MIN(period) AS first
    FROM moved GROUP BY indicator, leaf, basis
),
with_headlines AS (
    SELECT indicator, leaf, basis, first FROM touched
    UNION ALL
    SELECT i.feeds_id, t.leaf, t.basis, t.first
    FROM touched t JOIN outcomes_indicator i ON i.id = t.indicator AND i.feeds_id IS NOT NULL
)
SELECT {id}, %(plan)s, p.indicator, p.leaf, p.basis, p.first, %(last)s, %(now)s
FROM (
    SELECT ROW_NUMBER() OVER () AS row_no, indicator, leaf, basis, MIN(first) AS first
    FROM with_headlines GROUP BY indicator, leaf, basis
) p"""
