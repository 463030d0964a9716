"""What staff fill in for an article: the common fields, and those of its kind."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gis_projects.disclosure.article_fields import (
    FIELDS,
    MOST_LONG,
    MOST_SHORT,
    TITLES,
    WITH_DEPARTMENT,
    WORDLESS,
)
from gis_projects.disclosure.models import ArticleKind
from gis_projects.people.models import User
from gis_projects.publishing.article_content import MOST_WORDS, Content
from gis_projects.publishing.models import Article, ArticleVersion
from gis_projects.publishing.queries import articles as queries

_AREA = forms.Textarea(attrs={"rows": 4})
_DAY = forms.DateInput(attrs={"type": "date"})
_FACT = "fact_"


class ArticleForm(forms.Form):
    """A kind's own fields are named ``fact_<code>``; their rules are the action's (`article_content.checked`)."""

    region: Any = forms.ModelChoiceField(label=gettext_lazy("适用地区"), queryset=None, empty_label=None)
    policy = forms.ChoiceField(label=gettext_lazy("所解读的政策"))
    title = forms.CharField(label=gettext_lazy("标题"), max_length=200)
    organisation: Any = forms.ModelChoiceField(label=gettext_lazy("责任部门"), queryset=None, required=False)
    summary = forms.CharField(label=gettext_lazy("摘要"), max_length=300, required=False)
    body = forms.CharField(
        label=gettext_lazy("正文（Markdown）"),
        max_length=MOST_WORDS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 16}),
    )
    shown_from = forms.DateTimeField(
        label=gettext_lazy("公开时间（空：发布即公开）"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"],
    )
    until = forms.DateField(label=gettext_lazy("公开至（空：长期）"), required=False, widget=_DAY)

    def __init__(self, kind: str, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.fields["region"].queryset = queries.regions(user)  # type: ignore[attr-defined]
        self.fields["organisation"].queryset = queries.departments()  # type: ignore[attr-defined]
        self.fields["organisation"].required = kind in WITH_DEPARTMENT
        if kind in TITLES:
            self.fields["title"].label = TITLES[kind]
        if kind == ArticleKind.INTERPRETATION:
            self.fields["policy"].choices = queries.policies(user)  # type: ignore[attr-defined]
        else:
            del self.fields["policy"]
        if kind in WORDLESS:
            del self.fields["body"], self.fields["summary"]
        for one in FIELDS[kind]:
            widget: Any = _AREA if one.long else _DAY if one.day else forms.TextInput()
            self.fields[_FACT + one.code] = forms.CharField(
                label=one.label,
                required=one.required,
                max_length=MOST_LONG if one.long else MOST_SHORT,
                widget=widget,
            )
        for field in self.fields.values():
            css = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
            field.widget.attrs["class"] = css

    def about(self) -> Article | None:
        key = self.cleaned_data.get("policy")
        return Article.objects.filter(pk=key).first() if key else None

    def content(self) -> Content:
        said = self.cleaned_data
        return Content(
            title=said["title"],
            summary=said.get("summary", ""),
            body=said.get("body", ""),
            facts={one.code: said[_FACT + one.code] for one in FIELDS[self.kind]},
            organisation=said["organisation"],
            shown_from=said["shown_from"],
            until=said["until"],
        )

    def refuse(self, refused: ValidationError) -> None:
        """Show what the action says beside the fields that it is about."""
        if not hasattr(refused, "error_dict"):
            self.add_error(None, refused)
            return
        for name, errors in refused.error_dict.items():
            field = next((one for one in (name, _FACT + name) if one in self.fields), None)
            for error in errors:
                self.add_error(field, error)

    @staticmethod
    def of(version: ArticleVersion) -> dict[str, Any]:
        """A version as the form begins with it."""
        return {
            "region": version.article.region_id,
            "policy": version.article.about_id,
            "title": version.title,
            "organisation": version.organisation_id,
            "summary": version.summary,
            "body": version.body,
            "shown_from": version.shown_from,
            "until": version.until,
            **{_FACT + code: value for code, value in version.facts.items()},
        }


class AnswerForm(forms.Form):
    """A department's answer, and the question as the public is to read it."""

    edited = forms.CharField(
        label=gettext_lazy("公开的问题（删去个人信息）"),
        widget=forms.Textarea(attrs={"rows": 5, "class": "form-control"}),
    )
    text = forms.CharField(
        label=gettext_lazy("答复"), widget=forms.Textarea(attrs={"rows": 8, "class": "form-control"})
    )
    precision_m = forms.TypedChoiceField(
        label=gettext_lazy("公开位置"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[],
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def __init__(self, *args: Any, located: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not located:
            del self.fields["precision_m"]
            return
        grids = [(metres, _("概化到 %(metres)s 米") % {"metres": metres}) for metres in (50, 100, 500, 1000)]
        self.fields["precision_m"].choices = [("", _("不公开位置")), *grids]  # type: ignore[attr-defined]
