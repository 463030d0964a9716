"""A difference of two versions reads what came and what went, not the layer."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("layers", "0005_staged_rows")]

    operations = [
        migrations.AddIndex(
            model_name="feature",
            index=models.Index(fields=["layer", "first_version"], name="feature_came"),
        ),
        migrations.AddIndex(
            model_name="feature",
            index=models.Index(
                fields=["layer", "last_version"],
                name="feature_went",
                condition=models.Q(("last_version__isnull", False)),
            ),
        ),
        # the index on the layer alone: the one above begins with it
        migrations.AlterField(
            model_name="feature",
            name="layer",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="features",
                to="layers.layer",
            ),
        ),
    ]
