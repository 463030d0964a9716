from argparse import SUPPRESS
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from gis_projects.argument.jobs import tick as apply_timeouts
from gis_projects.desk.jobs import follow_trail as tell_whom_it_concerns
from gis_projects.desk.reminding import tick as remind_of_what_is_due
from gis_projects.publishing.jobs import follow_trail as withdraw_what_may_not_be_shown
from gis_projects.publishing.jobs import tick as show_and_take_back_what_is_due
from gis_projects.publishing.portal_jobs import follow_trail as refresh_the_publicity_of_handling
from gis_projects.publishing.portal_jobs import tick as take_in_questions_and_show_due_articles
from gis_projects.sites.jobs import follow_trail as revalidate_what_changed
from gis_projects.trail import supervisor

# What the rooms do because of steps that rooms below them wrote, or because a day has come.
FOLLOWERS: list[Callable[[], object]] = [
    apply_timeouts,
    withdraw_what_may_not_be_shown,
    show_and_take_back_what_is_due,
    refresh_the_publicity_of_handling,
    take_in_questions_and_show_due_articles,
    revalidate_what_changed,
    tell_whom_it_concerns,
    remind_of_what_is_due,
]


class Command(BaseCommand):
    help = "Runs the background jobs: worker processes, watched over, until SIGTERM or Ctrl-C."
    requires_system_checks = []  # a worker that replaces a dead one should be there at once

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workers", type=int, default=1, help="how many jobs at once (default 1)")
        parser.add_argument(
            "--every", type=float, default=2, help="seconds between two looks for dead workers (default 2)"
        )
        parser.add_argument(
            "--grace",
            type=float,
            default=30,
            help="seconds that a running job gets to finish on stopping (default 30)",
        )
        parser.add_argument("--child", help=SUPPRESS)
        parser.add_argument("--parent", type=int, default=0, help=SUPPRESS)

    def handle(
        self,
        *args: Any,
        workers: int,
        every: float,
        grace: float,
        child: str | None,
        parent: int,
        **options: Any,
    ) -> None:
        if child:
            supervisor.work(child, parent)
        else:
            supervisor.supervise(workers=workers, every=every, grace=grace, followers=FOLLOWERS)
