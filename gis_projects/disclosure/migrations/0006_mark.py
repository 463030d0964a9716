"""Where maps put the symbol of a disclosed project: the middle of its public geometry, kept by the database."""

import django.contrib.gis.db.models.fields
import django.contrib.gis.db.models.functions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("disclosure", "0005_articles_handling_questions"),
    ]

    operations = [
        migrations.AddField(
            model_name="disclosedproject",
            name="mark",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.contrib.gis.db.models.functions.Transform(
                    django.contrib.gis.db.models.functions.Centroid("geometry"), 3857
                ),
                output_field=django.contrib.gis.db.models.fields.PointField(null=True, srid=3857),
            ),
        ),
    ]
