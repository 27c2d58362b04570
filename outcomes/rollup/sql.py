"""The SQL of the engine: from live postings to figures, the same text on both databases.

Time first, then place. Every statement works on one indicator (or a headline's feeders):

1. `posting`: the live rows of the ledger; a headline takes each result once.
2. `held`: what each contributor holds, and from which period to before which (`first`,
   `next`): running sums, maxima and counts at every report, or the latest report.
3. `grid`: the periods asked; a value holds in all of them from `first` to before `next`.
4. `spot`: the scopes that a place belongs to.

Numbers are scaled integers (six decimals). Named parameters; `moment` is null for now.
"""

from __future__ import annotations

LIVE_NOW = "{alias}.withdrawn_at IS NULL"
LIVE_THEN = (
    "({alias}.posted_at <= %(moment)s"
    " AND ({alias}.withdrawn_at IS NULL OR {alias}.withdrawn_at > %(moment)s))"
)
CURRENT = "{alias}.superseded_at IS NULL"
CURRENT_THEN = (
    "({alias}.recorded_at <= %(moment)s"
    " AND ({alias}.superseded_at IS NULL OR {alias}.superseded_at > %(moment)s))"
)

# The indicator's own postings and the credits it received.
POSTING = """
posting AS (
    SELECT m.id, m.contributor_id AS contributor, m.office_id AS office,
           COALESCE(m.country_id, 0) AS country, m.basis, m.period, m.cell, m.state,
           m.numerator, m.denominator, m.unnamed, m.rating, m.qualifier,
           CASE WHEN m.recorded_on_id = m.indicator_id THEN 0 ELSE 1 END AS credited
    FROM outcomes_measurement m
    WHERE m.plan_id = %(plan)s AND m.indicator_id = %(indicator)s AND {live}
)"""

# A headline takes every result recorded on, or credited to, a feeder: each once.
HEADLINE_POSTING = """
posting AS (
    SELECT id, contributor, office, country, basis, period, cell, state,
           numerator, denominator, unnamed, rating, qualifier, 0 AS credited
    FROM (
        SELECT m.id, m.contributor_id AS contributor, m.office_id AS office,
               COALESCE(m.country_id, 0) AS country, m.basis, m.period, m.cell, m.state,
               m.numerator, m.denominator, m.unnamed, m.rating, m.qualifier,
               ROW_NUMBER() OVER (
                   PARTITION BY m.contributor_id, m.basis, m.period, m.cell
                   ORDER BY CASE WHEN m.recorded_on_id = m.indicator_id THEN 0 ELSE 1 END,
                            m.indicator_id
               ) AS copy
        FROM outcomes_measurement m
        WHERE m.plan_id = %(plan)s AND m.indicator_id IN ({feeders}) AND {live}
          AND (m.cell = '' OR m.cell IN ({cells}))
    ) each_result
    WHERE copy = 1
)"""

GRID = """
grid AS (
    SELECT number, start, "end" AS last_day FROM plans_reportingperiod
    WHERE plan_id = %(plan)s AND number BETWEEN %(first)s AND %(last)s
)"""

# Plan (0), the office and each office above it (1000 + id), and the country (its number).
SPOT = """
spot AS (
    SELECT o.id AS office, 0 AS scope FROM accounts_office o
    UNION ALL
    SELECT o.id, 1000 + above.id
    FROM accounts_office o
    JOIN accounts_office above ON o.path LIKE above.path || '%%'
)"""

# Which rows hold a value, by kind; a row without one came in another way and is left out.
USABLE = {
    "quantity": "p.numerator IS NOT NULL",
    "percentage": "p.numerator IS NOT NULL AND p.denominator > 0",
    "distinct": "p.cell = ''",
    "rating": "p.rating <> ''",
}
NUMERATOR = {
    "quantity": "p.numerator",
    "percentage": "p.numerator",
    "distinct": "p.unnamed",
    "rating": "0",
}

_EACH = "PARTITION BY p.contributor, p.basis, p.cell ORDER BY p.period"
_SO_FAR = f"({_EACH} ROWS UNBOUNDED PRECEDING)"
_HELD = """
held AS (
    SELECT p.id, p.contributor, p.office, p.country, p.basis, p.cell, p.rating, p.credited,
           p.period AS first, {columns}
    FROM posting p
    WHERE p.state = 'reported' AND {usable}
)"""

# From report to report: sums, maxima and counts up to each one, held until the next.
_RUNNING = f"""LEAD(p.period, 1, 32000) OVER ({_EACH}) AS next,
           {{value}} AS numerator,
           SUM(COALESCE(p.denominator, 0)) OVER {_SO_FAR} AS denominator,
           {{count}} AS reports,
           MAX(p.qualifier) OVER {_SO_FAR} AS qualifier,
           SUM(p.credited * {{numerator}}) OVER {_SO_FAR} AS shared"""

HELD = {
    "sum": _HELD.replace(
        "{columns}",
        _RUNNING.format(
            value=f"SUM({{numerator}}) OVER {_SO_FAR}", count="1", numerator="{numerator}"
        ),
    ),
    "max": _HELD.replace(
        "{columns}",
        _RUNNING.format(
            value=f"MAX({{numerator}}) OVER {_SO_FAR}", count="1", numerator="{numerator}"
        ),
    ),
    "mean": _HELD.replace(
        "{columns}",
        _RUNNING.format(
            value=f"SUM({{numerator}}) OVER {_SO_FAR}",
            count=f"COUNT(*) OVER {_SO_FAR}",
            numerator="{numerator}",
        ),
    ),
    # The latest report holds until the contributor's next one, or until it is not applicable.
    # The cells are those of the same result.
    "latest": """
turn AS (
    SELECT p.contributor, p.basis, p.period,
           LEAD(p.period, 1, 32000) OVER (
               PARTITION BY p.contributor, p.basis ORDER BY p.period
           ) AS next
    FROM posting p
    WHERE p.cell = '' AND (p.state = 'not_applicable' OR (p.state = 'reported' AND {usable}))
),
held AS (
    SELECT p.id, p.contributor, p.office, p.country, p.basis, p.cell, p.rating, p.credited,
           p.period AS first, t.next,
           {numerator} AS numerator, COALESCE(p.denominator, 0) AS denominator,
           1 AS reports, p.qualifier, p.credited * {numerator} AS shared
    FROM posting p
    JOIN turn t ON t.contributor = p.contributor AND t.basis = p.basis AND t.period = p.period
    WHERE p.state = 'reported' AND {usable}
)""",
}

# What was reported in each period, held in that period alone.
SPOT_REPORTS = _HELD.replace("held AS", "spot_report AS").replace(
    "{columns}",
    """p.period + 1 AS next, {numerator} AS numerator, COALESCE(p.denominator, 0) AS denominator,
           1 AS reports, p.qualifier, p.credited * {numerator} AS shared""",
)

_MEMBERS = """
    SELECT s.scope, h.* FROM {held} h JOIN spot s ON s.office = h.office
    UNION ALL
    SELECT h.country AS scope, h.* FROM {held} h WHERE h.country > 0"""

# One row a scope, basis, cell and period, and number of reports (only a mean has several).
VALUES = f"""
SELECT h.scope, h.basis, {{cell}} AS cell, g.number, h.reports,
       SUM(h.numerator), SUM(h.denominator), MAX(h.numerator), COUNT(*),
       MAX(h.qualifier), SUM(h.shared)
FROM ({_MEMBERS}) h
JOIN grid g ON g.number >= h.first AND g.number < h.next
WHERE {{scopes}}
GROUP BY h.scope, h.basis, {{cell}}, g.number, h.reports"""

# Things: each once in a scope, whoever listed it, after merges.
THING_INTERVALS = {
    "sum": "g.number >= h.first",
    "latest": "g.number >= h.first AND g.number < h.next",
    "period": "g.number = h.first",
}
THINGS = f"""
SELECT h.scope, h.basis, g.number,
       COUNT(DISTINCT COALESCE(merged.root_id, t.thing_id)),
       COUNT(DISTINCT CASE WHEN h.credited = 1
                           THEN COALESCE(merged.root_id, t.thing_id) END)
FROM ({_MEMBERS}) h
JOIN outcomes_postedthing t ON t.plan_id = %(plan)s AND t.measurement_id = h.id
LEFT JOIN outcomes_thingmerge merged ON merged.thing_id = t.thing_id AND {{merged}}
JOIN grid g ON {{interval}}
WHERE {{scopes}}
GROUP BY h.scope, h.basis, g.number"""

# n of m reported. Not applicable holds from its period until a report; not available neither
# ends it nor counts as reported. Credits do not count.
COVERAGE = """
own AS (
    SELECT m.contributor_id AS contributor, m.basis, m.period, m.state
    FROM outcomes_measurement m
    WHERE m.plan_id = %(plan)s AND m.indicator_id IN ({sources}) AND m.cell = ''
      AND m.recorded_on_id = m.indicator_id AND {live}
),
turned AS (
    SELECT contributor, basis, state, period AS first,
           LEAD(period, 1, 32000) OVER (PARTITION BY contributor, basis ORDER BY period) AS next
    FROM own WHERE state IN ('reported', 'not_applicable')
),
due AS (
    SELECT r.contributor_id AS contributor, r.office_id AS office,
           COALESCE(r.country_id, 0) AS country, g.number
    FROM outcomes_contributor c
    JOIN outcomes_contributorrevision r ON r.contributor_id = c.id AND {current}
    JOIN grid g ON r.expected_from <= g.last_day
               AND (r.expected_to IS NULL OR r.expected_to >= g.start)
    WHERE c.plan_id = %(plan)s AND c.indicator_id IN ({sources}) AND ({is_due})
),
held AS (
    SELECT d.office, d.country, b.basis, d.number,
           CASE WHEN o.state = 'reported' THEN 1 ELSE 0 END AS reported
    FROM due d
    JOIN (SELECT 1 AS basis UNION ALL SELECT 2) b ON 1 = 1
    LEFT JOIN turned n ON n.contributor = d.contributor AND n.basis = b.basis
                      AND n.state = 'not_applicable' AND n.first <= d.number AND d.number < n.next
    LEFT JOIN own o ON o.contributor = d.contributor AND o.basis = b.basis
                   AND o.period = d.number
    WHERE n.contributor IS NULL
)
SELECT h.scope, h.basis, h.number, SUM(h.reported), COUNT(*)
FROM (
    SELECT s.scope, h.* FROM held h JOIN spot s ON s.office = h.office
    UNION ALL
    SELECT h.country AS scope, h.* FROM held h WHERE h.country > 0
) h
WHERE {scopes}
GROUP BY h.scope, h.basis, h.number"""
