"""Standards of enforcement on their pages and over the API, and the checklist on a project's page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from gis_projects.library.actions import permits
from gis_projects.library.models import Approval, EnforcementStandard
from tests.factories.libraries import admission, in_library
from tests.factories.people import signed_in
from tests.factories.standards import drafted, manager, published

pytestmark = pytest.mark.django_db


def points(*rows, initial=0):
    """As the form's rows send them."""
    sent = {"points-TOTAL_FORMS": len(rows), "points-INITIAL_FORMS": initial}
    for number, (key, text, law, article) in enumerate(rows):
        said = {"key": key, "text": text, "law": law, "article": article}
        sent |= {f"points-{number}-{name}": value for name, value in said.items()}
    return sent


def body(answer):
    return answer.content.decode()


@pytest.fixture
def approval(project):
    published()
    in_library(project, "reserve")
    return permits.start_approval(by=admission(), project=project, item="setup")


def test_from_draft_to_publication_by_the_pages():
    drafter, publisher = signed_in(manager("drafter")), signed_in(manager("publisher"))
    today = timezone.localdate().isoformat()
    assert "没有符合条件的执法规范" in body(drafter.get("/libraries/standards/"))
    said = {"item": "setup", "number": "ZF-1", "name": "立项规范", "valid_from": today, "source": "本局"}
    none = drafter.post("/libraries/standards/new/", {**said, **points(("", "", "", ""))})
    assert none.status_code == 400
    assert "请至少填写一个核对要点" in body(none)
    halfway = drafter.post("/libraries/standards/new/", {**said, **points(("", "要点", "", ""))})
    assert (halfway.status_code, EnforcementStandard.objects.count()) == (400, 0)
    answer = drafter.post(
        "/libraries/standards/new/",
        {
            **said,
            **points(
                ("", "必要性", "政府投资条例", "第九条"), ("", "", "", ""), ("fund", "资金", "同上", "")
            ),
        },
    )
    row = EnforcementStandard.objects.get()
    assert answer.url == reverse("library:standard", args=[row.pk])
    assert [(one.position, one.key) for one in row.points.all()] == [(1, "1"), (2, "fund")]

    page = body(drafter.get(answer.url))
    assert "修改草稿" in page
    assert f'action="/libraries/standards/{row.pk}/publish/"' not in page
    form = drafter.get(f"{answer.url}edit/")
    assert "必要性" in body(form)
    assert publisher.get(f"{answer.url}edit/").status_code == 403
    changed = {key: value for key, value in said.items() if key != "item"} | {"name": "立项审批规范"}
    kept, emptied = ("1", "必要性", "政府投资条例", "第九条"), ("", "", "", "")
    drafter.post(f"{answer.url}edit/", {**changed, **points(kept, emptied, initial=2)})
    row.refresh_from_db()
    assert (row.name, row.revision, row.points.count()) == ("立项审批规范", 2, 1)

    late = publisher.post(f"{answer.url}publish/", {"revision": "1"}, follow=True)
    assert "请重新核对后再发布" in body(late)
    own = drafter.post(f"{answer.url}publish/", {"revision": "2"}, follow=True)
    assert "须由另一人办理" in body(own)
    done = publisher.post(f"{answer.url}publish/", {"revision": "2"}, follow=True)
    assert "执法规范已发布" in body(done)
    assert "起草新的一版" in body(done)
    again = drafter.get(f"{answer.url}edit/", follow=True)
    assert "请起草新的一版" in body(again)
    like = drafter.get("/libraries/standards/new/", {"like": row.pk})
    assert "必要性" in body(like)
    assert 'value="ZF-1"' not in body(like)


def test_the_list_is_filtered_and_exported():
    first = published()
    second = published(valid_from=timezone.localdate() + timedelta(3), number="第二版")
    drafted("design", number="草案")
    client = signed_in(manager("reader"))

    def numbers(**asked):
        page = client.get("/libraries/standards/", asked)
        return {row.number for row, _state in page.context["found"]}

    assert numbers() == {first.number, "第二版", "草案"}
    assert numbers(item="setup") == {first.number, "第二版"}
    assert numbers(state="in_force") == {first.number}
    assert numbers(state="coming") == {"第二版"}
    assert numbers(state="ended") == set()
    assert numbers(state="draft", item="design") == {"草案"}
    assert numbers(q="第二") == {"第二版"}
    page = client.get(reverse("library:standard", args=[second.pk]))
    assert [row.edition for row, _state in page.context["editions"]] == [2, 1]
    table = client.get("/libraries/standards/", {"format": "csv", "item": "setup"}).content.decode(
        "utf-8-sig"
    )
    assert len(table.splitlines()) == 1 + 2 * 2
    assert "第九条" in table


def test_the_checklist_on_a_projects_page(approval, project):
    one, two = approval.standard.points.all()
    second = signed_in(admission(username="second"))
    address = reverse("library:standing", args=[project.pk])
    act = lambda name, **said: second.post(  # noqa: E731
        reverse("library:library-act", args=[project.pk, name]), {"item": "setup", **said}, follow=True
    )
    page = body(second.get(address))
    assert "还有 2 个要点未核对" in page
    assert (one.text in page, f"{one.law}{one.article}" in page) == (True, True)
    refused = body(act("grant-approval", number="1号"))
    assert f"要点“{one.text}”尚未核对" in refused
    assert f"要点“{two.text}”尚未核对" in refused
    assert "请至少填写一项核对结果" in body(act("check-approval"))
    assert "不适用的要点须说明理由" in body(act("check-approval", **{f"answer_{two.pk}": "not_applicable"}))
    said = {f"answer_{one.pk}": "met", f"answer_{two.pk}": "not_applicable", f"reason_{two.pk}": "不涉及"}
    assert "核对结果已记录" in body(act("check-approval", **said))
    assert "批复已登记" in body(act("grant-approval", number="1号"))
    done = body(second.get(address))
    assert "已核对 2 / 2" in done
    assert "不涉及" in done
    assert "没有待核对的要点" in body(act("check-approval", **{f"answer_{one.pk}": "met"}))


def test_where_none_is_in_force_the_page_says_so(project):
    in_library(project, "reserve")
    permits.start_approval(by=admission(), project=project, item="setup")
    client = signed_in(admission(username="second"))
    page = body(client.get(reverse("library:standing", args=[project.pk])))
    assert "受理之日没有施行中的执法规范" in page
    assert "执法规范要点" not in page


def test_the_same_over_the_api(project):
    drafter, publisher = signed_in(manager("drafter")), signed_in(manager("publisher"))
    said = {
        "item": "setup", "number": "ZF-1", "name": "立项规范", "source": "本局",
        "valid_from": timezone.localdate().isoformat(),
        "points": [{"text": "必要性", "law": "政府投资条例", "article": "第九条"}],
    }  # fmt: skip
    post = lambda client, path, sent: client.post(f"/api/v1{path}", sent, content_type="application/json")  # noqa: E731
    assert post(drafter, "/libraries/standards/", {**said, "points": []}).status_code == 400
    made = post(drafter, "/libraries/standards/", said).json()
    assert (made["state"], made["revision"], made["points"][0]["key"]) == ("draft", 1, "1")
    assert post(drafter, "/libraries/standards/", said).status_code == 400  # the number is taken
    publish = f"/libraries/standards/{made['id']}/publish/"
    assert post(drafter, publish, {"revision": 1}).status_code == 403
    assert post(publisher, publish, {"revision": 2}).status_code == 409
    assert post(publisher, publish, {"revision": 1}).json()["state"] == "in_force"
    assert post(publisher, publish, {"revision": 1}).status_code == 409
    listed = publisher.get("/api/v1/libraries/standards/", {"state": "in_force"}).json()["results"]
    assert [row["id"] for row in listed] == [made["id"]]
    assert publisher.get(f"/api/v1/libraries/standards/{made['id']}/").json()["number"] == "ZF-1"

    in_library(project, "reserve")
    of = f"/projects/{project.pk}"
    one, two = signed_in(admission()), signed_in(admission(username="second"))
    assert post(one, f"{of}/library/start-approval/", {"item": "setup"}).status_code == 200
    (found,) = one.get(f"/api/v1{of}/approvals/").json()["results"]
    assert (found["standard"], found["missing"], found["points"][0]["answer"]) == ("ZF-1", 1, None)
    grant = {"item": "setup", "number": "1号"}
    refused = post(two, f"{of}/library/grant-approval/", grant)
    assert refused.status_code == 409
    assert "必要性" in refused.content.decode()
    answer = {"item": "setup", f"answer_{found['points'][0]['id']}": "met"}
    assert post(one, f"{of}/library/check-approval/", answer).status_code == 200
    assert post(one, f"{of}/library/check-approval/", answer).status_code == 400  # nothing is left to answer
    assert post(two, f"{of}/library/grant-approval/", grant).status_code == 200
    assert Approval.objects.get(project=project).number == "1号"
