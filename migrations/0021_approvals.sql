-- rapport: expand
-- What an agent, an import or another client wants a person to allow, and what
-- each agent may do without. Arguments are kept as they were written: what a
-- person allows is exactly what they saw.

CREATE TABLE approvals (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    run_id uuid,
    step_key text NOT NULL DEFAULT '',
    agent text NOT NULL DEFAULT '',
    requester jsonb NOT NULL,
    requester_id uuid,
    person_id uuid,
    operation text NOT NULL,
    args json NOT NULL,
    hash text NOT NULL,
    title text NOT NULL,
    why text NOT NULL DEFAULT '',
    evidence jsonb NOT NULL DEFAULT '[]',
    preview jsonb NOT NULL DEFAULT '{}',
    needs jsonb NOT NULL DEFAULT '[]',
    tainted boolean NOT NULL DEFAULT false,
    confidence double precision NOT NULL DEFAULT 0,
    subject_entity text NOT NULL DEFAULT '',
    subject_id uuid,
    risk integer NOT NULL CHECK (risk BETWEEN 0 AND 100),
    factors jsonb NOT NULL DEFAULT '[]',
    cost_nano bigint NOT NULL DEFAULT 0,
    state text NOT NULL CHECK (state IN ('pending', 'done', 'rejected', 'expired', 'stale', 'failed', 'cancelled', 'blocked')),
    edited boolean NOT NULL DEFAULT false,
    reason text NOT NULL DEFAULT '',
    result jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    decided_at timestamptz,
    decided_by jsonb,
    told_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, run_id) REFERENCES agent_runs (workspace_id, id)
);
SELECT rapport_tenant('approvals');
CREATE INDEX approvals_pending ON approvals (workspace_id, state, created_at, id);
CREATE INDEX approvals_run ON approvals (workspace_id, run_id) WHERE run_id IS NOT NULL;
CREATE INDEX approvals_subject ON approvals (workspace_id, subject_id, created_at, id) WHERE subject_id IS NOT NULL;
