from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "habitat_tracker.accounts"
    label = "accounts"
    verbose_name = "People and offices"
    default_auto_field = "django.db.models.BigAutoField"
