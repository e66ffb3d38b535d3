package app_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"rapport/internal/platform/pg/pgtest"
)

// A tenant's row must be out of reach of everybody else, whatever a query
// forgets. The catalogue says whether it is, for tables yet to come as well.
func TestEveryTenantTableIsClosed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]string{
		"there are tenant tables": `SELECT 'none' WHERE (SELECT count(*) FROM tenant) < 20`,
		"row security is enabled and forced": `
			SELECT c.oid::regclass::text FROM tenant c WHERE NOT (c.relrowsecurity AND c.relforcerowsecurity)`,
		"it has exactly the three generated policies": `
			SELECT c.oid::regclass::text FROM tenant c WHERE (
				SELECT array_agg(p.polname || CASE WHEN p.polpermissive THEN '+' ELSE '-' END || pg_get_expr(p.polqual, p.polrelid) || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '')
					|| (SELECT string_agg(r.rolname, ',') FROM pg_roles r WHERE r.oid = ANY (p.polroles)) ORDER BY p.polname)
				FROM pg_policy p WHERE p.polrelid = c.oid) IS DISTINCT FROM ARRAY['app+truetruerapport_app', 'owner+truetruerapport_owner',
					'tenant-' || repeat('(workspace_id = ( SELECT (NULLIF(current_setting(''app.workspace_id''::text, true), ''''::text))::uuid AS "nullif"))', 2) || 'rapport_app']`,
		"its primary key begins with the workspace": `
			SELECT c.oid::regclass::text FROM tenant c WHERE NOT EXISTS (
				SELECT 1 FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id'
				WHERE i.indrelid = c.oid AND i.indisprimary AND i.indkey[0] = a.attnum)`,
		"no unique index leaves the workspace out": `
			SELECT i.indexrelid::regclass::text FROM tenant c JOIN pg_index i ON i.indrelid = c.oid
			JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id'
			WHERE i.indisunique AND NOT a.attnum = ANY (i.indkey::int2[])`,
		"foreign keys between tenant tables carry the workspace": `
			SELECT k.conname::text FROM pg_constraint k JOIN tenant c ON c.oid = k.conrelid JOIN tenant f ON f.oid = k.confrelid
			JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id'
			WHERE k.contype = 'f' AND NOT a.attnum = ANY (k.conkey)`,
		"the application owns nothing": `
			SELECT oid::regclass::text FROM pg_class WHERE relowner = 'rapport_app'::regrole`,
		"the application cannot truncate": `
			SELECT c.oid::regclass::text FROM tenant c WHERE has_table_privilege('rapport_app', c.oid, 'TRUNCATE')`,
		"identity and search are reached by functions only": `
			SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE n.nspname IN ('identity', 'search') AND c.relkind IN ('r', 'p')
			AND has_table_privilege('rapport_app', c.oid, 'SELECT, INSERT, UPDATE, DELETE')`,
		"functions with the owner's rights have a fixed search path": `
			SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
			WHERE p.prosecdef AND n.nspname NOT LIKE 'pg\_%'
			AND NOT EXISTS (SELECT 1 FROM unnest(p.proconfig) s WHERE s LIKE 'search_path=pg_catalog%, pg_temp')`,
		"functions with the owner's rights are not for everybody": `
			SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
			WHERE p.prosecdef AND EXISTS (SELECT 1 FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0)`,
	} {
		if found := ask(t, pgtest.Shared(t), `
			WITH tenant AS (
				SELECT c.* FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
				WHERE c.relkind IN ('r', 'p') AND n.nspname = 'public'
				AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped)
			)`+c); len(found) > 0 {
			t.Errorf("%s: not so for %v", name, found)
		}
	}
}

func ask(t *testing.T, url, sql string) []string {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	rows, _ := conn.Query(ctx, sql)
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return found
}
