"""Puts the halts of `halting` into the jobs of uploads."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class Halting(AppConfig):
    name = "tests.integration.atlas.halting_app"
    label = "halting"

    def ready(self) -> None:
        from gis_projects.atlas import jobs
        from gis_projects.atlas.actions import staging
        from tests.integration.atlas.halting import halt

        tell, staged, make = jobs.Watch.tell, staging.staged, jobs.overviews.make

        def telling(self: Any, phase: str, done: int, total: int, percent: int) -> None:
            tell(self, phase, done, total, percent)
            halt(f"{phase}@{Halting.layer_of(self._key)}")

        def saying(key: Any, version: Any, **more: Any) -> Any:
            halt(f"staged@{version.layer.code}")
            return staged(key, version, **more)

        def making(version: Any, block: Any) -> None:
            make(version, block)
            halt(f"drawn@{version.layer.code}")

        jobs.Watch.tell = telling  # type: ignore[method-assign]
        staging.staged = saying
        jobs.overviews.make = making

    @staticmethod
    def layer_of(key: Any) -> str:
        from gis_projects.atlas.models import Upload

        return Upload.objects.values_list("layer", flat=True).get(pk=key)
