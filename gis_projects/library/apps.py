from django.apps import AppConfig


class LibraryConfig(AppConfig):
    name = "gis_projects.library"
    verbose_name = "项目库"
    default_auto_field = "django.db.models.BigAutoField"
