-- rapport: expand
-- What is written for others: drafts of every kind with all their versions, and
-- how a workspace wants to sound.

CREATE TABLE content_drafts (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    kind text NOT NULL CHECK (length(kind) BETWEEN 1 AND 40),
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 300),
    body jsonb NOT NULL,
    plain text NOT NULL,
    contact_id uuid,
    thread_id uuid,
    status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'in_review', 'approved', 'sent', 'archived')),
    tone text NOT NULL DEFAULT '',
    score integer CHECK (score BETWEEN 0 AND 100),
    brief text NOT NULL DEFAULT '',
    facts jsonb NOT NULL DEFAULT '[]',
    findings jsonb NOT NULL DEFAULT '[]',
    engine text NOT NULL DEFAULT '',
    degraded boolean NOT NULL DEFAULT false,
    run_id uuid,
    outgoing_id uuid,
    author_id uuid,
    author_name text NOT NULL DEFAULT '',
    sent_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts (workspace_id, id),
    FOREIGN KEY (workspace_id, thread_id) REFERENCES threads (workspace_id, id) ON DELETE SET NULL (thread_id)
);
SELECT rapport_tenant('content_drafts');
CREATE INDEX content_drafts_updated ON content_drafts (workspace_id, updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX content_drafts_created ON content_drafts (workspace_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX content_drafts_kind ON content_drafts (workspace_id, kind, updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX content_drafts_status ON content_drafts (workspace_id, status, updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX content_drafts_contact ON content_drafts (workspace_id, contact_id, updated_at, id) WHERE contact_id IS NOT NULL;
CREATE INDEX content_drafts_thread ON content_drafts (workspace_id, thread_id) WHERE thread_id IS NOT NULL;
CREATE INDEX content_drafts_run ON content_drafts (workspace_id, run_id) WHERE run_id IS NOT NULL;

CREATE TABLE content_versions (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    draft_id uuid NOT NULL,
    version bigint NOT NULL,
    title text NOT NULL,
    body jsonb NOT NULL,
    plain text NOT NULL,
    findings jsonb NOT NULL DEFAULT '[]',
    engine text NOT NULL DEFAULT '',
    degraded boolean NOT NULL DEFAULT false,
    run_id uuid,
    author jsonb NOT NULL,
    reason text NOT NULL DEFAULT '',
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, draft_id, version),
    FOREIGN KEY (workspace_id, draft_id) REFERENCES content_drafts (workspace_id, id) ON DELETE CASCADE
);
SELECT rapport_tenant('content_versions');

CREATE TABLE brand_voices (
    workspace_id uuid PRIMARY KEY REFERENCES identity.workspaces (id),
    tone_words text[] NOT NULL DEFAULT '{}',
    dos text[] NOT NULL DEFAULT '{}',
    donts text[] NOT NULL DEFAULT '{}',
    facts jsonb NOT NULL DEFAULT '[]',
    signature text NOT NULL DEFAULT '',
    domains text[] NOT NULL DEFAULT '{}',
    version bigint NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL DEFAULT now()
);
SELECT rapport_tenant('brand_voices');
