-- rapport: expand
-- Work: what people note, have to do, and did. Sort keys are stored, plain and
-- never null, as those of the records are.

CREATE TABLE notes (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    entity text NOT NULL CHECK (entity IN ('contact', 'company', 'thread')),
    entity_id uuid NOT NULL,
    body text NOT NULL,
    html text NOT NULL,
    pinned boolean NOT NULL DEFAULT false,
    author_id uuid,
    author_name text NOT NULL DEFAULT '',
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    PRIMARY KEY (workspace_id, id)
);
SELECT rapport_tenant('notes');
CREATE INDEX notes_created ON notes (workspace_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX notes_updated ON notes (workspace_id, updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX notes_entity ON notes (workspace_id, entity_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX notes_pinned ON notes (workspace_id, created_at, id) WHERE deleted_at IS NULL AND pinned;
CREATE INDEX notes_author ON notes (workspace_id, author_id, created_at, id) WHERE deleted_at IS NULL;

CREATE TABLE tasks (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 300),
    title_key text NOT NULL GENERATED ALWAYS AS (lower(title)) STORED,
    description text NOT NULL DEFAULT '',
    due_at timestamptz,
    due_key timestamptz NOT NULL GENERATED ALWAYS AS (coalesce(due_at, 'infinity'::timestamptz)) STORED,
    priority text NOT NULL DEFAULT 'medium' CHECK (priority IN ('low', 'medium', 'high', 'urgent')),
    priority_key bigint NOT NULL GENERATED ALWAYS AS (CASE priority WHEN 'low' THEN 1 WHEN 'medium' THEN 2 WHEN 'high' THEN 3 ELSE 4 END) STORED,
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'in_progress', 'done', 'cancelled')),
    assignee_id uuid,
    entity text CHECK (entity IN ('contact', 'company', 'thread')),
    entity_id uuid,
    message_id uuid,
    thread_id uuid,
    completed_at timestamptz,
    reminded_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    PRIMARY KEY (workspace_id, id),
    CHECK ((entity IS NULL) = (entity_id IS NULL)),
    FOREIGN KEY (workspace_id, message_id) REFERENCES messages (workspace_id, id),
    FOREIGN KEY (workspace_id, thread_id) REFERENCES threads (workspace_id, id)
);
SELECT rapport_tenant('tasks');
CREATE INDEX tasks_due ON tasks (workspace_id, due_key, id) WHERE deleted_at IS NULL;
CREATE INDEX tasks_due_at ON tasks (workspace_id, due_at, id) WHERE deleted_at IS NULL;
CREATE INDEX tasks_priority ON tasks (workspace_id, priority_key, id) WHERE deleted_at IS NULL;
CREATE INDEX tasks_created ON tasks (workspace_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX tasks_title ON tasks (workspace_id, title_key, id) WHERE deleted_at IS NULL;
CREATE INDEX tasks_status ON tasks (workspace_id, status, due_key, id) WHERE deleted_at IS NULL;
CREATE INDEX tasks_assignee ON tasks (workspace_id, assignee_id, due_key, id) WHERE deleted_at IS NULL;
CREATE INDEX tasks_entity ON tasks (workspace_id, entity_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX tasks_message ON tasks (workspace_id, message_id) WHERE message_id IS NOT NULL;
CREATE INDEX tasks_thread ON tasks (workspace_id, thread_id) WHERE thread_id IS NOT NULL;
CREATE INDEX tasks_open ON tasks (workspace_id, assignee_id, due_key, id) WHERE deleted_at IS NULL AND status IN ('open', 'in_progress');

CREATE TABLE activities (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('call', 'meeting')),
    subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 300),
    body text NOT NULL DEFAULT '',
    html text NOT NULL DEFAULT '',
    at timestamptz NOT NULL,
    duration_minutes integer CHECK (duration_minutes BETWEEN 0 AND 10080),
    outcome text NOT NULL DEFAULT '',
    company_id uuid,
    author_id uuid,
    author_name text NOT NULL DEFAULT '',
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, company_id) REFERENCES companies (workspace_id, id)
);
SELECT rapport_tenant('activities');
CREATE INDEX activities_at ON activities (workspace_id, at, id) WHERE deleted_at IS NULL;
CREATE INDEX activities_created ON activities (workspace_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX activities_company ON activities (workspace_id, company_id, at, id) WHERE deleted_at IS NULL;

-- Who took part. The time stands here too, so that a person's history is read
-- in its order from one index; a deleted activity has no participants' rows
-- that are active.
CREATE TABLE activity_contacts (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    activity_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    position integer NOT NULL,
    at timestamptz NOT NULL,
    active boolean NOT NULL DEFAULT true,
    PRIMARY KEY (workspace_id, activity_id, contact_id),
    FOREIGN KEY (workspace_id, activity_id) REFERENCES activities (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts (workspace_id, id)
);
SELECT rapport_tenant('activity_contacts');
CREATE INDEX activity_contacts_contact ON activity_contacts (workspace_id, contact_id, at, activity_id) WHERE active;
