import json
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from gis_projects.clock.calendar import Calendar, official
from gis_projects.clock.queries import calendar
from gis_projects.management.persons import one_line
from siting.engine.notices import UnusableInput


class Command(BaseCommand):
    help = "The last day of a limit in working days that begins on a day (which itself isn't counted)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("start", help="the day on which the limit begins, as 2024-04-28")
        parser.add_argument("days", type=int, help="how many working days")
        parser.add_argument("--json", action="store_true", help="one JSON object, with the days that count")
        parser.add_argument(
            "--refuse-provisional",
            action="store_true",
            help="end with an error where no official notice covers the days, instead of guessing",
        )
        parser.add_argument(
            "--official", action="store_true", help="without the overrides of this installation (no database)"
        )

    def handle(
        self,
        *args: Any,
        start: str,
        days: int,
        json: bool,
        refuse_provisional: bool,
        official: bool,
        **options: Any,
    ) -> None:
        try:
            day = date.fromisoformat(start)
        except ValueError as error:
            raise CommandError(_("“%(text)s”不是日期，请写成2024-04-28这样。") % {"text": start}) from error
        if days < 1:
            raise CommandError(_("时限至少为1个工作日。"))
        found = without_overrides() if official else calendar()
        try:
            due = found.after(day, days, past="refuse" if refuse_provisional else "provisional")
        except UnusableInput as error:
            raise CommandError(one_line(error)) from error
        if json:
            self.stdout.write(as_json(found, day, days, due.day, due.assumed_from))
            return
        self.stdout.write(due.day.isoformat())
        if due.assumed_from is not None:
            self.stderr.write(
                _("暂定：自%(day)s起官方日历尚未公布，按周一至周五推算。")
                % {"day": due.assumed_from.isoformat()}
            )


def without_overrides() -> Calendar:
    return official()


def as_json(found: Calendar, start: date, days: int, due: date, assumed_from: date | None) -> str:
    return json.dumps(
        {
            "start": start.isoformat(),
            "days": days,
            "due": due.isoformat(),
            "provisional": assumed_from is not None,
            "assumed_from": assumed_from.isoformat() if assumed_from else None,
            "covered_until": found.covered_until.isoformat(),
            "counted": [day.day.isoformat() for day in found.counted(start, due)],
        },
        ensure_ascii=False,
    )
