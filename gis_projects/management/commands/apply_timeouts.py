import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gis_projects.argument.actions.timeouts import apply_due


class Command(BaseCommand):
    help = "Deals with overdue opinions as their routing tables say; run_jobs does it by itself."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="the counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = apply_due()
        except ExceptionGroup as group:
            each = "; ".join(f"{', '.join(error.__notes__)}: {error}" for error in group.exceptions)
            raise CommandError(f"{group.message}: {each}") from group
        self.stdout.write(
            json.dumps(done) if options["json"] else f"deemed {done['deemed']}, escalated {done['escalated']}"
        )
