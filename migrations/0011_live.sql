-- rapport: expand
-- What people see without asking: the feed carries hints beside events, and
-- notifications are kept for each person.

-- A hint says that something changed without an event of its own.
ALTER TABLE feed ALTER COLUMN event_id DROP NOT NULL;

CREATE TABLE notifications (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('task_assigned', 'task_due', 'thread_assigned', 'mailbox_trouble', 'mention', 'invitation_accepted', 'import_finished')),
    title text NOT NULL,
    body text NOT NULL DEFAULT '',
    link text NOT NULL DEFAULT '',
    entity text NOT NULL DEFAULT '',
    entity_id uuid,
    app boolean NOT NULL,
    mail boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    read_at timestamptz,
    mailed_at timestamptz,
    PRIMARY KEY (workspace_id, id)
);
SELECT rapport_tenant('notifications');
CREATE INDEX notifications_person ON notifications (workspace_id, user_id, created_at, id) WHERE app;
CREATE INDEX notifications_unread ON notifications (workspace_id, user_id) WHERE read_at IS NULL;
CREATE INDEX notifications_age ON notifications (workspace_id, created_at);

CREATE TABLE notification_preferences (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    user_id uuid NOT NULL,
    kind text NOT NULL,
    app boolean NOT NULL,
    mail boolean NOT NULL,
    PRIMARY KEY (workspace_id, user_id, kind)
);
SELECT rapport_tenant('notification_preferences');

-- Whose digest is due when: across tenants and without their text, as the feed.
CREATE TABLE notification_digests (
    workspace uuid NOT NULL,
    user_id uuid NOT NULL,
    due_at timestamptz,
    sent_at timestamptz,
    PRIMARY KEY (workspace, user_id)
);
CREATE INDEX notification_digests_due ON notification_digests (due_at) WHERE due_at IS NOT NULL;
GRANT SELECT, INSERT, UPDATE, DELETE ON notification_digests TO rapport_app;

-- admins lists who runs the organization of the bound workspace.
CREATE FUNCTION identity.admins()
RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT m.user_id FROM identity.memberships m JOIN identity.workspaces w USING (organization_id)
    WHERE w.id = nullif(current_setting('app.workspace_id', true), '')::uuid AND m.active AND m.role IN ('owner', 'admin')
$$;

-- mail_address is where an active member of the bound workspace gets mail.
CREATE FUNCTION identity.mail_address(who uuid)
RETURNS TABLE (email text, name text, workspace text, slug text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT u.email, u.name, w.name, w.slug
    FROM identity.workspaces w JOIN identity.memberships m USING (organization_id) JOIN identity.users u ON u.id = m.user_id
    WHERE w.id = nullif(current_setting('app.workspace_id', true), '')::uuid AND m.user_id = who AND m.active
$$;

REVOKE ALL ON FUNCTION identity.admins(), identity.mail_address(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.admins(), identity.mail_address(uuid) TO rapport_app;
