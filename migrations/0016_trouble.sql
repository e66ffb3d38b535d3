-- rapport: expand
-- Mail that failed is told to its author, and a demo that is erased leaves
-- nothing to work on.

ALTER TABLE notifications DROP CONSTRAINT notifications_kind_check;
ALTER TABLE notifications ADD CONSTRAINT notifications_kind_check CHECK (kind IN ('task_assigned', 'task_due', 'thread_assigned', 'mailbox_trouble', 'mail_failed', 'mention', 'invitation_accepted', 'import_finished'));

-- demo_forget removes what platform tables hold of a workspace that is gone.
CREATE FUNCTION identity.demo_forget(ws uuid)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM public.mailbox_leases l WHERE l.workspace = ws AND NOT EXISTS (SELECT FROM identity.workspaces w WHERE w.id = ws);
    DELETE FROM public.notification_digests d WHERE d.workspace = ws AND NOT EXISTS (SELECT FROM identity.workspaces w WHERE w.id = ws);
$$;

REVOKE ALL ON FUNCTION identity.demo_forget(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.demo_forget(uuid) TO rapport_app;
