"""Published versions are append-only: row triggers refuse what would change an answer already given."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION layers_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of a published row of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION layers_close_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    same record;
BEGIN
    same := OLD;
    IF TG_TABLE_NAME = 'layers_feature' THEN
        IF OLD.last_version IS NULL AND NEW.last_version IS NOT NULL THEN
            same.last_version := NEW.last_version;
        END IF;
    ELSIF OLD.status = 'published' AND NEW.status = 'superseded' THEN
        same.status := NEW.status;
    END IF;
    -- *= compares the rows byte by byte: geometry's own = forgets the order of vertices.
    IF NOT (NEW *= same) OR NEW *= OLD THEN
        RAISE EXCEPTION 'UPDATE of a published row of % is refused', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER close_only BEFORE UPDATE ON layers_feature
    FOR EACH ROW EXECUTE FUNCTION layers_close_only();
CREATE TRIGGER append_only BEFORE DELETE ON layers_feature
    FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER close_only BEFORE UPDATE ON layers_layerversion
    FOR EACH ROW EXECUTE FUNCTION layers_close_only();
CREATE TRIGGER append_only BEFORE DELETE ON layers_layerversion
    FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON layers_featurepiece
    FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON layers_raster
    FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON layers_overviewtile
    FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();

-- Geometries are already dense doubles: compressing them costs more than it saves on every candidate read.
ALTER TABLE layers_feature ALTER COLUMN geom SET STORAGE EXTERNAL;
ALTER TABLE layers_featurepiece ALTER COLUMN geom SET STORAGE EXTERNAL;
ALTER TABLE layers_overviewtile ALTER COLUMN mvt SET STORAGE EXTERNAL;
"""

BACKWARD = """
DROP TRIGGER close_only ON layers_feature;
DROP TRIGGER append_only ON layers_feature;
DROP TRIGGER close_only ON layers_layerversion;
DROP TRIGGER append_only ON layers_layerversion;
DROP TRIGGER append_only ON layers_featurepiece;
DROP TRIGGER append_only ON layers_raster;
DROP TRIGGER append_only ON layers_overviewtile;
DROP FUNCTION layers_close_only();
DROP FUNCTION layers_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("layers", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
