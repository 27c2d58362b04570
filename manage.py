#!/usr/bin/env python
"""Django's command line for Habitat Tracker."""

import os
import sys

from environs import EnvError


def main() -> None:
    """Run a management command; a wrong setting ends it with one line that names it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "habitat_tracker.settings")
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except EnvError as error:
        sys.exit(f"Habitat Tracker cannot start. {error}")


if __name__ == "__main__":
    main()
