"""`manage.py bench`: what the product costs, as ratios to what the database itself needs.

A module per scenario, each with `run(options) -> list[Finding]`; `scenarios` lists them.
"""
