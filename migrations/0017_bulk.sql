-- rapport: expand
-- Changes to many records at once, worked off by a job: which, what shall
-- become of them, and how far it is.

CREATE TABLE bulk_runs (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    entity text NOT NULL CHECK (entity IN ('contact', 'company', 'thread', 'task')),
    operation text NOT NULL,
    actor jsonb NOT NULL,
    user_id uuid,
    ids uuid[] NOT NULL,
    set jsonb NOT NULL,
    state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'failed', 'cancelled')),
    total bigint NOT NULL,
    done bigint NOT NULL DEFAULT 0,
    changed bigint NOT NULL DEFAULT 0,
    unchanged bigint NOT NULL DEFAULT 0,
    refused jsonb NOT NULL DEFAULT '[]',
    error text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    PRIMARY KEY (workspace_id, id)
);
SELECT rapport_tenant('bulk_runs');

-- Columns of a list may have widths, and the list that nobody named is a
-- person's own: one for each kind of record.
ALTER TABLE views ADD COLUMN base boolean NOT NULL DEFAULT false;
CREATE UNIQUE INDEX views_base ON views (workspace_id, entity, owner_id) WHERE base AND deleted_at IS NULL;
