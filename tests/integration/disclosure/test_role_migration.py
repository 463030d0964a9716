"""Making the public role: again and again, and a clear word where it can't be made."""

from importlib import import_module

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction

pytestmark = pytest.mark.django_db
migration = import_module("gis_projects.disclosure.migrations.0002_public_role")


class Editor:
    connection = connection


@pytest.fixture
def powerless():
    """As a database user that may do nothing to roles."""
    before = transaction.savepoint()
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE powerless_for_a_test NOLOGIN NOCREATEROLE")
        cursor.execute("GRANT ALL ON SCHEMA public TO powerless_for_a_test")
        cursor.execute("SET LOCAL ROLE powerless_for_a_test")
        yield cursor
    transaction.savepoint_rollback(before)


def test_it_can_be_run_again():
    migration.grant(None, Editor)
    migration.grant(None, Editor)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, privilege_type FROM information_schema.role_table_grants "
            "WHERE grantee = 'gis_projects_public'"
        )
        assert set(cursor.fetchall()) == {(table, "SELECT") for table in migration.READABLE}


def test_what_was_granted_by_hand_is_taken_away():
    with connection.cursor() as cursor:
        cursor.execute("GRANT SELECT, INSERT ON people_user TO gis_projects_public")
        migration.grant(None, Editor)
        cursor.execute("SELECT has_table_privilege('gis_projects_public', 'people_user', 'SELECT, INSERT')")
        assert cursor.fetchone() == (False,)


def test_without_the_right_to_make_roles_it_says_what_to_ask_for(powerless, settings):
    settings.PUBLIC_DATABASE_ROLE = "role_that_is_missing"
    with pytest.raises(ImproperlyConfigured, match="CREATE ROLE role_that_is_missing LOGIN"):
        migration.grant(None, Editor)


def test_a_role_with_powers_is_refused(settings):
    settings.PUBLIC_DATABASE_ROLE = "mighty_for_a_test"
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE mighty_for_a_test LOGIN CREATEDB")
        with pytest.raises(ImproperlyConfigured, match="powers of its own"):
            migration.grant(None, Editor)
        cursor.execute("ALTER ROLE mighty_for_a_test NOCREATEDB")
        cursor.execute("GRANT pg_read_all_data TO mighty_for_a_test")
        with pytest.raises(ImproperlyConfigured, match="belongs to another role"):
            migration.grant(None, Editor)


def test_it_can_be_taken_back():
    migration.take_back(None, Editor)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_table_privilege('gis_projects_public', 'disclosure_disclosedproject', 'SELECT')"
        )
        assert cursor.fetchone() == (False,)
