from django.apps import AppConfig


class ArgumentConfig(AppConfig):
    name = "gis_projects.argument"
    verbose_name = "论证"
    default_auto_field = "django.db.models.BigAutoField"
