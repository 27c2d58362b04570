"""How the indicators of an outcome stand together; the rows are made by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from outcomes.choices import Basis
from outcomes.models import Indicator
from outcomes.rollup.compute import FigureRow
from outcomes.rollup.reader import FigureValue
from plans.models import PlanRevision
from reporting.progress import Progress, Status, spread

PLAN = PlanRevision()


def row(
    status: Status,
    progress: int | None = None,
    expected: int | None = None,
    *,
    target: bool = True,
    reports: tuple[int, int] = (1, 1),
    headline: bool = False,
):
    """An indicator, its figure and how it stands."""
    has_value = status != Status.NO_DATA
    figure = FigureValue(
        1,
        "quantity",
        0,
        Basis.OFFICIAL,
        "",
        1,
        FigureRow(
            numerator=1 if has_value else None,
            denominator=1 if has_value else None,
            reported=reports[0],
            expected=reports[1],
        ),
    )
    stands = Progress(
        status,
        None if progress is None else Fraction(progress),
        None if expected is None else Fraction(expected),
        has_target=target,
    )
    return Indicator(is_headline=headline), figure, stands


ON_TRACK = row(Status.ON_TRACK, 50, 50)
NO_TARGET = row(Status.NO_TARGET, target=False)
EMPTY = row(Status.NO_DATA, target=False, reports=(0, 0))


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ([], Status.NO_DATA),
        ([EMPTY], Status.NO_DATA),
        ([NO_TARGET, EMPTY], Status.NO_TARGET),
        ([ON_TRACK, NO_TARGET], Status.ON_TRACK),
        ([row(Status.ACHIEVED, 100, 50), row(Status.MAINTAINED)], Status.ACHIEVED),
        ([row(Status.MAINTAINED)], Status.ACHIEVED),
        ([row(Status.NOT_MAINTAINED)], Status.NO_TARGET),
        # 100 (capped) and 0 make 50 of an expected 50
        ([row(Status.ACHIEVED, 300, 50), row(Status.OFF_TRACK, 0, 50)], Status.ON_TRACK),
        # 89.9 % and 60 % of what is expected
        ([row(Status.DELAYED, 44, 50)], Status.DELAYED),
        ([row(Status.DELAYED, 30, 50)], Status.DELAYED),
        ([row(Status.OFF_TRACK, 29, 50)], Status.OFF_TRACK),
        ([row(Status.NOT_DUE, 0, 0)], Status.NOT_DUE),
        # one of three with a target has a progress
        ([ON_TRACK, row(Status.NO_DATA), row(Status.NO_DATA)], Status.LOW_COVERAGE),
        ([ON_TRACK, row(Status.NO_DATA)], Status.ON_TRACK),
        # one of three expected results is in
        ([row(Status.ON_TRACK, 50, 50, reports=(1, 3))], Status.LOW_COVERAGE),
        ([row(Status.ON_TRACK, 50, 50, reports=(1, 2))], Status.ON_TRACK),
    ],
)
def test_the_own_status_follows_the_rule_book(rows: list, status: Status) -> None:
    assert spread(rows, PLAN).status == status


def test_headlines_are_left_out_everywhere() -> None:
    told = spread([ON_TRACK, row(Status.ACHIEVED, 100, 50, headline=True)], PLAN)
    assert (told.indicators, told.with_progress, told.mean_progress) == (1, 1, 50)
    assert (told.counts, told.reported, told.expected) == ({Status.ON_TRACK: 1}, 1, 1)


def test_progress_is_capped_before_it_is_averaged() -> None:
    told = spread([row(Status.ACHIEVED, 300, 50), row(Status.REGRESSED, -40, 50)], PLAN)
    assert told.mean_progress == 50
