from django.db import migrations, models


class Migration(migrations.Migration):
    """Features are looked for by the beginning of their name, in byte order whatever the database's collation."""

    dependencies = [("layers", "0006_what_came_and_went")]

    operations = [
        migrations.AddIndex(
            "feature",
            models.Index(
                fields=["name"],
                name="feature_name",
                opclasses=["text_pattern_ops"],
                condition=~models.Q(name=""),
            ),
        ),
    ]
