from django.apps import AppConfig


class SitingConfig(AppConfig):
    name = "siting"
    verbose_name = "选址"
    default_auto_field = "django.db.models.BigAutoField"
