"""Themes may be prongs of the resource mobilization strategy."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("plans", "0004_align_with_frameworks"),
    ]

    operations = [
        migrations.AlterField(
            model_name="theme",
            name="kind",
            field=models.CharField(
                choices=[
                    ("driver", "Driver of change"),
                    ("enabler", "Organizational performance enabler"),
                    ("inclusion", "Social inclusion dimension"),
                    ("cross_cutting", "Cross-cutting theme"),
                    ("evaluation_issue", "Cross-cutting issue of evaluations"),
                    ("nua_commitment", "New Urban Agenda commitment"),
                    ("flagship", "Flagship programme"),
                    ("global_framework", "Global framework"),
                    ("framework_target", "Target of a global framework"),
                    ("instrument", "Other instrument"),
                    ("sdg", "Sustainable Development Goal indicator"),
                    ("tool", "Service or tool of the catalogue"),
                    ("prong", "Prong of the resource mobilization strategy"),
                    ("predecessor", "Sub-programme of the predecessor plan"),
                ],
                max_length=20,
            ),
        ),
    ]
