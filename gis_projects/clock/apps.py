from django.apps import AppConfig


class ClockConfig(AppConfig):
    name = "gis_projects.clock"
    verbose_name = "工作日与时限"
    default_auto_field = "django.db.models.BigAutoField"
