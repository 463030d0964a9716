"""What every test stands on: the database without the guards that would stop it from being emptied."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.db import connection


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Transactional tests end by emptying every table, which the trail refuses. Only here may it be
    emptied."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        # pytest-django makes no test database when no collected test asks for one by its mark.
        assert str(connection.settings_dict["NAME"]).startswith("test_"), "tests never touch another database"
        cursor.execute("ALTER TABLE trail_step DISABLE TRIGGER trail_step_not_emptied")
    yield
    # The public side's own connection, and whatever a test's thread left open, would keep the database from being
    # dropped.
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(autouse=True)
def empty_cache():
    """No test sees what another one cached, throttling's counts least of all."""
    cache.clear()
