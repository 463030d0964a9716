"""A check whose findings somebody reviews."""

from __future__ import annotations

import pytest

from tests.factories import reviews as factory


@pytest.fixture(autouse=True)
def _places(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SIGNING_KEY_PATH = tmp_path / "key.pem"


@pytest.fixture
def case(tmp_path):
    return factory.case(tmp_path)
