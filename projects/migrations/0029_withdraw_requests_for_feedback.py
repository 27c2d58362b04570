"""The office withdraws a request for feedback that was sent by mistake."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0028_say_who_took_projects_over"),
    ]

    operations = [
        migrations.AddField(
            model_name="partnerfeedback",
            name="withdrawal_reason",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="partnerfeedback",
            name="withdrawn_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="partnerfeedback",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("withdrawn_at__isnull", True), ("answered_at__isnull", True), _connector="OR"
                ),
                name="feedback_withdrawn_unanswered",
            ),
        ),
    ]
