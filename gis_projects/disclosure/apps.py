from django.apps import AppConfig


class DisclosureConfig(AppConfig):
    name = "gis_projects.disclosure"
    verbose_name = "公开"
    default_auto_field = "django.db.models.BigAutoField"
