from django.apps import AppConfig


class ReportingConfig(AppConfig):
    name = "gis_projects.reporting"
    verbose_name = "统计"
    default_auto_field = "django.db.models.BigAutoField"
