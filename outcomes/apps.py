from django.apps import AppConfig
from django.db.backends.signals import connection_created


class OutcomesConfig(AppConfig):
    name = "outcomes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The engine's own functions on SQLite."""
        from .rollup.sqlite import add_functions

        connection_created.connect(add_functions)
