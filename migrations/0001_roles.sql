-- rapport: expand
-- rapport: role login
--
-- Two roles that nobody logs in as. rapport_owner owns the tables and changes
-- them; rapport_app reads and writes rows, one workspace at a time. The login
-- role may become either, and each transaction says which. Roles belong to the
-- whole cluster, so another database's migration may be making them right now.

DO $$
DECLARE
	wanted text;
	options text := CASE WHEN current_setting('server_version_num')::int >= 160000
		THEN ' WITH INHERIT FALSE, SET TRUE' ELSE '' END;
BEGIN
	FOREACH wanted IN ARRAY ARRAY['rapport_owner', 'rapport_app'] LOOP
		FOR attempt IN 1..10 LOOP
			BEGIN
				IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
					EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', wanted);
				END IF;
				EXECUTE format('GRANT %I TO %I', wanted, current_user) || options;
				EXIT;
			EXCEPTION
				WHEN duplicate_object OR unique_violation THEN
					NULL; -- made by another database meanwhile
				WHEN internal_error THEN
					IF SQLERRM NOT LIKE 'tuple concurrently%' OR attempt = 10 THEN
						RAISE;
					END IF;
					PERFORM pg_sleep(0.02);
				WHEN insufficient_privilege THEN
					-- An administrator may have made and granted them already.
					IF NOT pg_has_role(current_user, wanted, 'MEMBER') THEN
						RAISE;
					END IF;
					EXIT;
			END;
		END LOOP;
	END LOOP;
	IF EXISTS (SELECT FROM pg_roles WHERE rolname IN ('rapport_owner', 'rapport_app') AND (rolsuper OR rolbypassrls)) THEN
		RAISE EXCEPTION 'rapport_owner and rapport_app must be neither superusers nor bypass row-level security';
	END IF;
	EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END
$$;

DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO rapport_owner', current_database()); END $$;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO rapport_owner;
GRANT USAGE ON SCHEMA public TO rapport_app;

ALTER TABLE rapport_migrations OWNER TO rapport_owner;
SET LOCAL ROLE rapport_owner;
GRANT SELECT ON rapport_migrations TO PUBLIC;

-- rapport_tenant turns a table with a workspace_id into a tenant's table: each
-- row is seen by the owner role, and by the application only in its workspace.
-- Calling it again restores that state.
CREATE FUNCTION rapport_tenant(tenant_table regclass) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
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
REVOKE ALL ON FUNCTION rapport_tenant(regclass) FROM PUBLIC;
