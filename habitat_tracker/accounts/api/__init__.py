"""Offices, countries and sign-in in the API."""

from .reference import CountryViewSet, OfficeViewSet
from .sign_in import SignIn, SignOut, SignOutEverywhere

__all__ = ["CountryViewSet", "OfficeViewSet", "SignIn", "SignOut", "SignOutEverywhere"]
