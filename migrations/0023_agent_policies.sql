-- rapport: expand
-- What each agent may do without asking, and how much of it a day. The agent
-- named '' is all those that have no policy of their own.

CREATE TABLE agent_policies (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    agent text NOT NULL,
    enabled boolean NOT NULL,
    autonomy text NOT NULL CHECK (autonomy IN ('ask', 'low', 'medium')),
    operations text[],
    daily_actions integer NOT NULL CHECK (daily_actions >= 0),
    daily_nano bigint NOT NULL CHECK (daily_nano >= 0),
    links text[] NOT NULL,
    pause_on_high boolean NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, agent)
);
SELECT rapport_tenant('agent_policies');

CREATE TABLE agent_days (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    agent text NOT NULL,
    day date NOT NULL,
    taken text[] NOT NULL,
    PRIMARY KEY (workspace_id, agent, day)
);
SELECT rapport_tenant('agent_days');

ALTER TABLE notifications DROP CONSTRAINT notifications_kind_check;
ALTER TABLE notifications ADD CONSTRAINT notifications_kind_check CHECK (kind IN ('task_assigned', 'task_due', 'thread_assigned', 'mailbox_trouble',
    'mail_failed', 'mention', 'invitation_accepted', 'import_finished', 'ai_budget', 'agent_schedule', 'approval')) NOT VALID;

-- ranked lists who has a role or a higher one in the organization of the bound workspace.
CREATE FUNCTION identity.ranked(lowest text)
RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT m.user_id FROM identity.memberships m JOIN identity.workspaces w USING (organization_id)
    WHERE w.id = nullif(current_setting('app.workspace_id', true), '')::uuid AND m.active AND identity.rank(m.role) >= identity.rank(lowest)
$$;
REVOKE ALL ON FUNCTION identity.ranked(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.ranked(text) TO rapport_app;
