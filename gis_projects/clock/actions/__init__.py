"""The only writers of the calendar's overrides and of clocks."""
