"""What isn't published yet may change and go; what is published stays as it is."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION layers_waiting(the_layer bigint, the_number integer) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM layers_layerversion
                   WHERE layer_id = the_layer AND number = the_number AND status IN ('staging', 'staged'))
$$;

CREATE OR REPLACE FUNCTION layers_close_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    same record;
BEGIN
    same := OLD;
    IF TG_TABLE_NAME = 'layers_feature' THEN
        IF OLD.last_version IS NULL AND NEW.last_version IS NOT NULL THEN
            same.last_version := NEW.last_version;
        ELSIF NEW.last_version IS NULL AND layers_waiting(OLD.layer_id, OLD.last_version + 1) THEN
            same.last_version := NULL;
        END IF;
    ELSIF OLD.status IN ('staging', 'staged') THEN
        IF (NEW.layer_id, NEW.number) = (OLD.layer_id, OLD.number)
           AND (NEW.status = 'staged' OR NEW.status = OLD.status
                OR (OLD.status = 'staged' AND NEW.status = 'published')) THEN
            RETURN NEW;
        END IF;
    ELSE
        IF OLD.status = 'published' AND NEW.status = 'superseded' THEN
            same.status := NEW.status;
        END IF;
        IF NEW.overviews_done THEN
            same.overviews_done := true;
        END IF;
    END IF;
    -- *= compares the rows byte by byte: geometry's own = forgets the order of vertices.
    IF NOT (NEW *= same) OR NEW *= OLD THEN
        RAISE EXCEPTION 'UPDATE of a published row of % is refused', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION layers_delete_waiting_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    waiting boolean;
BEGIN
    IF TG_TABLE_NAME = 'layers_layerversion' THEN
        waiting := OLD.status IN ('staging', 'staged');
    ELSIF TG_TABLE_NAME IN ('layers_feature', 'layers_overviewtile') THEN
        waiting := layers_waiting(OLD.layer_id, OLD.first_version);
    ELSIF TG_TABLE_NAME = 'layers_featurepiece' THEN
        SELECT layers_waiting(f.layer_id, f.first_version) INTO waiting
        FROM layers_feature f WHERE f.id = OLD.feature_id;
    ELSE
        SELECT v.status IN ('staging', 'staged') INTO waiting
        FROM layers_layerversion v WHERE v.id = OLD.version_id;
    END IF;
    IF waiting IS NOT TRUE THEN
        RAISE EXCEPTION '% of a published row of % is refused', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

DROP TRIGGER append_only ON layers_feature;
DROP TRIGGER append_only ON layers_layerversion;
DROP TRIGGER append_only ON layers_featurepiece;
DROP TRIGGER append_only ON layers_raster;
DROP TRIGGER append_only ON layers_overviewtile;
CREATE TRIGGER append_only BEFORE DELETE ON layers_feature
    FOR EACH ROW EXECUTE FUNCTION layers_delete_waiting_only();
CREATE TRIGGER append_only BEFORE DELETE ON layers_layerversion
    FOR EACH ROW EXECUTE FUNCTION layers_delete_waiting_only();
CREATE TRIGGER append_only BEFORE DELETE ON layers_featurepiece
    FOR EACH ROW EXECUTE FUNCTION layers_delete_waiting_only();
CREATE TRIGGER append_only BEFORE DELETE ON layers_raster
    FOR EACH ROW EXECUTE FUNCTION layers_delete_waiting_only();
CREATE TRIGGER append_only BEFORE DELETE ON layers_overviewtile
    FOR EACH ROW EXECUTE FUNCTION layers_delete_waiting_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON layers_qualityfinding
    FOR EACH ROW EXECUTE FUNCTION layers_delete_waiting_only();
CREATE TRIGGER unchanged BEFORE UPDATE ON layers_featurepiece
    FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER unchanged BEFORE UPDATE ON layers_raster
    FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER unchanged BEFORE UPDATE ON layers_overviewtile
    FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("layers", "0004_staged_versions")]
    operations = [migrations.RunSQL(FORWARD)]
