-- rapport: expand
-- Runs that take many steps: they wait for people, for each other and for
-- time, and go on where a dead process left them.

ALTER TABLE agent_runs DROP CONSTRAINT agent_runs_state_check;
ALTER TABLE agent_runs ADD CONSTRAINT agent_runs_state_check
    CHECK (state IN ('queued', 'running', 'waiting', 'paused', 'done', 'skipped', 'failed', 'cancelled', 'dead')) NOT VALID;
ALTER TABLE agent_runs
    ADD COLUMN program boolean NOT NULL DEFAULT false,
    ADD COLUMN title text NOT NULL DEFAULT '',
    ADD COLUMN input jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN output jsonb,
    ADD COLUMN person uuid,
    ADD COLUMN parent_id uuid,
    ADD COLUMN root_id uuid,
    ADD COLUMN depth integer NOT NULL DEFAULT 0,
    ADD COLUMN priority smallint NOT NULL DEFAULT 1 CHECK (priority BETWEEN 0 AND 2),
    ADD COLUMN run_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN lease uuid,
    ADD COLUMN attempts integer NOT NULL DEFAULT 0,
    ADD COLUMN cancelled boolean NOT NULL DEFAULT false,
    ADD COLUMN caps jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN calls integer NOT NULL DEFAULT 0,
    ADD COLUMN tokens bigint NOT NULL DEFAULT 0,
    ADD COLUMN cost_nano bigint NOT NULL DEFAULT 0,
    ADD COLUMN worked_ms bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT agent_runs_parent FOREIGN KEY (workspace_id, parent_id) REFERENCES agent_runs (workspace_id, id) NOT VALID;

ALTER TABLE agent_steps DROP CONSTRAINT agent_steps_kind_check;
ALTER TABLE agent_steps ADD CONSTRAINT agent_steps_kind_check
    CHECK (kind IN ('model', 'verify', 'apply', 'load', 'act', 'store', 'child', 'timer')) NOT VALID;
ALTER TABLE agent_steps DROP CONSTRAINT agent_steps_state_check;
ALTER TABLE agent_steps ADD CONSTRAINT agent_steps_state_check CHECK (state IN ('intent', 'waiting', 'done', 'failed')) NOT VALID;
ALTER TABLE agent_steps
    ADD COLUMN key text NOT NULL DEFAULT '',
    ADD COLUMN attempts integer NOT NULL DEFAULT 1,
    ADD COLUMN maybe_billed integer NOT NULL DEFAULT 0,
    ADD COLUMN call_id uuid,
    ADD COLUMN child_id uuid,
    ADD COLUMN approval_id uuid,
    ADD COLUMN tokens bigint NOT NULL DEFAULT 0,
    ADD COLUMN cost_nano bigint NOT NULL DEFAULT 0;

-- standing is what somebody is in the workspace of the transaction: no row for
-- one who is no active member.
CREATE FUNCTION identity.standing(who uuid)
RETURNS TABLE (name text, role text, organization_id uuid, time_zone text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT u.name, m.role, w.organization_id, w.time_zone
    FROM identity.workspaces w
    JOIN identity.memberships m ON m.organization_id = w.organization_id AND m.user_id = who AND m.active
    JOIN identity.users u ON u.id = m.user_id
    WHERE w.id = nullif(current_setting('app.workspace_id', true), '')::uuid
$$;

-- place is the workspace of the transaction itself.
CREATE FUNCTION identity.place()
RETURNS TABLE (organization_id uuid, time_zone text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT w.organization_id, w.time_zone FROM identity.workspaces w
    WHERE w.id = nullif(current_setting('app.workspace_id', true), '')::uuid
$$;
REVOKE ALL ON FUNCTION identity.standing(uuid), identity.place() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.standing(uuid), identity.place() TO rapport_app;
