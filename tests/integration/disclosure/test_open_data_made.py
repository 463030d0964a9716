"""Open data files are made once for each state of what is public, and none outlives its state."""

from __future__ import annotations

import gzip
from datetime import date, timedelta

import pytest
from django.utils import timezone

from gis_projects.disclosure.models import DisclosedProject
from gis_projects.disclosure.open_data import made
from tests.integration.disclosure.test_open_data import disclosed, edition_of, fetched

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "public"])


@pytest.mark.parametrize("form", ["csv", "geojson", "oc4ids.json"])
def test_a_file_is_made_once_until_anything_public_changes(client, form, django_assert_num_queries):
    public = disclosed()
    address = f"/public/open-data/latest/projects.{form}"
    first = fetched(client, form)
    with django_assert_num_queries(1, using="public"):  # the token, and no project
        assert fetched(client, form) == first
    with django_assert_num_queries(1, using="public"):
        packed = client.get(address, headers={"accept-encoding": "gzip"})
        content = b"".join(packed.streaming_content)
    assert gzip.decompress(content).decode() == first
    assert (packed["Content-Encoding"], int(packed["Content-Length"])) == ("gzip", len(content))
    assert int(client.get(address)["Content-Length"]) == len(first.encode())
    DisclosedProject.objects.filter(pk=public.pk).update(name="改了名")
    assert "改了名" in fetched(client, form)


def test_a_file_from_before_a_withdrawal_is_given_to_nobody_who_asks_after_it(client):
    public, address = disclosed(), "/public/open-data/latest/projects.csv"
    begun = client.get(address)
    name, kept = public.name, len(made.folder._made)
    assert kept
    public.delete()
    after = client.get(address)
    assert name not in b"".join(after.streaming_content).decode()
    assert len(made.folder._made) == 1  # and nothing of before is kept
    assert name in b"".join(begun.streaming_content).decode()  # who had begun reads to the end


def test_however_many_days_are_asked_for_there_are_as_many_files_as_versions(client):
    public, today = disclosed(), timezone.localdate()
    edition_of(public, today - timedelta(300), today - timedelta(100), name="旧名称")
    edition_of(public, today - timedelta(100))
    found = {fetched(client, "csv", (today - timedelta(ago)).isoformat()) for ago in range(1, 500, 9)}
    found.add(fetched(client, "csv", date.min.isoformat()))
    assert len(found) == 3  # before it, in its first version, and in its second
    assert len(made.folder._made) == 3
