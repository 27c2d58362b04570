"""Many people at their entry grids at once, against real servers: `python -m tests.load`."""
