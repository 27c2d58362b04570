"""Habitat Tracker: the results framework of a strategic plan, from entry to report."""

from .celery import app as celery_app

__all__ = ["celery_app"]
