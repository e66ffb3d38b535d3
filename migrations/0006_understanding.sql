-- rapport: expand
-- What agents did, step by step, and what was understood from a message.

CREATE TABLE agent_runs (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    agent text NOT NULL,
    version text NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'done', 'skipped', 'failed', 'cancelled')),
    subject_entity text NOT NULL,
    subject_id uuid NOT NULL,
    input_hash text NOT NULL,
    engine text NOT NULL DEFAULT '',
    degraded boolean NOT NULL DEFAULT false,
    error text NOT NULL DEFAULT '',
    actor jsonb NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    PRIMARY KEY (workspace_id, id),
    CONSTRAINT agent_runs_once UNIQUE (workspace_id, agent, subject_id, version, input_hash)
);
SELECT rapport_tenant('agent_runs');
CREATE INDEX agent_runs_subject ON agent_runs (workspace_id, subject_id, started_at);
CREATE INDEX agent_runs_started ON agent_runs (workspace_id, started_at, id);

CREATE TABLE agent_steps (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    run_id uuid NOT NULL,
    seq integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('model', 'verify', 'apply')),
    state text NOT NULL CHECK (state IN ('intent', 'done', 'failed')),
    input jsonb NOT NULL DEFAULT '{}',
    output jsonb NOT NULL DEFAULT '{}',
    error text NOT NULL DEFAULT '',
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    PRIMARY KEY (workspace_id, run_id, seq),
    FOREIGN KEY (workspace_id, run_id) REFERENCES agent_runs (workspace_id, id) ON DELETE CASCADE
);
SELECT rapport_tenant('agent_steps');

CREATE TABLE email_triage (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    message_id uuid NOT NULL,
    run_id uuid,
    state text NOT NULL CHECK (state IN ('pending', 'done', 'skipped', 'failed')),
    reason text NOT NULL DEFAULT '',
    intent text,
    intents text[] NOT NULL DEFAULT '{}',
    sentiment text CHECK (sentiment IN ('positive', 'neutral', 'negative')),
    mood text CHECK (mood IN ('excited', 'concerned', 'frustrated', 'none')),
    urgency text CHECK (urgency IN ('low', 'medium', 'high', 'critical')),
    requires_response boolean NOT NULL DEFAULT false,
    respond_within text NOT NULL DEFAULT 'none' CHECK (respond_within IN ('1h', '24h', '7d', 'none')),
    due_at timestamptz,
    topics text[] NOT NULL DEFAULT '{}',
    is_meeting_request boolean NOT NULL DEFAULT false,
    summary text NOT NULL DEFAULT '',
    confidence double precision NOT NULL DEFAULT 0,
    evidence jsonb NOT NULL DEFAULT '[]',
    engine text NOT NULL DEFAULT '',
    version text NOT NULL DEFAULT '',
    degraded boolean NOT NULL DEFAULT false,
    superseded_by uuid,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, message_id),
    FOREIGN KEY (workspace_id, message_id) REFERENCES messages (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, run_id) REFERENCES agent_runs (workspace_id, id)
);
SELECT rapport_tenant('email_triage');
CREATE INDEX email_triage_state ON email_triage (workspace_id, state, message_id);

CREATE TABLE email_intelligence (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    message_id uuid NOT NULL,
    contact_id uuid,
    run_id uuid,
    state text NOT NULL CHECK (state IN ('pending', 'done', 'skipped', 'failed')),
    reason text NOT NULL DEFAULT '',
    summary text NOT NULL DEFAULT '',
    readiness integer CHECK (readiness BETWEEN 1 AND 10),
    energy integer CHECK (energy BETWEEN 1 AND 10),
    confidence double precision NOT NULL DEFAULT 0,
    engine text NOT NULL DEFAULT '',
    version text NOT NULL DEFAULT '',
    degraded boolean NOT NULL DEFAULT false,
    superseded_by uuid,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, message_id),
    FOREIGN KEY (workspace_id, message_id) REFERENCES messages (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts (workspace_id, id),
    FOREIGN KEY (workspace_id, run_id) REFERENCES agent_runs (workspace_id, id)
);
SELECT rapport_tenant('email_intelligence');
CREATE INDEX email_intelligence_contact ON email_intelligence (workspace_id, contact_id, message_id);

CREATE TABLE intelligence_items (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    message_id uuid NOT NULL,
    position integer NOT NULL,
    kind text NOT NULL,
    body text NOT NULL,
    quote text NOT NULL,
    quote_start integer NOT NULL,
    quote_end integer NOT NULL,
    attributes jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, message_id) REFERENCES email_intelligence (workspace_id, message_id) ON DELETE CASCADE
);
SELECT rapport_tenant('intelligence_items');
CREATE INDEX intelligence_items_message ON intelligence_items (workspace_id, message_id, position);
