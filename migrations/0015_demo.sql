-- rapport: expand
-- Workspaces that show what Rapport can do. We fill them, and they go as a
-- whole: no other workspace can be erased by these functions.

ALTER TABLE identity.workspaces ADD COLUMN demo text NOT NULL DEFAULT '' CHECK (demo IN ('', 'filling', 'ready'));

CREATE FUNCTION identity.demo_begin(ws uuid)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE identity.workspaces SET demo = 'filling' WHERE id = ws AND demo = ''
$$;

CREATE FUNCTION identity.demo_filled(ws uuid)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM identity.api_keys k USING identity.workspaces w
    WHERE k.workspace_id = ws AND w.id = ws AND w.demo = 'filling' AND k.name = 'Demo data';
    UPDATE identity.workspaces SET demo = 'ready' WHERE id = ws AND demo = 'filling'
$$;

CREATE FUNCTION identity.demos(org uuid)
RETURNS TABLE (id uuid, slug text, name text, state text, created_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT w.id, w.slug, w.name, w.demo, w.created_at FROM identity.workspaces w
    WHERE w.organization_id = org AND w.demo <> '' ORDER BY w.created_at, w.id
$$;

-- demo_erase removes a demo workspace with everything in it, and makes an empty
-- one if it was the last. Tables that others point to go in a later round.
CREATE FUNCTION identity.demo_erase(org uuid, ws uuid, new_id uuid)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    left_over regclass[];
    again regclass[];
    t regclass;
    former text;
BEGIN
    PERFORM 1 FROM identity.workspaces WHERE id = ws AND organization_id = org AND demo <> '' FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    SELECT array_agg(c.oid::regclass ORDER BY c.oid DESC) INTO left_over
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE n.nspname IN ('public', 'search', 'identity') AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND a.attname = 'workspace_id' AND NOT a.attisdropped;
    WHILE cardinality(left_over) > 0 LOOP
        again := '{}';
        FOREACH t IN ARRAY left_over LOOP
            BEGIN
                EXECUTE format('DELETE FROM %s WHERE workspace_id = $1', t) USING ws;
            EXCEPTION WHEN foreign_key_violation THEN
                again := again || t;
            END;
        END LOOP;
        IF cardinality(again) = cardinality(left_over) THEN
            RAISE EXCEPTION 'demo_erase: % still hold rows', again;
        END IF;
        left_over := again;
    END LOOP;
    DELETE FROM public.feed WHERE workspace = ws;
    DELETE FROM identity.workspaces WHERE id = ws RETURNING slug INTO former;
    -- Nobody is left without a place.
    INSERT INTO identity.workspaces (id, organization_id, slug, name, time_zone)
    SELECT new_id, o.id, former, o.name, 'UTC' FROM identity.organizations o
    WHERE o.id = org AND NOT EXISTS (SELECT 1 FROM identity.workspaces w WHERE w.organization_id = org);
    RETURN true;
END $$;

REVOKE ALL ON FUNCTION identity.demo_begin(uuid), identity.demo_filled(uuid), identity.demos(uuid), identity.demo_erase(uuid, uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.demo_begin(uuid), identity.demo_filled(uuid), identity.demos(uuid), identity.demo_erase(uuid, uuid, uuid) TO rapport_app;
