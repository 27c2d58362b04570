"""Means of verification were lines of one text; each becomes a row.

A line that is longer than a row goes on in the next.
"""

from textwrap import TextWrapper

from django.db import migrations

ROWS = TextWrapper(500, expand_tabs=False, replace_whitespace=False, break_on_hyphens=False)


def lines_of(text):
    """What fits a row, each once."""
    return list(dict.fromkeys(row for line in text.split("\n") for row in ROWS.wrap(line.strip())))


def list_means(apps, schema_editor):
    Indicator = apps.get_model("outcomes", "Indicator")
    VerificationMeans = apps.get_model("outcomes", "VerificationMeans")
    VerificationMeans.objects.bulk_create(
        VerificationMeans(indicator_id=pk, text=line, position=position)
        for pk, text in Indicator.objects.exclude(means_of_verification_text="").values_list(
            "pk", "means_of_verification_text"
        )
        for position, line in enumerate(lines_of(text))
    )


def join_means(apps, schema_editor):
    Indicator = apps.get_model("outcomes", "Indicator")
    for indicator in Indicator.objects.filter(means_of_verification__isnull=False).distinct():
        texts = indicator.means_of_verification.order_by("position", "id")
        indicator.means_of_verification_text = "\n".join(texts.values_list("text", flat=True))
        indicator.save(update_fields=["means_of_verification_text"])


class Migration(migrations.Migration):
    dependencies = [("outcomes", "0011_ask_for_evidence")]

    operations = [migrations.RunPython(list_means, join_means)]
