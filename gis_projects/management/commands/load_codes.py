"""`load_codes`: take over the platform's own code lists; a list that is there already stays as it was edited."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from gis_projects.library.actions.codes import load_defaults
from gis_projects.library.models import CodeList


class Command(BaseCommand):
    help = "Take over the code lists that come with the platform; those that are there stay as they are."

    def handle(self, **options: Any) -> None:
        made = load_defaults()
        self.stdout.write(f"新载入 {len(made)} 个代码表，共 {CodeList.objects.count()} 个")
