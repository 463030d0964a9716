"""Django for a process that works on the lower floors alone, which is most of what a large file or batch starts."""

from __future__ import annotations


def set_up(*floors: str) -> None:
    """Load the applications of these floors (``"layers"``, ``"siting"``) and nothing else of the platform.

    By the settings' module that the environment names. Setting up the whole platform takes a process one second of
    processor time more, and these need neither its pages nor its people.
    """
    from django.apps import apps
    from django.conf import settings
    from django.utils.log import configure_logging

    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
    apps.populate(floors)
