from django.apps import AppConfig


class SitesConfig(AppConfig):
    name = "gis_projects.sites"
    verbose_name = "选址页面"
    default_auto_field = "django.db.models.BigAutoField"
