"""The SQL of the engine: from live postings to figures, the same text on both databases.

Time first, then place, in three steps, each of which may be a table or computed on the spot:

1. `posting`, and `turn` or `held`: the live rows of the ledger, and from which period to before
   which (`first`, `next`) a contributor's report is the latest, or its running sum, maximum or
   count holds.
2. `leaf`: what the contributors of one office and country come to, with who is expected.
3. `figure`: offices with all below them, countries and the plan, from leaves alone; only how many
   different things there are is counted in the ledger, since sets do not add.

`compute` puts the pieces together for one indicator (or a headline's feeders). Numbers are scaled
integers (six decimals). Named parameters; `{...}` is filled in by `compute`, never by a user.
"""

from __future__ import annotations

NONE = "CAST(NULL AS bigint)"
# A value that nothing ends is held until before this period.
FOREVER = 32_000

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

# --- What is asked ---------------------------------------------------------------------------

# The leaves that changed, each on a basis and in a range of periods. A cross join keeps
# SQLite from reading the ledger first; for PostgreSQL it is a join like any other.
TOUCHED = {
    "postgresql": "touched(leaf, basis, first, last) AS (SELECT * FROM unnest("
    "%(leaves)s::bigint[], %(bases)s::int[], %(firsts)s::int[], %(lasts)s::int[]))",
    "sqlite": "touched(leaf, basis, first, last) AS (VALUES (%(leaves)s, %(bases)s, %(firsts)s,"
    " %(lasts)s))",
}
LEDGER = {
    False: ("outcomes_measurement m", "m.period <= %(last)s", "%(first)s", "%(last)s"),
    True: (
        "touched t CROSS JOIN outcomes_measurement m",
        "m.leaf = t.leaf AND m.basis = t.basis AND m.period <= t.last",
        "t.first",
        "t.last",
    ),
}
CONTRIBUTORS = {
    False: ("outcomes_contributorrevision r", "1 = 1", "0", "%(first)s", "%(last)s"),
    True: (
        "touched t CROSS JOIN outcomes_contributorrevision r",
        "r.leaf = t.leaf",
        "t.basis",
        "t.first",
        "t.last",
    ),
}

GRID = """
grid AS (
    SELECT number, start, "end" AS last_day FROM plans_reportingperiod
    WHERE plan_id = %(plan)s AND number BETWEEN %(first)s AND %(last)s
)"""

# --- Postings --------------------------------------------------------------------------------

# The indicator's own postings and the credits it received.
POSTING = """
{name} AS {once}(
    SELECT m.contributor_id AS contributor, m.leaf, m.basis, m.period, m.cell, m.state,
           m.numerator, m.denominator, m.unnamed, m.rating, m.qualifier, {id} AS id,
           CASE WHEN m.recorded_on_id = m.indicator_id THEN 0 ELSE 1 END AS credited,
           {first} AS asked_first, {last} AS asked_last
    FROM {ledger}
    WHERE m.plan_id = %(plan)s AND m.indicator_id = %(indicator)s AND {live} AND {asked}
)"""

# A headline takes every result recorded on, or credited to, a feeder: each once.
HEADLINE_POSTING = """
{name} AS (
    SELECT contributor, leaf, basis, period, cell, state, numerator, denominator, unnamed, rating,
           qualifier, id, 0 AS credited, asked_first, asked_last
    FROM (
        SELECT m.contributor_id AS contributor, m.leaf, m.basis, m.period, m.cell, m.state,
               m.numerator, m.denominator, m.unnamed, m.rating, m.qualifier, {id} AS id,
               {first} AS asked_first, {last} AS asked_last,
               ROW_NUMBER() OVER (
                   PARTITION BY m.leaf, m.basis, m.period, m.cell, m.contributor_id
                   ORDER BY CASE WHEN m.recorded_on_id = m.indicator_id THEN 0 ELSE 1 END,
                            m.indicator_id
               ) AS copy
        FROM {ledger}
        WHERE m.plan_id = %(plan)s AND m.indicator_id {sources} AND {live} AND {asked}
          AND (m.cell = '' OR m.cell IN ({cells}))
    ) each_result
    WHERE copy = 1
)"""

# The categories of those dimensions that every feeder has; as `rules.shared_cells`.
SHARED_CELLS = """
    SELECT c.code FROM outcomes_category c JOIN outcomes_dimension d ON d.id = c.dimension_id
    WHERE c.indicator_id {sources} AND d.code IN (
        SELECT d.code FROM outcomes_category c JOIN outcomes_dimension d ON d.id = c.dimension_id
        WHERE c.indicator_id {sources}
        GROUP BY d.code HAVING COUNT(DISTINCT c.indicator_id) = {number}
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
    "rating": NONE,
}
DENOMINATOR = {"percentage": "p.denominator"}

# --- What a contributor holds ----------------------------------------------------------------

_EACH = "PARTITION BY p.leaf, p.basis, p.contributor, p.cell ORDER BY p.period"
_SO_FAR = f"({_EACH} ROWS UNBOUNDED PRECEDING)"
# From report to report: sums, maxima and counts up to each one, held until the next.
_RUNNING = f"""
held AS (
    SELECT p.leaf, p.basis, p.cell, p.period AS first,
           LEAD(p.period, 1, {FOREVER}) OVER ({_EACH}) AS next,
           @value OVER {_SO_FAR} AS numerator,
           SUM({{denominator}}) OVER {_SO_FAR} AS denominator,
           @count AS reports,
           MAX(p.qualifier) OVER {_SO_FAR} AS qualifier,
           SUM(p.credited * {{numerator}}) OVER {_SO_FAR} AS shared,
           {{numerator}} AS own_numerator, {{denominator}} AS own_denominator,
           p.qualifier AS own_qualifier, p.credited * {{numerator}} AS own_shared,
           p.asked_first, p.asked_last
    FROM posting p
    WHERE p.state = 'reported' AND {{usable}}
)"""
HELD = {
    "sum": _RUNNING.replace("@value", "SUM({numerator})").replace("@count", "1"),
    "max": _RUNNING.replace("@value", "MAX({numerator})").replace("@count", "1"),
    "mean": _RUNNING.replace("@value", "SUM({numerator})").replace(
        "@count", f"COUNT(*) OVER {_SO_FAR}"
    ),
}

# The latest report holds until the contributor takes the next turn: reports again, with a value,
# or says that it is not applicable.
TURN = f"""
turn AS MATERIALIZED (
    SELECT p.contributor_id AS contributor, p.leaf, p.basis, p.state, p.period AS first,
           LEAD(p.period, 1, {FOREVER}) OVER (
               PARTITION BY p.leaf, p.basis, p.contributor_id ORDER BY p.period
           ) AS next,
           p.asked_first, p.asked_last
    FROM (
        SELECT m.*, {{first}} AS asked_first, {{last}} AS asked_last
        FROM {{ledger}}
        WHERE m.plan_id = %(plan)s AND m.indicator_id {{sources}} AND {{live}} AND {{asked}}
          AND m.cell = '' AND m.recorded_on_id = m.indicator_id
    ) p
    WHERE (p.state = 'reported' AND {{usable}}) OR p.state = 'not_applicable'
)"""

# --- Leaves ----------------------------------------------------------------------------------

KEY = ("basis", "period", "leaf", "cell", "reports")
LEAF_VALUES = (
    "numerator",
    "denominator",
    "highest",
    "contributors",
    "qualifier",
    "shared",
    "period_numerator",
    "period_denominator",
    "period_highest",
    "period_contributors",
    "period_qualifier",
    "period_shared",
)
LEAF_COLUMNS = (*LEAF_VALUES, "reported", "expected")

# What the contributors of a leaf report in each period: in group order where no rating splits it.
LEAF_OWN = """
{name} AS (
    SELECT p.basis, p.period, p.leaf, {cell} AS cell, 1 AS reports,
           {to_date},
           SUM({numerator}) AS period_numerator, SUM({denominator}) AS period_denominator,
           {highest} AS period_highest, COUNT(*) AS period_contributors,
           MAX(p.qualifier) AS period_qualifier,
           COALESCE(SUM({numerator}) FILTER (WHERE p.credited = 1), 0) AS period_shared
    FROM posting p
    WHERE p.state = 'reported' AND {usable} AND p.period >= p.asked_first
    GROUP BY p.leaf, p.basis, p.period, {cell}
)"""
# Where the value to date is the sum of the periods, each period stands for itself.
ADDED = ", ".join(
    f"{NONE} AS {name}"
    for name in ("numerator", "denominator", "highest", "contributors", "qualifier", "shared")
)
# The latest values are those of the period, and those that are carried over periods in which
# their contributors took no turn.
LATEST = """SUM({numerator}) AS numerator, SUM({denominator}) AS denominator,
           {highest} AS highest, COUNT(*) AS contributors, MAX(p.qualifier) AS qualifier,
           0 AS shared"""
LEAF_CARRIED = f"""
carried AS (
    SELECT p.basis, g.number AS period, p.leaf, {{cell}} AS cell, 1 AS reports,
           SUM({{numerator}}) AS numerator, SUM({{denominator}}) AS denominator,
           {{highest}} AS highest, COUNT(*) AS contributors, MAX(p.qualifier) AS qualifier,
           0 AS shared, {", ".join([NONE] * 6)}
    FROM turn t
    JOIN posting p ON p.leaf = t.leaf AND p.basis = t.basis AND p.contributor = t.contributor
     AND p.period = t.first
    JOIN {{grid}}
     AND g.number > t.first AND g.number BETWEEN t.asked_first AND t.asked_last
    WHERE t.state = 'reported' AND t.next > t.first + 1 AND t.next > t.asked_first
      AND t.first < t.asked_last AND p.state = 'reported' AND {{usable}}
    GROUP BY p.leaf, p.basis, g.number, {{cell}}
),
value AS (SELECT * FROM own UNION ALL SELECT * FROM carried)"""

_OF_PERIOD = "FILTER (WHERE g.number = h.first)"
# A value holds in all periods from `first` to before `next`; its own period knows it too.
LEAF_HELD = f"""
value AS (
    SELECT h.basis, g.number AS period, h.leaf, h.cell, 1 AS reports,
           SUM(h.numerator) AS numerator, {{denominator}} AS denominator, {{highest}} AS highest,
           COUNT(*) AS contributors, MAX(h.qualifier) AS qualifier, {{shared}} AS shared,
           SUM(h.own_numerator) {_OF_PERIOD} AS period_numerator,
           {{period_denominator}} AS period_denominator, {{period_highest}} AS period_highest,
           NULLIF(COUNT(*) {_OF_PERIOD}, 0) AS period_contributors,
           MAX(h.own_qualifier) {_OF_PERIOD} AS period_qualifier,
           {{period_shared}} AS period_shared
    FROM held h
    JOIN {{grid}}
     AND g.number BETWEEN h.asked_first AND h.asked_last
    GROUP BY h.leaf, h.basis, g.number, h.cell
)"""
# Aggregates that only some rules need; what is left out is empty (and `shared` 0: only what is
# added over time can be credited).
LEAF_HELD_IF = {
    "denominator": ("SUM(h.denominator)", NONE),
    "highest": ("MAX(h.numerator)", NONE),
    "shared": ("SUM(h.shared)", "0"),
    "period_denominator": (f"SUM(h.own_denominator) {_OF_PERIOD}", NONE),
    "period_highest": (f"MAX(h.own_numerator) {_OF_PERIOD}", NONE),
    "period_shared": (
        f"SUM(h.own_shared) {_OF_PERIOD}",
        f"CASE WHEN COUNT(*) {_OF_PERIOD} > 0 THEN 0 END",
    ),
}
HOLDS = "grid g ON g.number >= {h}.first AND g.number < {h}.next"
# For a whole indicator on PostgreSQL: the periods of each stretch of time, joined by equality.
STRETCH = f"""
stretch AS MATERIALIZED (
    SELECT a.number AS first, b.next, g.number
    FROM grid a
    JOIN (SELECT number AS next FROM grid UNION ALL SELECT {FOREVER}) b ON b.next > a.number
    JOIN grid g ON g.number >= a.number AND g.number < b.next
)"""
HOLDS_STRETCH = "stretch g ON g.first = {h}.first AND g.next = {h}.next"

# A mean over time: contributors with as many reports are added up together.
LEAF_MEAN = f"""
value AS (
    SELECT h.basis, g.number AS period, h.leaf, h.cell, h.reports,
           SUM(h.numerator) AS numerator, {NONE} AS denominator,
           MAX(h.numerator) AS highest, COUNT(*) AS contributors, MAX(h.qualifier) AS qualifier,
           SUM(h.shared) AS shared,
           {NONE} AS period_numerator, {NONE} AS period_denominator, {NONE} AS period_highest,
           {NONE} AS period_contributors, {NONE} AS period_qualifier, {NONE} AS period_shared
    FROM held h
    JOIN {{grid}}
     AND g.number BETWEEN h.asked_first AND h.asked_last
    GROUP BY h.leaf, h.basis, g.number, h.cell, h.reports
    UNION ALL
    SELECT h.basis, h.first, h.leaf, h.cell, 1, {", ".join([NONE] * 6)},
           SUM(h.own_numerator), {NONE}, MAX(h.own_numerator), COUNT(*), MAX(h.own_qualifier),
           SUM(h.own_shared)
    FROM held h
    WHERE h.first >= h.asked_first
    GROUP BY h.leaf, h.basis, h.first, h.cell
)"""

# How many are rated at all, beside the levels.
RATED = f"""
rated AS (
    SELECT v.basis, v.period, v.leaf, '' AS cell, 1 AS reports,
           {NONE} AS numerator, {NONE} AS denominator, {NONE} AS highest,
           SUM(v.contributors) AS contributors, {", ".join([NONE] * 8)}
    FROM value v
    GROUP BY v.basis, v.period, v.leaf
)"""

# A contributor's own leaf and basis (0: both). Written so that PostgreSQL joins by contributor,
# of which there are many, and not by leaf or basis.
_OF_HOME = (
    "d.contributor = n.contributor AND d.leaf - n.leaf = 0 AND d.basis * (d.basis - n.basis) = 0"
)

_IS_EXPECTED = """g.last_day >= d.expected_from
                   AND (d.expected_to IS NULL OR g.start <= d.expected_to)"""

# n of m reported. Who is expected, less those for whom it is not applicable (from its period
# until a report; not available neither ends it nor counts as reported). Credits do not count.
# Contributors of the same dates are counted once for all their periods.
COVERAGE = f"""
home AS MATERIALIZED (
    SELECT r.contributor_id AS contributor, r.indicator_id AS source, r.leaf,
           {{home_basis}} AS basis, r.expected_from, r.expected_to,
           {{home_first}} AS asked_first, {{home_last}} AS asked_last
    FROM {{homes}}
    WHERE r.plan_id = %(plan)s AND r.indicator_id {{sources}} AND {{current}}
      AND {{home_asked}}
),
reported AS {{once}}MATERIALIZED (
    SELECT m.contributor_id AS contributor, m.leaf, m.basis, m.period AS number
    FROM {{ledger}}
    WHERE m.plan_id = %(plan)s AND m.indicator_id {{sources}} AND {{live}} AND {{asked}}
      AND m.period >= {{first}} AND m.cell = '' AND m.recorded_on_id = m.indicator_id
      AND m.state = 'reported'
),
not_applicable AS MATERIALIZED (
    SELECT m.contributor_id AS contributor, m.leaf, m.basis, m.period AS number,
           COALESCE((
               SELECT MIN(f.period) FROM outcomes_measurement f
               WHERE f.plan_id = %(plan)s AND f.indicator_id = m.indicator_id AND f.leaf = m.leaf
                 AND f.basis = m.basis AND f.contributor_id = m.contributor_id
                 AND f.period > m.period AND {{live_following}}
                 AND f.cell = '' AND f.recorded_on_id = f.indicator_id
                 AND f.state IN ('reported', 'not_applicable')
           ), {FOREVER}) AS next
    FROM {{ledger}}
    WHERE m.plan_id = %(plan)s AND m.indicator_id {{sources}} AND {{live}} AND {{asked}}
      AND m.cell = '' AND m.recorded_on_id = m.indicator_id AND m.state = 'not_applicable'
),
coverage AS (
    SELECT c.basis, c.number AS period, c.leaf, '' AS cell, 1 AS reports,
           {", ".join([NONE] * 12)},
           SUM(c.reported) AS reported, SUM(c.expected) AS expected
    FROM (
        SELECT b.basis, g.number, d.leaf, 0 AS reported, d.expected
        FROM (
            SELECT d.source, d.leaf, d.basis, d.expected_from, d.expected_to,
                   d.asked_first, d.asked_last, COUNT(*) AS expected
            FROM home d
            GROUP BY d.source, d.leaf, d.basis, d.expected_from, d.expected_to,
                     d.asked_first, d.asked_last
        ) d
        JOIN grid g ON {_IS_EXPECTED} AND g.number BETWEEN d.asked_first AND d.asked_last
        JOIN (SELECT 1 AS basis UNION ALL SELECT 2) b ON d.basis IN (0, b.basis)
        WHERE {{is_due}}
        UNION ALL
        SELECT n.basis, n.number, n.leaf, COUNT(*), 0
        FROM reported n
        JOIN home d ON {_OF_HOME}
        JOIN grid g ON g.number = n.number AND {_IS_EXPECTED}
        WHERE {{is_due}}
        GROUP BY n.leaf, n.basis, n.number
        UNION ALL
        SELECT n.basis, g.number, n.leaf, 0, -COUNT(*)
        FROM not_applicable n
        JOIN home d ON {_OF_HOME}
        JOIN grid g ON {_IS_EXPECTED} AND g.number BETWEEN d.asked_first AND d.asked_last
                   AND g.number >= n.number AND g.number < n.next
        WHERE {{is_due}}
        GROUP BY n.leaf, n.basis, g.number
    ) c
    GROUP BY c.leaf, c.basis, c.number
    HAVING SUM(c.expected) > 0
)"""

# What is carried, the period's own and coverage meet in one row. Of other columns at most one of
# them has something.
_MEET = {name: f"MAX({name})" for name in LEAF_COLUMNS} | {
    name: f"SUM({name})" for name in ("numerator", "denominator", "contributors")
}
LEAF = f"""
leaf AS (
    SELECT {", ".join(KEY)}, {", ".join(f"{_MEET[name]} AS {name}" for name in LEAF_COLUMNS)}
    FROM (
        SELECT {", ".join((*KEY, *LEAF_VALUES))}, {NONE} AS reported, {NONE} AS expected
        FROM value
        {{rated}}
        UNION ALL SELECT * FROM coverage
    ) parts
    GROUP BY {", ".join(KEY)}
)"""
AND_RATED = f"UNION ALL SELECT r.*, {NONE}, {NONE} FROM rated r"

# --- Scopes ----------------------------------------------------------------------------------

# The scopes of an office: the plan (0), itself and each office above it (1000 + id). A country
# is its own number.
SPOT = """
chain(office, scope, above) AS (
    SELECT id, 1000 + id, parent_id FROM accounts_office
    UNION ALL
    SELECT c.office, 1000 + o.id, o.parent_id
    FROM chain c JOIN accounts_office o ON o.id = c.above
),
spot AS (
    SELECT office, scope FROM chain
    UNION ALL
    SELECT id, 0 FROM accounts_office
)"""
# What the touched leaves move: each scope on a basis and in a range of periods.
AREA = """
area AS (
    SELECT s.scope, t.basis, MIN(t.first) AS first, MAX(t.last) AS last
    FROM touched t JOIN spot s ON s.office = t.leaf / 1000
    GROUP BY s.scope, t.basis
    UNION ALL
    SELECT t.leaf %% 1000, t.basis, MIN(t.first), MAX(t.last)
    FROM touched t WHERE t.leaf %% 1000 > 0
    GROUP BY t.leaf %% 1000, t.basis
)"""
WITHIN_PERIOD = " AND {alias}.period BETWEEN a.first AND a.last"
WITHIN_AREA = " JOIN area a ON a.scope = {scope} AND a.basis = {alias}.basis" + WITHIN_PERIOD

STORED_LEAVES = f"""
leaf AS (
    SELECT {", ".join((*KEY, *LEAF_COLUMNS))} FROM outcomes_leaf
    WHERE plan_id = %(plan)s AND indicator_id = %(indicator)s AND {{bases}}
      AND period BETWEEN %(first)s AND %(last)s
)"""

MEMBER = """
member AS (
    SELECT s.scope, l.* FROM leaf l JOIN spot s ON s.office = l.leaf / 1000 {within_office}
    WHERE {office_scopes}
    UNION ALL
    SELECT l.leaf %% 1000 AS scope, l.* FROM leaf l {within_country}
    WHERE l.leaf %% 1000 > 0 AND {country_scopes}
)"""

FIGURE_KEY = ("scope", "basis", "cell", "period")
FIGURE_COLUMNS = (
    "numerator",
    "denominator",
    "qualifier",
    "shared",
    "unnamed",
    "period_numerator",
    "period_denominator",
    "period_qualifier",
    "period_shared",
    "period_unnamed",
    "reported",
    "expected",
)
FIGURE = """
figure AS (
    SELECT l.scope, l.basis, l.cell, l.period, {columns},
           SUM(l.reported) AS reported, SUM(l.expected) AS expected
    FROM {member} l
    GROUP BY l.scope, l.basis, l.cell, l.period
)"""
# Numerator, denominator and qualifier across contributors; `@` stands for to date or in period.
_ONE = "CASE WHEN SUM(l.@contributors) > 0 THEN 1 END"
_SUM = ("SUM(l.@numerator)", _ONE, "MAX(l.@qualifier)")
ACROSS = {
    "sum": _SUM,
    "max": ("MAX(l.@highest)", _ONE, "MAX(l.@qualifier)"),
    "mean": ("SUM(l.@numerator)", "NULLIF(SUM(l.@contributors), 0)", "MAX(l.@qualifier)"),
    # Where several have a value there is no figure, and the denominator counts them.
    "none": (
        "CASE WHEN SUM(l.@contributors) = 1 THEN SUM(l.@numerator) END",
        "NULLIF(SUM(l.@contributors), 0)",
        "CASE WHEN SUM(l.@contributors) = 1 THEN MAX(l.@qualifier) END",
    ),
    "percentage": ("SUM(l.@numerator)", "SUM(l.@denominator)", "MAX(l.@qualifier)"),
    # Contributors at each level; the total has no value, and its denominator counts the rated.
    "rating": (
        "CASE WHEN l.cell <> '' THEN SUM(l.@contributors) * 1000000 END",
        "CASE WHEN l.cell = '' THEN SUM(l.@contributors) WHEN SUM(l.@contributors) > 0 THEN 1 END",
        "CASE WHEN l.cell <> '' THEN MAX(l.@qualifier) END",
    ),
    "distinct": _SUM,
}

# A mean over time is put together from sums over 1, 2, 3 ... reports as fractions, so that three
# thirds make one: over a common multiple on PostgreSQL, whose numerics have no bounds, by a
# function of ours on SQLite (`sqlite.py`). A pair that does not fit 64 bits is rounded to one
# that does.
BIGGEST = 2**63 - 1
_EXACT = {
    "sum": "SUM(l.numerator * ({multiple} / l.reports)::numeric)",
    "max": "MAX(l.highest * ({multiple} / l.reports)::numeric)",
}
_WHOLE = "({multiple}::numeric * {divisor})"
_COMMON = f"gcd({{exact}}, {_WHOLE})"
_TOP = f"div({{exact}}, {_COMMON})"
_BOTTOM = f"div({_WHOLE}, {_COMMON})"
_ROOM = f"LEAST({_BOTTOM}, GREATEST(1, div({BIGGEST}, div(abs({_TOP}), {_BOTTOM}) + 1)))"
MEAN = {
    "postgresql": (
        f"CASE WHEN abs({_TOP}) <= {BIGGEST} THEN {_TOP}"
        f" ELSE round({{exact}} * {_ROOM} / {_WHOLE}) END",
        f"CASE WHEN abs({_TOP}) <= {BIGGEST} THEN {_BOTTOM}"
        f" WHEN {{exact}} IS NOT NULL THEN {_ROOM} END",
    ),
    "sqlite": ("mean_numerator({exact}, {divisor})", "mean_denominator({exact}, {divisor})"),
}
EXACT = {
    "postgresql": _EXACT,
    "sqlite": {
        "sum": "exact_sum(l.numerator, l.reports)",
        "max": "exact_max(l.highest, l.reports)",
    },
}

# --- Things ----------------------------------------------------------------------------------

# Which lists count from which period to before which: all that were ever made, or the latest ones.
THING_HELD = {
    "sum": f"""
thing_held AS (
    SELECT p.id, p.leaf, p.basis, p.credited, p.period AS first, {FOREVER} AS next
    FROM thing_posting p
    WHERE p.state = 'reported' AND p.cell = ''
)""",
    "latest": f"""
thing_held AS (
    SELECT * FROM (
        SELECT p.id, p.leaf, p.basis, p.credited, p.state, p.period AS first,
               LEAD(p.period, 1, {FOREVER}) OVER (
                   PARTITION BY p.leaf, p.basis, p.contributor ORDER BY p.period
               ) AS next
        FROM thing_posting p
        WHERE p.state IN ('reported', 'not_applicable') AND p.cell = ''
    ) p
    WHERE p.state = 'reported'
)""",
}
# Things: each once in a scope, whoever listed it, after merges.
THING = """
listing AS (
    SELECT l.scope, l.basis, l.first, l.next, l.credited, l.asked_first, l.asked_last,
           COALESCE(merged.root_id, t.thing_id) AS thing
    FROM (
        SELECT s.scope, h.id, h.basis, h.first, h.next, h.credited, {asked}
        FROM thing_held h JOIN spot s ON s.office = h.leaf / 1000 {within_office}
        WHERE {office_scopes}
        UNION ALL
        SELECT h.leaf %% 1000, h.id, h.basis, h.first, h.next, h.credited, {asked}
        FROM thing_held h {within_country}
        WHERE h.leaf %% 1000 > 0 AND {country_scopes}
    ) l
    JOIN outcomes_postedthing t ON t.plan_id = %(plan)s AND t.measurement_id = l.id
    LEFT JOIN outcomes_thingmerge merged ON merged.thing_id = t.thing_id AND {merged}
)"""
# Ever listed: a thing counts from the first period in which somebody of the scope listed it.
# Latest: it counts while it is on somebody's list. In its period: whoever lists it, once.
THING_COUNT = {
    "sum": """
first_listed AS (
    SELECT l.scope, l.basis, l.thing, MIN(l.first) AS first,
           MIN(CASE WHEN l.credited = 1 THEN l.first END) AS shared_first,
           MIN(l.asked_first) AS asked_first, MAX(l.asked_last) AS asked_last
    FROM listing l
    GROUP BY l.scope, l.basis, l.thing
),
thing_count AS (
    SELECT l.scope, l.basis, g.number AS period, COUNT(*) AS things,
           COUNT(CASE WHEN l.shared_first <= g.number THEN 1 END) AS shared_things,
           0 AS period_things, 0 AS period_shared_things
    FROM first_listed l
    JOIN grid g ON g.number >= l.first AND g.number BETWEEN l.asked_first AND l.asked_last
    GROUP BY l.scope, l.basis, g.number
    UNION ALL
    SELECT l.scope, l.basis, l.first, 0, 0, COUNT(DISTINCT l.thing),
           COUNT(DISTINCT CASE WHEN l.credited = 1 THEN l.thing END)
    FROM listing l
    WHERE l.first BETWEEN l.asked_first AND l.asked_last
    GROUP BY l.scope, l.basis, l.first
)""",
    "latest": """
thing_count AS (
    SELECT l.scope, l.basis, g.number AS period,
           COUNT(DISTINCT l.thing) AS things,
           COUNT(DISTINCT CASE WHEN l.credited = 1 THEN l.thing END) AS shared_things,
           COUNT(DISTINCT CASE WHEN g.number = l.first THEN l.thing END) AS period_things,
           COUNT(DISTINCT CASE WHEN g.number = l.first AND l.credited = 1
                               THEN l.thing END) AS period_shared_things
    FROM listing l
    JOIN grid g ON g.number >= l.first AND g.number < l.next
               AND g.number BETWEEN l.asked_first AND l.asked_last
    GROUP BY l.scope, l.basis, g.number
)""",
}
# Leaves (the unnamed, who is expected) and things meet in one row.
LISTED_MEMBER = f"""
listed_member AS (
    SELECT scope, basis, cell, period, {", ".join(LEAF_COLUMNS)},
           0 AS things, 0 AS shared_things, 0 AS period_things, 0 AS period_shared_things
    FROM member
    UNION ALL
    SELECT scope, basis, '', period, {", ".join([NONE] * len(LEAF_COLUMNS))},
           things, shared_things, period_things, period_shared_things
    FROM thing_count
)"""

# --- To date ---------------------------------------------------------------------------------

_THEN = "MAX(CASE WHEN f.period = g.number THEN f.{0} END) AS {0}"
# Where only what was reported in each period is stored, the value to date is its running sum.
TO_DATE = f"""
SELECT {{indicator}} AS indicator, f.scope, f.basis, f.cell, g.number AS period,
       {{sum_numerator}} AS numerator, {{denominator}} AS denominator,
       MAX(f.period_qualifier) AS qualifier, {{sum_shared}} AS shared, {NONE} AS unnamed,
       {", ".join(_THEN.format(name) for name in FIGURE_COLUMNS[5:])}
FROM {{figure}} f
JOIN grid g ON g.number >= f.period
WHERE {{asked}}
GROUP BY {{group}}f.scope, f.basis, f.cell, g.number"""
AS_STORED = f"""
SELECT {{indicator}} AS indicator, {", ".join(FIGURE_KEY)}, {", ".join(FIGURE_COLUMNS)}
FROM {{figure}} f
WHERE {{asked}}"""

# --- Storing ---------------------------------------------------------------------------------

NOW = {"postgresql": "clock_timestamp()", "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')"}

# PostgreSQL's planner knows nothing about what a statement works out on its way, so it is told:
# a whole indicator is a matter of large joins, and of groups by hash where no index has their
# order; touched leaves are a matter of look-ups. Until the transaction ends.
_JOINS = (
    "SET LOCAL jit = off; SET LOCAL work_mem = '64MB'; SET LOCAL enable_nestloop = {};"
    " SET LOCAL enable_hashjoin = {}; SET LOCAL enable_mergejoin = {};"
    " SET LOCAL enable_seqscan = {}; SET LOCAL enable_sort = {}; "
)
PLANNER = {
    (False, "leaf"): _JOINS.format("off", "on", "on", "on", "off"),
    (False, "figure"): _JOINS.format("off", "on", "on", "on", "on"),
    (True, "leaf"): _JOINS.format("on", "on", "off", "off", "on"),
    (True, "figure"): _JOINS.format("on", "on", "off", "off", "on"),
}

# Planning takes longer than looking up what a few leaves need, so PostgreSQL keeps the plan: a
# statement is prepared once for each connection and set of rules.
PREPARE = "PREPARE {name}({types}) AS {statement}; "
EXECUTE = "SET LOCAL plan_cache_mode = force_generic_plan; EXECUTE {name}({values})"
TYPES = {
    "leaves": "bigint[]",
    "bases": "int[]",
    "firsts": "int[]",
    "lasts": "int[]",
    "plan": "bigint",
    "indicator": "bigint",
    "first": "int",
    "last": "int",
    "family": "int",
    "every_leaf": "bigint",
    "is_whole": "int",
    "at_once": "bigint",
    "otherwise_at_once": "bigint",
    "batch": "bigint",
}

# Which stored rows a computation answers for: all of the indicator, or what was touched.
RANGE = {
    "leaf": (
        "s.leaf = t.leaf AND s.basis = t.basis AND s.period = g.number"
        " AND g.number BETWEEN t.first AND t.last",
        "touched t, grid g",
    ),
    "figure": (
        "s.scope = t.scope AND s.basis = t.basis AND s.period BETWEEN t.first AND t.last",
        "area t",
    ),
}
_OF_INDICATOR = "plan_id = %(plan)s AND s.indicator_id = %(indicator)s"

# PostgreSQL: what is no longer there goes, what is new or differs is written, in one statement.
# Keys are never null; NOT IN looks them up by hash, however few rows the planner expects.
REPLACE = f""",
gone AS (
    DELETE FROM {{table}} s {{using}}
    WHERE s.{_OF_INDICATOR} AND {{range}}
      AND ({{of_stored}}) NOT IN (SELECT {{key}} FROM {{source}})
)
INSERT INTO {{table}} AS s (plan_id, indicator_id, {{key}}, {{columns}}, computed_at)
SELECT %(plan)s, %(indicator)s, {{key}}, {{columns}}, {{now}} FROM {{source}}
ON CONFLICT (plan_id, indicator_id, {{key}}) DO UPDATE
SET {{set}}, computed_at = excluded.computed_at
WHERE ({{stored}}) IS DISTINCT FROM ({{excluded}})"""

# Where nothing is stored, and on SQLite, one writer and one leaf at a time: out, and in anew.
IS_STORED = """
SELECT EXISTS (
    SELECT 1 FROM {table} WHERE plan_id = %(plan)s AND indicator_id = %(indicator)s
)"""
DELETE = f"""
DELETE FROM {{table}} AS s
WHERE s.{_OF_INDICATOR} AND {{range}}"""
INSERT = """
INSERT INTO {table} (plan_id, indicator_id, {key}, {columns}, computed_at)
{with_parts}
SELECT %(plan)s, %(indicator)s, {key}, {columns}, {now} FROM {source}"""
_ONE_BASIS = "s.basis = %(bases)s AND s.period BETWEEN %(first)s AND %(last)s"
ONE_RANGE = {
    "leaf": f"s.leaf = %(leaves)s AND {_ONE_BASIS}",
    "figure": f"s.scope IN (SELECT scope FROM area) AND {_ONE_BASIS}",
}

# --- The queue -------------------------------------------------------------------------------

# The advisory lock of a (plan, indicator), held until the transaction ends.
_LOCK_OF = "%(family)s, ((plan_id * 100003 + indicator_id) %% 2147483648)::int"
TRY_LOCK = {"postgresql": f"pg_try_advisory_xact_lock({_LOCK_OF})", "sqlite": "1 = 1"}
# The next transaction's keys, taken out in it: if that ends badly they are there again. They are
# of the indicators that have waited longest and that nobody has locked, each locked: rather of
# some with changed leaves, or rather of one that is to be computed as a whole, as asked. How many
# wait is in every row. In order and materialized, else PostgreSQL would lock all of them and then
# take the first.
TAKE = """
WITH waiting AS MATERIALIZED (
    SELECT plan_id, indicator_id, CASE WHEN leaf = %(every_leaf)s THEN 1 ELSE 0 END AS is_whole,
           MIN(created_at) AS since
    FROM outcomes_stalefigure
    WHERE {wanted}
    GROUP BY plan_id, indicator_id, CASE WHEN leaf = %(every_leaf)s THEN 1 ELSE 0 END
),
rather AS MATERIALIZED (
    SELECT * FROM waiting WHERE is_whole = %(is_whole)s ORDER BY since, plan_id, indicator_id
),
free AS MATERIALIZED (
    SELECT plan_id, indicator_id, is_whole FROM rather WHERE {lock} LIMIT %(at_once)s
),
otherwise AS MATERIALIZED (
    SELECT * FROM waiting WHERE is_whole <> %(is_whole)s AND NOT EXISTS (SELECT 1 FROM free)
    ORDER BY since, plan_id, indicator_id
),
locked AS MATERIALIZED (
    SELECT * FROM free
    UNION ALL
    SELECT * FROM (
        SELECT plan_id, indicator_id, is_whole FROM otherwise WHERE {lock}
        LIMIT %(otherwise_at_once)s
    ) instead
),
claimed AS MATERIALIZED (
    SELECT s.plan_id, s.id FROM outcomes_stalefigure s
    WHERE {wanted} AND EXISTS (
        SELECT 1 FROM locked l
        WHERE l.plan_id = s.plan_id AND l.indicator_id = s.indicator_id
          -- what was too large as a whole may fit, now that there are newer keys
          AND (l.is_whole = 1 OR s.leaf <> %(every_leaf)s OR s.too_large_at IS NOT NULL)
    )
    ORDER BY s.plan_id, s.id LIMIT %(batch)s {skip}
)
DELETE FROM outcomes_stalefigure WHERE (plan_id, id) IN (SELECT plan_id, id FROM claimed)
RETURNING id, plan_id, indicator_id, leaf, basis, first_period, last_period, run,
          (SELECT COUNT(*) FROM waiting)"""
WAITS = "SELECT 1 FROM outcomes_stalefigure WHERE {wanted} LIMIT 1"
# The oldest keys that nobody else has claimed, of one plan or indicator.
CLAIM = """
WITH claimed AS MATERIALIZED (
    SELECT plan_id, id FROM outcomes_stalefigure
    WHERE {wanted}
    ORDER BY plan_id, id LIMIT %(batch)s {skip}
)
DELETE FROM outcomes_stalefigure WHERE (plan_id, id) IN (SELECT plan_id, id FROM claimed)
RETURNING id, plan_id, indicator_id, leaf, basis, first_period, last_period, run"""
# Keys of an indicator whose sums did not fit wait for a newer key of it, or half a minute.
WORTH_TRYING = """(
    too_large_at IS NULL OR too_large_at < {half_a_minute_ago}
    OR (plan_id, indicator_id) IN (
        SELECT plan_id, indicator_id FROM outcomes_stalefigure WHERE too_large_at IS NULL
    )
)"""
HALF_A_MINUTE_AGO = {
    "postgresql": "clock_timestamp() - INTERVAL '30 seconds'",
    "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', '-30 seconds')",
}
LOCK = f"""
SELECT pg_advisory_xact_lock({_LOCK_OF})
FROM (
    SELECT DISTINCT plan_id, indicator_id
    FROM unnest(%(plans)s::bigint[], %(indicators)s::bigint[]) pair (plan_id, indicator_id)
    ORDER BY plan_id, indicator_id
) pairs"""

# --- Verifying -------------------------------------------------------------------------------

STORED = """
stored AS (
    SELECT {columns} FROM {table} WHERE plan_id = %(plan)s AND indicator_id = %(indicator)s
)"""
# What is stored and not computed (0), and the other way round (1).
COMPARE = (
    STORED
    + """
SELECT 0 AS side, d.* FROM (SELECT {columns} FROM stored EXCEPT SELECT {columns} FROM {source}) d
UNION ALL
SELECT 1, d.* FROM (SELECT {columns} FROM {source} EXCEPT SELECT {columns} FROM stored) d"""
)
# Nothing can be computed (no rules, no periods): everything stored is too much.
EVERY_STORED = STORED + "SELECT 0 AS side, s.* FROM stored s"
