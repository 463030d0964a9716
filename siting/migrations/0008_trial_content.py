from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("siting", "0007_rulebook_drafts_guarded"),
    ]

    operations = [
        migrations.AddField(
            model_name="rulebooktrial",
            name="content",
            field=models.JSONField(default=dict),
            preserve_default=False,
        ),
    ]
