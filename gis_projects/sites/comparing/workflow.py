"""How a patch is dealt with: which state follows on which, and what each asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from gis_projects.people.models import Organisation
from gis_projects.sites.models import HandlingState, PatchHandling, Yields
from gis_projects.sites.models.comparisons import SETTLED

FOLLOWING: Mapping[HandlingState, tuple[HandlingState, ...]] = {
    HandlingState.OPEN: (HandlingState.NEGOTIATING,),
    HandlingState.NEGOTIATING: (HandlingState.SETTLED, HandlingState.OPEN),
    HandlingState.SETTLED: (HandlingState.DONE, HandlingState.NEGOTIATING),
    HandlingState.DONE: (HandlingState.NEGOTIATING,),
}


@dataclass(frozen=True)
class Change:
    """What somebody does to patches; None leaves a thing as it is."""

    state: HandlingState | None = None
    organisation: Organisation | None = None
    yields: Yields | None = None
    note: str | None = None

    @property
    def empty(self) -> bool:
        return self.state is None and self.organisation is None and self.yields is None and self.note is None


def apply(row: PatchHandling, change: Change) -> None:
    """Change a patch's handling (not saved yet).

    Raises
    ------
    ValidationError
        That state doesn't follow, or something is missing for it; the message names the patch.
    """
    number = row.patch.number
    if change.organisation is not None:
        row.organisation = change.organisation
    if change.note is not None:
        row.note = change.note
    before = HandlingState(row.state)
    after = change.state or before
    if after != before and after not in FOLLOWING[before]:
        raise _refused(
            "state",
            _("图斑 %(number)s 现为“%(before)s”，不能直接改为“%(after)s”。"),
            {"number": number, "before": before.label, "after": after.label},
        )
    row.state = after
    if after in SETTLED:
        if change.yields is not None:
            row.yields = change.yields
    elif change.yields is not None:
        raise _refused("yields", _("图斑 %(number)s 商定之后才能说明哪方让步。"), {"number": number})
    else:
        row.yields = ""  # whoever negotiates again has not settled
    if after != HandlingState.OPEN and row.organisation is None:
        raise _refused("organisation", _("图斑 %(number)s 尚未指定负责部门。"), {"number": number})
    if after in SETTLED and not row.yields:
        raise _refused("yields", _("请说明图斑 %(number)s 由哪方让步。"), {"number": number})
    if after == HandlingState.SETTLED and not row.note.strip():
        raise _refused("note", _("请写明图斑 %(number)s 的商定意见。"), {"number": number})


def _refused(field: str, text: str, params: dict[str, object]) -> ValidationError:
    return ValidationError({field: ValidationError(text, code="handling", params=params)})
