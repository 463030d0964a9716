import django.contrib.postgres.indexes
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("library", "0004_live_sites")]

    operations = [
        TrigramExtension(),
        migrations.AddIndex(
            model_name="project",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["name"], name="library_project_names_alike", opclasses=["gin_trgm_ops"]
            ),
        ),
    ]
