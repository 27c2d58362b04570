"""PostgreSQL's prepared statements: a plan that a connection keeps since the first time.

Planning a statement of the engine takes longer than looking up what a few leaves need. What is
prepared belongs to a connection and outlives its transactions, so a pooler must pool sessions.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from hashlib import md5
from typing import Any
from weakref import WeakKeyDictionary

from django.db import DatabaseError

from . import sql

_NO_SUCH_STATEMENT = "26000"
# By the driver's connection: a new one begins with none.
_PREPARED: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


def execute(
    cursor: Any,
    shape: Hashable,
    statement: Callable[[], str],
    params: dict[str, Any],
    *,
    planner: str = "",
) -> None:
    """Execute the statement of a shape, and prepare it where this connection has not yet.

    The shape says all that its text depends on; what else differs are parameters. `planner` are
    settings for the transaction.
    """
    name = f"rollup_{md5(repr(shape).encode(), usedforsecurity=False).hexdigest()}"
    prepared = _PREPARED.setdefault(cursor.connection, set())
    prepare = ""
    if name not in prepared:
        places = {one: f"${number}" for number, one in enumerate(params, start=1)}
        prepare = sql.PREPARE.format(
            name=name,
            types=", ".join(sql.TYPES[one] for one in params),
            statement=statement() % places,
        ).replace("%", "%%")
    values = ", ".join(f"%({one})s" for one in params)
    try:
        cursor.execute(planner + prepare + sql.EXECUTE.format(name=name, values=values), params)
    except DatabaseError as error:
        # What was prepared outlives the transaction; what is not there is prepared next time.
        is_gone = getattr(error.__cause__, "pgcode", None) == _NO_SUCH_STATEMENT
        (prepared.discard if is_gone else prepared.add)(name)
        raise
    prepared.add(name)
