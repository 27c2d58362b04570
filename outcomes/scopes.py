"""Scopes: the parts of a plan that figures, baselines, milestones and targets belong to.

A scope is one number, so that it is one column of a key: 0 is the whole plan, 1 to 999 a
country (its M49 number), 1,000 and more an office (1,000 + its id), from 10^12 a contributor.
"""

from __future__ import annotations

from .choices import ScopeKind

PLAN = 0
_OFFICE = 1_000
_CONTRIBUTOR = 10**12
# A leaf is an office and a country (or none) in one number: office id x 1,000 + M49 number.
LEAF = 1_000
EVERY_LEAF = 0


def of_office(office_id: int) -> int:
    """The scope of an office with all below it."""
    return _OFFICE + office_id


def of_country(m49: int) -> int:
    """The scope of a country."""
    return m49


def of_contributor(contributor_id: int) -> int:
    """The scope of one contributor (only targets have it; its figures are its results)."""
    return _CONTRIBUTOR + contributor_id


def of_leaf(office_id: int, m49: int | None) -> int:
    """The leaf of an office and a country, or of an office alone: where contributors count."""
    return office_id * LEAF + (m49 or 0)


def split(scope: int) -> tuple[str, int]:
    """The kind of a scope and the id within its kind (0 for the plan)."""
    if scope == PLAN:
        return ScopeKind.PLAN, 0
    if scope < _OFFICE:
        return ScopeKind.COUNTRY, scope
    if scope < _CONTRIBUTOR:
        return ScopeKind.OFFICE, scope - _OFFICE
    return ScopeKind.CONTRIBUTOR, scope - _CONTRIBUTOR
