import os
import secrets
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from gis_projects.people.actions import users as actions
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Role


class Command(BaseCommand):
    help = "Opens an account. The password is NEW_PASSWORD of the environment, or generated and printed once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", action="append", required=True, choices=[str(role) for role in Role])
        parser.add_argument("--region", help="code of the user's region, for example 150207")
        parser.add_argument("--name", default="", help="the person's name")
        parser.add_argument("--by", help="user name of the administrator who opens it; without: the operator")

    def handle(
        self,
        *args: Any,
        username: str,
        role: list[str],
        region: str | None,
        name: str,
        by: str | None,
        **options: Any,
    ) -> None:
        given = os.environ.get("NEW_PASSWORD")
        password = given or secrets.token_urlsafe(12)
        try:
            user = actions.create_user(
                by=User.objects.get(username=by) if by else None,
                username=username,
                password=password,
                roles=role,
                region=Region.objects.get(code=region) if region else None,
                full_name=name,
            )
        except User.DoesNotExist as error:
            raise CommandError(f"no user {by!r}") from error
        except Region.DoesNotExist as error:
            raise CommandError(f"no region {region!r}") from error
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        self.stdout.write(f"{user.username}\t{password if given is None else '(as given)'}")
