"""Filters that several lists share, on pages and in the API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_filters import CharFilter, ChoiceFilter, DateFilter, ModelChoiceFilter
from django_filters.constants import EMPTY_VALUES
from django_filters.fields import ModelChoiceField, ModelChoiceIterator

from habitat_tracker.fields import spelled_in_any_language
from habitat_tracker.names import name_key
from habitat_tracker.wording import said_day


def plan_code(request: Any) -> str:
    """The plan that the address names."""
    match = getattr(request, "resolver_match", None)
    return match.kwargs.get("plan", "") if match else ""


class _ByName(ModelChoiceIterator):
    def __iter__(self) -> Iterator[Any]:
        listed = super().__iter__()
        if self.field.empty_label is not None:
            yield next(listed)
        yield from sorted(listed, key=lambda one: name_key(str(one[1])))


class ByNameField(ModelChoiceField):
    """Rows to choose from, by their names in the reader's language."""

    iterator = _ByName


class CodeFilter(ModelChoiceFilter):
    """Rows of one office, country, outcome...: named by its code; an unknown code is refused.

    With `in_plan` only codes of the plan in the address are known.
    """

    def __init__(
        self, model: str, *, code: str = "code", in_plan: bool = False, **kwargs: Any
    ) -> None:
        def rows(request: Any) -> Any:
            known = apps.get_model(model)._default_manager.all()
            return known.filter(plan__code=plan_code(request)) if in_plan else known

        super().__init__(queryset=rows, to_field_name=code, **kwargs)


class WithinOfficeFilter(CodeFilter):
    """Rows of an office and all below it; `field_name` leads to the office of a row."""

    def __init__(self, field_name: str = "office", **kwargs: Any) -> None:
        super().__init__("accounts.Office", field_name=field_name, **kwargs)

    def filter(self, qs: Any, value: Any) -> Any:
        """The subtree is one prefix of the path."""
        if value in EMPTY_VALUES:
            return qs
        return qs.filter(**{f"{self.field_name}__path__startswith": value.path})


def _has_come(day: date) -> None:
    if day > timezone.localdate():
        told = _("%(day)s lies in the future.") % {"day": said_day(day)}
        raise ValidationError(told, "date_in_future")


class PastDayFilter(DateFilter):
    """A day written as 2026-11-22; how it was on a day to come nobody knows (`date_in_future`)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d"], validators=[_has_come], **kwargs)


class YesNoFilter(ChoiceFilter):
    """`true` or `false`, and nothing else."""

    def __init__(self, **kwargs: Any) -> None:
        choices = [("true", gettext_lazy("yes")), ("false", gettext_lazy("no"))]
        super().__init__(choices=choices, **{"empty_label": gettext_lazy("All"), **kwargs})

    def filter(self, qs: Any, value: Any) -> Any:
        """Rows for which the field (or condition) is so."""
        if value in EMPTY_VALUES:
            return qs
        wanted = (value == "true") != self.exclude
        return qs.filter(**{f"{self.field_name}__{self.lookup_expr}": wanted})


class SearchFilter(CharFilter):
    """Rows that hold every word, in a code or in a translated text of any language."""

    def __init__(self, *, codes: tuple[str, ...], texts: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(max_length=200, **kwargs)
        self.codes, self.texts = codes, texts

    def filter(self, qs: Any, value: Any) -> Any:
        """Each word narrows the list."""
        for word in (value or "").split():
            found = Q()
            for code in self.codes:
                found |= Q(**{f"{code}__icontains": word})
            for text in self.texts:
                found |= spelled_in_any_language(text, word)
            qs = qs.filter(found)
        return qs
