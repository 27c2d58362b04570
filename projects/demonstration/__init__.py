"""The demonstration: a plan of its own with a synthetic portfolio, loaded and removed whole.

No invented value touches a real figure: everything here hangs on the plan `DEMO`.
"""

from .load import load_demonstration
from .people import PASSWORD, PEOPLE
from .plan import PLAN_CODE
from .removal import remove_demonstration

__all__ = ["PASSWORD", "PEOPLE", "PLAN_CODE", "load_demonstration", "remove_demonstration"]
