"""How a unit comes in: it applies without an account, somebody else decides, and it leaves with one."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from gis_projects.people.models import (
    Organisation,
    Registration,
    User,
)
from gis_projects.people.permissions import Role
from tests.factories.people import OrganisationFactory, baotou, signed_in, user_of

pytestmark = pytest.mark.django_db


CODE = "91350100M000100Y43"  # the example of GB 32100


def form(**more):
    return {
        "name": "九原水务投资公司",
        "code": CODE,
        "kind": "owner",
        "region": "150207",
        "contact": "王工",
        "phone": "0472-1234567",
        "proof": SimpleUploadedFile("执照.pdf", b"%PDF-1.4 proof", "application/pdf"),
    } | more


@pytest.fixture(autouse=True)
def _baotou():
    baotou()


@pytest.fixture
def boss():
    return user_of(Role.ADMINISTRATOR)


def register(client, **more):
    answer = client.post(reverse("people:register"), form(**more))
    assert answer.status_code == 201, answer.context["form"].errors
    return re.search(r'value="http://testserver(/units/register/[^"]+)"', answer.content.decode())[1]


def test_a_unit_comes_in_without_an_account_and_leaves_with_one(client, boss):
    receipt = register(client)
    row = Registration.objects.get()
    assert receipt.strip("/").rpartition("/")[2] not in str(vars(row))
    assert "待审批" in client.get(receipt).content.decode()
    there = reverse("people:registration", args=[row.pk])
    assert signed_in(boss).post(there, {"step": "return", "reason": "执照不清晰"}).status_code == 302
    assert "执照不清晰" in client.get(receipt).content.decode()
    assert client.post(receipt, form(name="九原水务投资有限公司", proof="")).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.rounds, row.name) == ("waiting", 2, "九原水务投资有限公司")
    assert signed_in(boss).post(there, {"step": "approve"}).status_code == 201
    unit = Organisation.objects.get(code=CODE)
    admin = User.objects.get(organisation=unit)
    assert (admin.roles, admin.region) == (["owner", "unit_admin"], None)
    link = re.search(r'href="(/accounts/set-password/[^"]+)"', client.get(receipt).content.decode())[1]
    step = client.get(link, follow=True)
    new = "很长的-新口令-42Q"
    client.post(step.request["PATH_INFO"], {"new_password1": new, "new_password2": new})
    signed = Client()
    signed.post(reverse("people:login"), {"username": admin.username, "password": new})
    assert signed.get(reverse("people:structure", args=[unit.pk])).status_code == 200
    assert "set-password" not in Client().get(receipt).content.decode()


def test_who_enters_an_application_does_not_decide_it(boss):
    register(signed_in(boss))
    row = Registration.objects.get()
    there = reverse("people:registration", args=[row.pk])
    answer = signed_in(boss).post(there, {"step": "approve"})
    assert answer.status_code == 400
    assert "另一人" in answer.content.decode()
    assert not Organisation.objects.filter(code=CODE).exists()
    with pytest.raises(IntegrityError, match="second_person"), transaction.atomic():
        Registration.objects.filter(pk=row.pk).update(
            state="returned", reason="x", decided_by=boss, decided_at=row.submitted_at
        )
    other = user_of(Role.ADMINISTRATOR, username="other")
    assert signed_in(other).post(there, {"step": "approve"}).status_code == 201


def test_it_is_decided_where_it_belongs(client):
    register(client)
    row = Registration.objects.get()
    there = reverse("people:registration", args=[row.pk])
    elsewhere = user_of(Role.ADMINISTRATOR, "150202")
    assert signed_in(elsewhere).get(there).status_code == 404
    assert signed_in(user_of(Role.REVIEWER)).get(there).status_code == 403
    assert not signed_in(elsewhere).get(reverse("people:registrations")).context["page"].object_list


def test_a_wrong_check_digit_warns_and_blocks_nothing(client):
    answer = client.post(reverse("people:register"), form(code=CODE[:-1] + "7"))
    assert answer.status_code == 201
    assert "校验位" in answer.content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "department"),  # without a function
        ("kind", "king"),
        ("region", "999999"),
        ("contact", ""),
        ("proof", SimpleUploadedFile("x.pdf", b"<html>no pdf</html>")),
        ("proof", SimpleUploadedFile("x.exe", b"MZ")),
        ("code", "1"),
    ],
)
def test_what_an_application_may_not_be(client, field, value):
    assert client.post(reverse("people:register"), form(**{field: value})).status_code == 400
    assert not Registration.objects.exists()


def test_a_unit_registers_once(client, boss):
    OrganisationFactory(code=CODE)
    answer = client.post(reverse("people:register"), form())
    assert answer.status_code == 400
    assert "已经登记" in answer.content.decode()


def test_too_many_from_one_address_wait(client, settings):
    settings.REGISTRATIONS_PER_HOUR = 2
    register(client)
    register(client)
    answer = client.post(reverse("people:register"), form())
    assert (answer.status_code, answer["Retry-After"]) == (429, "3600")
    assert Registration.objects.count() == 2
