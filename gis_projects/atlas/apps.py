from django.apps import AppConfig


class AtlasConfig(AppConfig):
    name = "gis_projects.atlas"
    verbose_name = "一张图"
    default_auto_field = "django.db.models.BigAutoField"
