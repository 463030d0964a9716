"""Overview tiles keep the cells that they were outlined from; a version says from which zoom on it shows features."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("layers", "0007_names")]

    operations = [
        migrations.AddField(
            "layerversion",
            "feature_zoom",
            models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="单个要素起始级别"),
        ),
        migrations.AddField(
            "overviewtile", "cells", models.BinaryField(default=None, null=True, verbose_name="栅格")
        ),
        # they are compressed already
        migrations.RunSQL(
            "ALTER TABLE layers_overviewtile ALTER COLUMN cells SET STORAGE EXTERNAL", migrations.RunSQL.noop
        ),
    ]
