from decimal import Decimal

from django import template

from gis_projects.library import money as library_money

register = template.Library()


@register.filter
def money(yuan: Decimal | None, unit: str = "wan") -> str:
    """An amount of 元 in ``unit`` (yuan, wan, yi); two decimals where 万元 are not whole."""
    if yuan is None:
        return "—"
    chosen = library_money.Unit(unit)
    whole = chosen is library_money.Unit.WAN and yuan % chosen.yuan == 0
    return library_money.show(yuan, chosen, places=0 if whole else 2)


@register.filter
def grouped(value: Decimal) -> str:
    """A figure with a comma every three digits and no zeros at its end: 4,000,000,000 or 0.5."""
    shown = f"{value:,f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


@register.filter
def percent_of(part: Decimal | None, whole: Decimal | None) -> str:
    """Whole per cent, half-up; a dash where there is no whole."""
    if part is None or whole is None:
        return "—"
    share = library_money.percent(part, whole)
    return "—" if share is None else f"{share}%"
