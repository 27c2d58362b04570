"""What works on a plan says so where there is none."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("command", ["load_mtr", "load_demo"])
def test_the_plan_has_to_be_there_first(command: str) -> None:
    with pytest.raises(CommandError, match="load the plan first"):
        call_command(command)
