-- rapport: expand
-- The keys of calls outside of workspaces are swept in batches, as those of
-- workspaces are. The function of before stays for the release of before.
CREATE FUNCTION identity.idempotency_sweep(most integer)
RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH gone AS (
        DELETE FROM identity.idempotency_keys WHERE (credential, key) IN (
            SELECT credential, key FROM identity.idempotency_keys
            WHERE created_at < now() - interval '24 hours' ORDER BY created_at LIMIT most)
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$;
REVOKE ALL ON FUNCTION identity.idempotency_sweep(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.idempotency_sweep(integer) TO rapport_app;
