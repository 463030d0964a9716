from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "gis_projects.desk"
    verbose_name = "办公桌"
    default_auto_field = "django.db.models.BigAutoField"
