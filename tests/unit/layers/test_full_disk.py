import errno

import psycopg2.errors
import pytest
from django.db import OperationalError

from layers.full_disk import is_full
from layers.loading import workers


class Extended(psycopg2.errors.DiskFull):
    pgcode = "53100"


def from_the_database():
    error = OperationalError("could not extend file")
    error.__cause__ = Extended()
    return error


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "full"), OSError(errno.EDQUOT, "quota"), from_the_database()]
)
def test_a_full_disk_is_known_by_its_number_also_from_another_process(error):
    assert is_full(error)
    assert is_full(workers._raised(*workers.told(error)))


@pytest.mark.parametrize(
    "error", [OSError(errno.EIO, "broken"), OperationalError("gone"), ValueError("53100")]
)
def test_other_errors_are_not_a_full_disk(error):
    assert not is_full(error)
    assert not is_full(workers._raised(*workers.told(error)))
