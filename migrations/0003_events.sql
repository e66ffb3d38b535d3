-- rapport: expand
-- What happened: events are the tenant's, the feed is what consumers read
-- across tenants and carries no text of theirs.

CREATE TABLE events (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL DEFAULT now(),
    actor jsonb NOT NULL,
    operation text NOT NULL,
    entity text NOT NULL,
    entity_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('created', 'updated', 'deleted', 'restored')),
    changes jsonb NOT NULL DEFAULT '{}',
    batch_id uuid,
    run_id uuid,
    undoes uuid,
    reason text NOT NULL DEFAULT '',
    PRIMARY KEY (workspace_id, id)
);
SELECT rapport_tenant('events');
CREATE INDEX events_entity ON events (workspace_id, entity_id, id);
CREATE INDEX events_batch ON events (workspace_id, batch_id, id) WHERE batch_id IS NOT NULL;
CREATE INDEX events_run ON events (workspace_id, run_id, id) WHERE run_id IS NOT NULL;
CREATE INDEX events_undoes ON events (workspace_id, undoes) WHERE undoes IS NOT NULL;

CREATE TABLE feed (
    seq bigint GENERATED ALWAYS AS IDENTITY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL DEFAULT now(),
    workspace uuid NOT NULL,
    event_id uuid NOT NULL,
    entity text NOT NULL,
    entity_id uuid NOT NULL,
    kind text NOT NULL,
    fields text[] NOT NULL
);
CREATE INDEX feed_xid ON feed (xid);
CREATE INDEX feed_at ON feed (at);
GRANT SELECT, INSERT, DELETE ON feed TO rapport_app;

CREATE TABLE idempotency_keys (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    credential uuid NOT NULL,
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    operation text NOT NULL,
    request_hash bytea NOT NULL,
    answer jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, credential, key)
);
SELECT rapport_tenant('idempotency_keys');
CREATE INDEX idempotency_keys_age ON idempotency_keys (workspace_id, created_at);
