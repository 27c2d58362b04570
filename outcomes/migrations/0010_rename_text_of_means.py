from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("outcomes", "0009_say_what_is_too_large")]

    operations = [
        migrations.RenameField("indicator", "means_of_verification", "means_of_verification_text")
    ]
