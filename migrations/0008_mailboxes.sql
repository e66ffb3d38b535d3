-- rapport: expand
-- Live mailboxes: accounts on IMAP servers, their folders, how far each has
-- been read, and where each stored message lies.

CREATE TABLE mailboxes (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    name text NOT NULL,
    address text NOT NULL,
    auth text NOT NULL CHECK (auth IN ('password', 'google', 'microsoft')),
    grant_id uuid,
    username text NOT NULL,
    password bytea,
    host text NOT NULL,
    port integer NOT NULL CHECK (port BETWEEN 1 AND 65535),
    security text NOT NULL CHECK (security IN ('tls', 'starttls', 'none')),
    chosen text[],
    since date,
    mark_seen boolean NOT NULL DEFAULT false,
    paused text NOT NULL DEFAULT '',
    deleted_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
SELECT rapport_tenant('mailboxes');
CREATE UNIQUE INDEX mailboxes_account_key ON mailboxes (workspace_id, host, username) WHERE deleted_at IS NULL;

CREATE TABLE mailbox_folders (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    mailbox_id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('inbox', 'sent', 'drafts', 'trash', 'junk', 'archive', 'all', 'other')),
    chosen boolean NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, mailbox_id) REFERENCES mailboxes (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT mailbox_folders_name_key UNIQUE (workspace_id, mailbox_id, name)
);
SELECT rapport_tenant('mailbox_folders');

-- How far a folder has been read: everything from bottom to top, and when
-- complete all below. Places (seq) shift with deletions; UIDs do not.
CREATE TABLE mailbox_progress (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    folder_id uuid NOT NULL,
    mailbox_id uuid NOT NULL,
    validity bigint NOT NULL DEFAULT 0,
    top bigint NOT NULL DEFAULT 0,
    bottom bigint NOT NULL DEFAULT 0,
    complete boolean NOT NULL DEFAULT false,
    next bigint NOT NULL DEFAULT 0,
    modseq bigint NOT NULL DEFAULT 0,
    since date,
    counted bigint NOT NULL DEFAULT 0,
    total bigint NOT NULL DEFAULT 0,
    done bigint NOT NULL DEFAULT 0,
    stored bigint NOT NULL DEFAULT 0,
    refused bigint NOT NULL DEFAULT 0,
    reached timestamptz,
    stuck_uid bigint NOT NULL DEFAULT 0,
    strikes integer NOT NULL DEFAULT 0,
    trouble text NOT NULL DEFAULT '',
    synced_at timestamptz,
    PRIMARY KEY (workspace_id, folder_id),
    FOREIGN KEY (workspace_id, folder_id) REFERENCES mailbox_folders (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, mailbox_id) REFERENCES mailboxes (workspace_id, id) ON DELETE CASCADE
);
SELECT rapport_tenant('mailbox_progress');
CREATE INDEX mailbox_progress_mailbox ON mailbox_progress (workspace_id, mailbox_id);

-- Where messages lie. One that was refused has no message, but a reason.
CREATE TABLE mailbox_messages (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    folder_id uuid NOT NULL,
    uid bigint NOT NULL,
    mailbox_id uuid NOT NULL,
    message_id uuid,
    size bigint NOT NULL DEFAULT 0,
    seen boolean NOT NULL DEFAULT false,
    follow boolean NOT NULL DEFAULT false,
    refused text NOT NULL DEFAULT '',
    again boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, folder_id, uid),
    FOREIGN KEY (workspace_id, folder_id) REFERENCES mailbox_folders (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, mailbox_id) REFERENCES mailboxes (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, message_id) REFERENCES messages (workspace_id, id)
);
SELECT rapport_tenant('mailbox_messages');
CREATE INDEX mailbox_messages_message ON mailbox_messages (workspace_id, message_id);
CREATE INDEX mailbox_messages_follow ON mailbox_messages (workspace_id, mailbox_id, folder_id, uid) WHERE follow AND NOT seen;
CREATE INDEX mailbox_messages_refused ON mailbox_messages (workspace_id, mailbox_id, folder_id, uid) WHERE refused <> '';

-- How an account is, as its worker last saw it.
CREATE TABLE mailbox_health (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    mailbox_id uuid NOT NULL,
    state text NOT NULL DEFAULT 'connecting' CHECK (state IN ('connecting', 'syncing', 'live', 'waiting')),
    idle boolean NOT NULL DEFAULT false,
    last_success_at timestamptz,
    last_error text NOT NULL DEFAULT '',
    failures integer NOT NULL DEFAULT 0,
    refusals integer NOT NULL DEFAULT 0,
    next_try_at timestamptz,
    PRIMARY KEY (workspace_id, mailbox_id),
    FOREIGN KEY (workspace_id, mailbox_id) REFERENCES mailboxes (workspace_id, id) ON DELETE CASCADE
);
SELECT rapport_tenant('mailbox_health');

-- Which process works which account: platform data, read across workspaces,
-- without any text of a tenant. A lease that is not renewed lapses.
CREATE TABLE mailbox_leases (
    workspace uuid NOT NULL,
    mailbox_id uuid PRIMARY KEY,
    change bigint NOT NULL DEFAULT 1,
    holder text,
    until timestamptz
);
CREATE INDEX mailbox_leases_until ON mailbox_leases (until);
GRANT SELECT, INSERT, UPDATE, DELETE ON mailbox_leases TO rapport_app;
