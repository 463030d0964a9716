"""The presets that a bureau starts with; it edits them on their page."""

from django.db import migrations

RULES = (
    {
        "name": "重大建设项目批准和实施信息",
        "basis": "《政府信息公开条例》第二十条（十）：重大建设项目的批准和实施情况主动公开",
        "document": "国务院令第711号",
        "fields": ["code", "content", "industry", "level", "stage", "year", "owner", "authority", "starts_on",
                   "ends_on", "planned_yuan"],
        "results": False,
    },
    {
        "name": "预算绩效信息",
        "basis": "《长兴县预算绩效信息公开办法》：公开由绩效目标向绩效评价结果延伸",
        "document": "长兴县预算绩效信息公开办法",
        "fields": ["code", "content", "industry", "stage", "year", "authority", "planned_yuan", "completed_yuan"],
        "results": True,
    },
    {
        "name": "仅公开名称与概略位置",
        "basis": "《政府信息公开条例》第十五条：可能损害第三方合法权益的不予公开",
        "document": "国务院令第711号",
        "fields": [],
        "form": "point",
        "precision_m": 1000,
        "results": False,
    },
)  # fmt: skip


def write(apps, schema_editor):
    rules = apps.get_model("publishing", "DisclosureRule")
    for rule in RULES:
        rules.objects.get_or_create(name=rule["name"], defaults=rule)


class Migration(migrations.Migration):
    dependencies = [("publishing", "0002_choices_batches_progress")]
    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
