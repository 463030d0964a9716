"""A review with its owner, its organiser and a register of experts, and the way through its eleven steps."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import factory
from django.utils import timezone
from PIL import Image

from gis_projects.argument.actions import draws, review_records, reviews, score_sheets, seats
from gis_projects.argument.models import SEATED, ExpertReview, Seat
from gis_projects.argument.queries.review_gates import materials
from gis_projects.argument.review_workflow import next_step
from gis_projects.library.models import Expert, Project
from gis_projects.people.models import OrganisationKind, User
from gis_projects.people.permissions import Role
from tests.factories.library import InvestmentFactory, ProjectFactory
from tests.factories.people import OrganisationFactory, RegionFactory, UserFactory

PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
WANTED = {"water": 2, "cost": 1}
CRITERIA = [("必要性", "", Decimal(40)), ("投资合理性", "", Decimal(60))]
GOOD = (Decimal("80"), Decimal("90.5"))


class ExpertFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Expert

    code = factory.Sequence(lambda n: f"ZJ{n:05d}")
    name = factory.Sequence(lambda n: f"专家{n}")
    region = factory.SubFactory(RegionFactory, code="150200")
    source = "research"
    unit = "市规划设计研究院"
    specialities = factory.LazyFunction(lambda: ["water"])
    purposes = factory.LazyFunction(lambda: ["argument", "assessment", "consultation"])


def expert_with_account(name: str, *specialities: str, **more: Any) -> Expert:
    user = UserFactory(username=name, full_name=name, roles=[str(Role.EXPERT)], region=None)
    return ExpertFactory(code=name, name=name, specialities=list(specialities), user=user, **more)


def jpeg(exif: bool = False) -> bytes:
    """A photo of four pixels; with ``exif`` it says that it was taken at 109.8475 E, 40.617 N."""
    out = io.BytesIO()
    photo = Image.new("RGB", (2, 2), "green")
    data = Image.Exif()
    if exif:
        gps = data.get_ifd(0x8825)
        gps[1], gps[2] = "N", (40.0, 37.0, 1.2)
        gps[3], gps[4] = "E", (109.0, 50.0, 51.0)
    photo.save(out, "JPEG", exif=data)
    return out.getvalue()


@dataclass
class Panel:
    """A project of 九原区, who owns it, who organises its review, and nine experts with accounts."""

    project: Project
    owner: User
    organiser: User
    experts: list[Expert]

    def open(self, procedure: str = "standard", **more: Any) -> ExpertReview:
        given = {"title": "净水厂工程评审", "requested_yuan": Decimal("12000000.00"), "basis": "年度计划"}
        return reviews.open_review(
            by=more.pop("by", self.owner), project=self.project, procedure=procedure, **{**given, **more}
        )

    def go_to(self, reached: int, review: ExpertReview | None = None, **more: Any) -> ExpertReview:
        """A review whose steps up to ``reached`` are done, each as people do it."""
        review = review or self.open(**more)
        while review.reached < reached:
            step = next_step(review.reached)
            assert step is not None
            getattr(self, step.code)(review)
            review.refresh_from_db()
        return review

    def accept(self, review: ExpertReview) -> None:
        today = timezone.localdate()
        reviews.accept(by=self.organiser, review=review, starts_on=today, ends_on=today + timedelta(days=30))

    def plan(self, review: ExpertReview) -> None:
        reviews.settle_plan(
            by=self.organiser, review=review, method="会议评审", criteria=CRITERIA, wanted=WANTED
        )

    def panel(self, review: ExpertReview) -> None:
        draws.draw(by=self.organiser, review=review)
        for seat in held(review):
            seats.answer(by=seat.expert.user, seat=seat, accepts=True)
        reviews.complete(by=self.organiser, review=review, code="panel")

    def materials(self, review: ExpertReview) -> None:
        review_records.bring_material(by=self.owner, review=review, name="可研报告.pdf", content=PDF)
        for seat in held(review):
            for row in materials(review):
                review_records.open_file(by=seat.expert.user, review=review, attachment=row)
        reviews.complete(by=self.organiser, review=review, code="materials")

    def statement(self, review: ExpertReview) -> None:
        review_records.state(by=self.owner, review=review, text="项目解决三个乡镇的供水。")
        reviews.complete(by=self.organiser, review=review, code="statement")

    def questions(self, review: ExpertReview) -> None:
        question = review_records.ask(by=held(review)[0].expert.user, review=review, text="水源保证率多少？")
        review_records.reply(by=self.owner, question=question, text="95%。")
        reviews.complete(by=self.organiser, review=review, code="questions")

    def visit(self, review: ExpertReview) -> None:
        review_records.record_visit(
            by=held(review)[0].expert.user,
            review=review,
            visited_on=timezone.localdate(),
            attended="专家组、项目单位",
            text="场地平整，无遮挡。",
            photos=[review_records.Photo("现场.jpg", jpeg(exif=True))],
        )
        reviews.complete(by=self.organiser, review=review, code="visit")

    def score(self, seat: Seat, *given: Decimal) -> None:
        criteria = list(seat.review.criteria.all())
        score_sheets.submit(
            by=seat.expert.user,
            review=seat.review,
            scores={row.pk: score for row, score in zip(criteria, given or GOOD, strict=True)},
            recommendation="passed",
            opinion="同意建设。",
        )

    def evaluation(self, review: ExpertReview) -> None:
        for seat in held(review):
            self.score(seat)
        reviews.conclude(by=self.organiser, review=review, conclusion="passed", opinion="建议实施。")

    def use(self, review: ExpertReview) -> None:
        reviews.use_result(
            by=self.organiser,
            review=review,
            use="cut",
            approved_yuan=Decimal("9000000.00"),
            applied=True,
            remark="核减管网部分。",
        )

    def archive(self, review: ExpertReview) -> None:
        reviews.close(by=self.organiser, review=review)


def held(review: ExpertReview) -> list[Seat]:
    return list(review.seats.filter(state__in=SEATED).select_related("expert__user", "review"))


def panel() -> Panel:
    organisation = OrganisationFactory(name="水务建设公司")
    project = ProjectFactory(
        name="净水厂工程", region=RegionFactory(code="150207"), organisation=organisation
    )
    InvestmentFactory(project=project)
    owner = UserFactory(username="owner", roles=[str(Role.OWNER)], region=None, organisation=organisation)
    organiser = UserFactory(
        username="organiser", roles=[str(Role.COORDINATOR)], region=RegionFactory(code="150200")
    )
    experts = [expert_with_account(f"water{n}", "water") for n in range(5)]
    experts += [expert_with_account(f"cost{n}", "cost") for n in range(3)]
    experts.append(expert_with_account("both", "water", "cost"))
    return Panel(project, owner, organiser, experts)


def intermediary(name: str = "中咨公司") -> User:
    organisation = OrganisationFactory(name=name, kind=OrganisationKind.INTERMEDIARY)
    return UserFactory(username=name, roles=[str(Role.INTERMEDIARY)], region=None, organisation=organisation)
