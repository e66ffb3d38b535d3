-- rapport: expand
-- Which run is worked next, and by whom: platform data, read across
-- workspaces, without any text of a tenant. A run has a row while it is ready,
-- waits for a time or is being worked; one that waits for a person has none.

-- The turn that is being served. Runs get theirs when they become ready, each
-- workspace one behind its last: so all workspaces go round robin.
CREATE SEQUENCE agent_turn;
GRANT SELECT, UPDATE ON SEQUENCE agent_turn TO rapport_app;

CREATE TABLE agent_lanes (
    workspace uuid NOT NULL,
    run_id uuid PRIMARY KEY,
    agent text NOT NULL,
    priority smallint NOT NULL,
    due_at timestamptz NOT NULL,
    turn bigint,
    lease uuid,
    holder uuid,
    until timestamptz,
    woken boolean NOT NULL DEFAULT false,
    cancelled boolean NOT NULL DEFAULT false
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
CREATE INDEX agent_lanes_next ON agent_lanes (turn, priority, run_id) WHERE turn IS NOT NULL AND lease IS NULL;
CREATE INDEX agent_lanes_last ON agent_lanes (workspace, priority, turn) WHERE turn IS NOT NULL AND lease IS NULL;
CREATE INDEX agent_lanes_due ON agent_lanes (due_at) WHERE turn IS NULL AND lease IS NULL;
CREATE INDEX agent_lanes_held ON agent_lanes (until) WHERE lease IS NOT NULL;
GRANT SELECT, INSERT, UPDATE, DELETE ON agent_lanes TO rapport_app;

-- What platform tables hold of a workspace goes with it.
CREATE OR REPLACE FUNCTION identity.demo_forget(ws uuid)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM public.mailbox_leases l WHERE l.workspace = ws AND NOT EXISTS (SELECT FROM identity.workspaces w WHERE w.id = ws);
    DELETE FROM public.notification_digests d WHERE d.workspace = ws AND NOT EXISTS (SELECT FROM identity.workspaces w WHERE w.id = ws);
    DELETE FROM public.agent_lanes l WHERE l.workspace = ws AND NOT EXISTS (SELECT FROM identity.workspaces w WHERE w.id = ws);
$$;
