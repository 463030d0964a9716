"""The calendar as it stands now, and what clocks say."""

from gis_projects.clock.queries.overrides import calendar

__all__ = ["calendar"]
