"""Features come in only with a version that is being staged: asked once for a batch, not once for each row."""

import django.db.models.deletion
from django.db import migrations, models

FORWARD = """
CREATE FUNCTION layers_staging_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stray record;
BEGIN
    SELECT came.layer_id, came.first_version INTO stray
    FROM (SELECT DISTINCT layer_id, first_version FROM came) AS came
    WHERE NOT EXISTS (SELECT FROM layers_layerversion v WHERE v.layer_id = came.layer_id
                      AND v.number = came.first_version AND v.status = 'staging')
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'INSERT into % without a version that is being staged (layer %, version %) is refused',
            TG_TABLE_NAME, stray.layer_id, stray.first_version USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER staging_only AFTER INSERT ON layers_feature
    REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION layers_staging_only();
"""
BACKWARD = """
DROP TRIGGER staging_only ON layers_feature;
DROP FUNCTION layers_staging_only();
"""


class Migration(migrations.Migration):
    dependencies = [("layers", "0008_overview_cells")]

    operations = [
        # the version refers to its layer, and no feature comes without its version: the constraint said it a second
        # time, for more than writing the row costs
        migrations.AlterField(
            model_name="feature",
            name="layer",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="features",
                to="layers.layer",
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
