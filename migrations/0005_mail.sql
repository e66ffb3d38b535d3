-- rapport: expand
-- Conversations. The raw source of a message and its attachments are blobs,
-- addressed by content within the workspace.

CREATE TABLE blobs (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    hash text NOT NULL,
    size bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, hash)
);
SELECT rapport_tenant('blobs');

CREATE TABLE imports (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    filename text NOT NULL,
    format text NOT NULL DEFAULT '',
    state text NOT NULL CHECK (state IN ('receiving', 'queued', 'running', 'understanding', 'done', 'failed', 'cancelled')),
    own_addresses text[] NOT NULL DEFAULT '{}',
    source text NOT NULL DEFAULT '',
    bytes_total bigint NOT NULL DEFAULT 0,
    bytes_done bigint NOT NULL DEFAULT 0,
    total bigint,
    next_ordinal bigint NOT NULL DEFAULT 0,
    imported bigint NOT NULL DEFAULT 0,
    duplicates bigint NOT NULL DEFAULT 0,
    refused bigint NOT NULL DEFAULT 0,
    counts jsonb,
    error text NOT NULL DEFAULT '',
    actor jsonb NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    PRIMARY KEY (workspace_id, id)
);
SELECT rapport_tenant('imports');
CREATE INDEX imports_created ON imports (workspace_id, created_at, id);

CREATE TABLE threads (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    subject text NOT NULL,
    subject_key text NOT NULL,
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'waiting', 'snoozed', 'done')),
    snoozed_until timestamptz,
    assignee_id uuid,
    unread boolean NOT NULL DEFAULT true,
    message_count integer NOT NULL DEFAULT 0,
    has_attachments boolean NOT NULL DEFAULT false,
    last_message_at timestamptz NOT NULL,
    last_message_id uuid,
    last_direction text NOT NULL CHECK (last_direction IN ('inbound', 'outbound')),
    snippet text NOT NULL DEFAULT '',
    from_name text NOT NULL DEFAULT '',
    from_address text NOT NULL DEFAULT '',
    contact_id uuid,
    category text NOT NULL CHECK (category IN ('personal', 'bulk', 'automatic', 'own')),
    category_reason text NOT NULL DEFAULT '',
    intent text,
    sentiment text CHECK (sentiment IN ('positive', 'neutral', 'negative')),
    urgency text CHECK (urgency IN ('low', 'medium', 'high', 'critical')),
    requires_response boolean NOT NULL DEFAULT false,
    due_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts (workspace_id, id)
);
SELECT rapport_tenant('threads');
CREATE INDEX threads_last ON threads (workspace_id, last_message_at, id);
CREATE INDEX threads_status_last ON threads (workspace_id, status, last_message_at, id);
CREATE INDEX threads_category_last ON threads (workspace_id, category, last_message_at, id);
CREATE INDEX threads_assignee ON threads (workspace_id, assignee_id, last_message_at, id) WHERE assignee_id IS NOT NULL;
CREATE INDEX threads_reply ON threads (workspace_id, last_message_at, id) WHERE requires_response AND status = 'open';
CREATE INDEX threads_subject ON threads (workspace_id, subject_key, last_message_at);
CREATE INDEX threads_contact ON threads (workspace_id, contact_id, last_message_at, id);

CREATE TABLE messages (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    thread_id uuid NOT NULL,
    direction text NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    category text NOT NULL CHECK (category IN ('personal', 'bulk', 'automatic', 'own')),
    category_reason text NOT NULL DEFAULT '',
    rfc822_id text NOT NULL DEFAULT '',
    in_reply_to text NOT NULL DEFAULT '',
    identity_key text NOT NULL,
    subject text NOT NULL,
    sent_at timestamptz NOT NULL,
    date_note text NOT NULL DEFAULT '',
    from_name text NOT NULL DEFAULT '',
    from_address text NOT NULL DEFAULT '',
    from_key text NOT NULL DEFAULT '',
    contact_id uuid,
    body text NOT NULL DEFAULT '',
    html text NOT NULL DEFAULT '',
    raw text NOT NULL,
    size bigint NOT NULL,
    problems text[] NOT NULL DEFAULT '{}',
    import_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    CONSTRAINT messages_identity_key UNIQUE (workspace_id, identity_key),
    FOREIGN KEY (workspace_id, thread_id) REFERENCES threads (workspace_id, id),
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts (workspace_id, id),
    FOREIGN KEY (workspace_id, import_id) REFERENCES imports (workspace_id, id)
);
SELECT rapport_tenant('messages');
CREATE INDEX messages_thread ON messages (workspace_id, thread_id, sent_at, id);
CREATE INDEX messages_contact ON messages (workspace_id, contact_id, sent_at, id);
CREATE INDEX messages_import ON messages (workspace_id, import_id) WHERE import_id IS NOT NULL;
CREATE INDEX messages_raw ON messages (workspace_id, raw);

-- Every Message-ID that a thread is known by: of its messages, and of those
-- that they refer to, so that replies find each other in whatever order.
CREATE TABLE thread_refs (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    rfc822_id text NOT NULL,
    thread_id uuid NOT NULL,
    PRIMARY KEY (workspace_id, rfc822_id),
    FOREIGN KEY (workspace_id, thread_id) REFERENCES threads (workspace_id, id) ON DELETE CASCADE
);
SELECT rapport_tenant('thread_refs');
CREATE INDEX thread_refs_thread ON thread_refs (workspace_id, thread_id);

CREATE TABLE message_addresses (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    message_id uuid NOT NULL,
    position integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('from', 'to', 'cc', 'bcc', 'reply_to')),
    name text NOT NULL DEFAULT '',
    address text NOT NULL,
    address_key text NOT NULL DEFAULT '',
    contact_id uuid,
    sent_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, message_id, position),
    FOREIGN KEY (workspace_id, message_id) REFERENCES messages (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts (workspace_id, id)
);
SELECT rapport_tenant('message_addresses');
CREATE INDEX message_addresses_contact ON message_addresses (workspace_id, contact_id, sent_at, message_id) WHERE contact_id IS NOT NULL;
CREATE INDEX message_addresses_key ON message_addresses (workspace_id, address_key) WHERE contact_id IS NULL;

CREATE TABLE attachments (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    message_id uuid NOT NULL,
    position integer NOT NULL,
    filename text NOT NULL DEFAULT '',
    content_type text NOT NULL DEFAULT '',
    content_id text NOT NULL DEFAULT '',
    inline boolean NOT NULL DEFAULT false,
    size bigint NOT NULL,
    blob text NOT NULL DEFAULT '',
    note text NOT NULL DEFAULT '',
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, message_id) REFERENCES messages (workspace_id, id) ON DELETE CASCADE
);
SELECT rapport_tenant('attachments');
CREATE INDEX attachments_message ON attachments (workspace_id, message_id, position);
CREATE INDEX attachments_blob ON attachments (workspace_id, blob);

CREATE TABLE import_items (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    import_id uuid NOT NULL,
    ordinal bigint NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('imported', 'duplicate', 'refused')),
    reason text NOT NULL DEFAULT '',
    message_ref text NOT NULL DEFAULT '',
    subject text NOT NULL DEFAULT '',
    from_address text NOT NULL DEFAULT '',
    message_id uuid,
    PRIMARY KEY (workspace_id, import_id, ordinal),
    FOREIGN KEY (workspace_id, import_id) REFERENCES imports (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, message_id) REFERENCES messages (workspace_id, id)
);
SELECT rapport_tenant('import_items');
CREATE INDEX import_items_outcome ON import_items (workspace_id, import_id, outcome, ordinal);
