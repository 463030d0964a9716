"""What every test stands on: a database of its own, which may be emptied, and no cache of another test's."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as examples

from tests import databases

# How long a draw or an example takes says how busy the machine is, and nothing of what is tested.
examples.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
examples.load_profile("untimed")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings, django_db_blocker, django_db_keepdb, django_db_createdb
):
    """Test databases are copies of one that is migrated already."""
    with django_db_blocker.unblock():
        databases.copied_from_template(unless_there=django_db_keepdb and not django_db_createdb)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        databases.ready(connection)
    with pytest.MonkeyPatch.context() as patched:
        # The hook of Django's own test case; pytest-django's transactional tests are such ones.
        patched.setattr(TransactionTestCase, "_fixture_teardown", lambda case: databases.empty(connection))
        yield
    # The public side's own connection, and whatever a test's thread left open, would keep the database from being
    # dropped.
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def pytest_configure(config):
    """What a test process has of its own, beside the database: files, a signing key, and quick passwords.

    Each process has its own folder of files, never the installation's: a sweep of leftovers takes whatever no row of
    *this* database names, and would take another process's as well.
    """
    own = Path(tempfile.mkdtemp(prefix="gis-projects-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(own))
    settings.LOCAL_DIR = own
    settings.MEDIA_ROOT, settings.UPLOAD_ROOT = own / "media", own / "uploads"
    settings.SIGNING_KEY_PATH = own / "signing_key.pem"
    # The installation's are slow on purpose, for who guesses.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Static files are found when they are asked for. Listing them all took longer than most requests, and every test
    # client does it anew.
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(scope="module")
def lasting(django_db_setup, django_db_blocker) -> Iterator[None]:
    """For what all tests of a module find there already: a fixture of the module's scope that asks for this one may
    write to the database. It is committed, so the module's tests must be of the kind that undo what they do.
    """
    with django_db_blocker.unblock():
        yield
        databases.empty(connection)


@pytest.fixture(autouse=True)
def empty_cache():
    """No test sees what another one cached, throttling's counts least of all."""
    cache.clear()
