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

-- How a person has the columns of a list itself, beside its views.
CREATE TABLE list_columns (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    entity text NOT NULL CHECK (entity IN ('contact', 'company', 'thread', 'task')),
    owner_id uuid NOT NULL,
    query jsonb NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, owner_id, entity)
);
SELECT rapport_tenant('list_columns');
