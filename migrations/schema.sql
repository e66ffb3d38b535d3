CREATE FUNCTION public.rapport_tenant(tenant_table regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
	-- Never a function of the row: the setting is read once per statement.
	own_workspace text := 'workspace_id = (SELECT nullif(current_setting(''app.workspace_id'', true), '''')::uuid)';
	existing name;
BEGIN
	IF NOT EXISTS (
		SELECT FROM pg_attribute
		WHERE attrelid = tenant_table AND attname = 'workspace_id'
		AND atttypid = 'uuid'::regtype AND attnotnull AND NOT attisdropped
	) THEN
		RAISE EXCEPTION '% needs a column workspace_id uuid NOT NULL', tenant_table;
	END IF;
	IF EXISTS (
		SELECT FROM pg_index i
		JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = 'workspace_id'
		WHERE i.indrelid = tenant_table AND i.indisunique AND i.indkey[0] <> a.attnum
	) THEN
		RAISE EXCEPTION 'each unique index of % must begin with workspace_id, or it tells tenants apart', tenant_table;
	END IF;
	FOR existing IN SELECT polname FROM pg_policy WHERE polrelid = tenant_table LOOP
		EXECUTE format('DROP POLICY %I ON %s', existing, tenant_table);
	END LOOP;
	EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tenant_table);
	EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', tenant_table);
	EXECUTE format('CREATE POLICY app ON %s TO rapport_app USING (true) WITH CHECK (true)', tenant_table);
	EXECUTE format('CREATE POLICY owner ON %s TO rapport_owner USING (true) WITH CHECK (true)', tenant_table);
	EXECUTE format('CREATE POLICY tenant ON %s AS RESTRICTIVE TO rapport_app USING (%s) WITH CHECK (%s)',
		tenant_table, own_workspace, own_workspace);
	EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO rapport_app', tenant_table);
END
$$;

CREATE TABLE public.rapport_migrations (
    version integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    phase text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL,
    duration_ms bigint NOT NULL,
    CONSTRAINT rapport_migrations_phase_check CHECK ((phase = ANY (ARRAY['expand'::text, 'contract'::text])))
);

ALTER TABLE ONLY public.rapport_migrations
    ADD CONSTRAINT rapport_migrations_pkey PRIMARY KEY (version);

GRANT ALL ON SCHEMA public TO rapport_owner;
GRANT USAGE ON SCHEMA public TO rapport_app;

REVOKE ALL ON FUNCTION public.rapport_tenant(tenant_table regclass) FROM PUBLIC;

GRANT SELECT ON TABLE public.rapport_migrations TO PUBLIC;
