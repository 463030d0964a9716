from typing import Any

from django.core.management.base import BaseCommand

from gis_projects.desk import mail
from gis_projects.desk.jobs import follow_trail
from gis_projects.desk.reminding import everything


class Command(BaseCommand):
    help = "Duties of the periods that have begun, reminders of what is due, and letters; run_jobs does it by itself."

    def handle(self, *args: Any, **options: Any) -> None:
        told = follow_trail()
        done = everything(lambda _name, work: work())
        sent = mail.send_waiting() if mail.configured() else 0
        self.stdout.write(
            f"duties made {done['made']}, settled {done['settled']}; limits recomputed {done['recomputed']}; "
            f"told {told + done['told']}; digests {done['digests']}; letters sent {sent}"
        )
