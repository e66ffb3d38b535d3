-- rapport: expand
-- What agents remember between runs, and when they run by themselves.

CREATE TABLE agent_memories (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('fact', 'preference', 'decision', 'outcome', 'lesson')),
    entity text CHECK (entity IN ('contact', 'company', 'thread')),
    entity_id uuid,
    body text NOT NULL,
    importance double precision NOT NULL CHECK (importance BETWEEN 0 AND 1),
    confidence double precision NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    source text NOT NULL CHECK (source IN ('person', 'agent', 'approval')),
    quote text NOT NULL DEFAULT '',
    message_id uuid,
    run_id uuid,
    author_id uuid,
    author_name text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    PRIMARY KEY (workspace_id, id),
    CHECK ((entity IS NULL) = (entity_id IS NULL))
);
SELECT rapport_tenant('agent_memories');
CREATE INDEX agent_memories_created ON agent_memories (workspace_id, created_at, id);
CREATE INDEX agent_memories_about ON agent_memories (workspace_id, entity_id, created_at) WHERE entity_id IS NOT NULL;

CREATE TABLE agent_schedules (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    agent text NOT NULL,
    title text NOT NULL,
    cron text NOT NULL,
    time_zone text NOT NULL,
    input jsonb NOT NULL DEFAULT '{}',
    enabled boolean NOT NULL DEFAULT true,
    person uuid,
    next_at timestamptz NOT NULL,
    last_at timestamptz,
    last_run_id uuid,
    missed integer NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, last_run_id) REFERENCES agent_runs (workspace_id, id)
);
SELECT rapport_tenant('agent_schedules');
CREATE INDEX agent_schedules_next ON agent_schedules (workspace_id, next_at, id);

ALTER TABLE notifications DROP CONSTRAINT notifications_kind_check;
ALTER TABLE notifications ADD CONSTRAINT notifications_kind_check CHECK (kind IN ('task_assigned', 'task_due', 'thread_assigned', 'mailbox_trouble',
    'mail_failed', 'mention', 'invitation_accepted', 'import_finished', 'ai_budget', 'agent_schedule')) NOT VALID;
