"""A version keeps its layer's name and class names as published; those already there take the present ones."""

from django.db import migrations, models

# The trigger refuses changes of published rows; the columns are new, so nothing that was published changes.
FILL = """
ALTER TABLE layers_layerversion DISABLE TRIGGER close_only;
UPDATE layers_layerversion v SET layer_name = l.name, class_system = l.class_system, class_names = l.class_names
FROM layers_layer l WHERE l.id = v.layer_id;
ALTER TABLE layers_layerversion ENABLE TRIGGER close_only;
"""


class Migration(migrations.Migration):
    dependencies = [("layers", "0002_append_only")]
    operations = [
        migrations.AddField(
            "layerversion",
            "layer_name",
            models.CharField(max_length=100, default="", verbose_name="图层名称"),
            preserve_default=False,
        ),
        migrations.AddField(
            "layerversion",
            "class_system",
            models.CharField(blank=True, default="", max_length=40, verbose_name="分类体系"),
        ),
        migrations.AddField(
            "layerversion",
            "class_names",
            models.JSONField(blank=True, default=dict, verbose_name="类别名称"),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
