-- rapport: expand
-- Mail out: letters of the installation itself, sending accounts, drafts, and
-- the outbox. A row says what may have happened to its mail before the network
-- is touched, so that a process that dies never sends one twice.

-- Letters are platform data that may carry secrets (a reset link): they are
-- reached by functions only, and lose their text when they are through.
CREATE TABLE identity.letters (
    id uuid PRIMARY KEY,
    key text NOT NULL CONSTRAINT letters_key UNIQUE CHECK (length(key) BETWEEN 1 AND 255),
    recipient text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    html text NOT NULL DEFAULT '',
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'uncertain')),
    claim uuid,
    attempts integer NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL DEFAULT now(),
    handed_over_at timestamptz,
    error text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz
);
CREATE INDEX letters_open ON identity.letters (next_try_at) WHERE state IN ('queued', 'sending');
CREATE INDEX letters_created ON identity.letters (created_at);

-- letter_add answers whether the letter is new; the key tells.
CREATE FUNCTION identity.letter_add(letter jsonb)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO identity.letters (id, key, recipient, subject, body, html)
    VALUES ((letter ->> 'id')::uuid, letter ->> 'key', letter ->> 'to', letter ->> 'subject', letter ->> 'text', letter ->> 'html')
    ON CONFLICT (key) DO NOTHING;
    RETURN FOUND;
END $$;

-- letter_claim takes a letter that is due, and says where it stands otherwise.
-- One that a dead process held is taken over, unless its text may have been
-- handed over: nobody sends that again.
CREATE FUNCTION identity.letter_claim(letter uuid, new_claim uuid)
RETURNS TABLE (state text, key text, recipient text, subject text, body text, html text, attempts integer, next_try_at timestamptz, created_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM 1 FROM identity.letters l WHERE l.id = letter FOR UPDATE;
    UPDATE identity.letters l SET state = 'uncertain', body = '', html = '',
        error = 'Rapport stopped before the server had answered; the letter may have arrived.'
    WHERE l.id = letter AND l.state = 'sending' AND l.handed_over_at IS NOT NULL;
    UPDATE identity.letters l SET state = 'sending', claim = new_claim, attempts = l.attempts + 1
    WHERE l.id = letter AND (l.state = 'sending' OR l.state = 'queued' AND l.next_try_at <= now());
    RETURN QUERY
        SELECT l.state, l.key, l.recipient, l.subject, l.body, l.html, l.attempts, l.next_try_at, l.created_at
        FROM identity.letters l WHERE l.id = letter;
END $$;

CREATE FUNCTION identity.letter_hand_over(letter uuid, own_claim uuid)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE identity.letters SET handed_over_at = now()
    WHERE id = letter AND claim = own_claim AND state = 'sending' AND handed_over_at IS NULL;
    RETURN FOUND;
END $$;

-- letter_end writes down what became of an attempt; a letter that is tried
-- again keeps its text. An answer that came late settles what was uncertain.
CREATE FUNCTION identity.letter_end(letter uuid, own_claim uuid, new_state text, reason text, again_at timestamptz)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE identity.letters SET state = new_state, error = reason, claim = NULL,
        handed_over_at = CASE WHEN new_state = 'queued' THEN NULL ELSE handed_over_at END,
        next_try_at = coalesce(again_at, next_try_at),
        sent_at = CASE WHEN new_state = 'sent' THEN now() END,
        body = CASE WHEN new_state = 'queued' THEN body ELSE '' END,
        html = CASE WHEN new_state = 'queued' THEN html ELSE '' END
    WHERE id = letter AND claim = own_claim AND (state = 'sending' OR state = 'uncertain' AND new_state = 'sent');
    RETURN FOUND;
END $$;

-- letters_stranded lists what a lost job has left, and forgets what is old.
CREATE FUNCTION identity.letters_stranded()
RETURNS TABLE (id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM identity.letters l WHERE l.created_at < now() - interval '90 days' AND l.state NOT IN ('queued', 'sending');
    SELECT l.id FROM identity.letters l WHERE l.state IN ('queued', 'sending') AND l.next_try_at < now() - interval '30 minutes';
$$;

REVOKE ALL ON FUNCTION identity.letter_add(jsonb), identity.letter_claim(uuid, uuid), identity.letter_hand_over(uuid, uuid),
    identity.letter_end(uuid, uuid, text, text, timestamptz), identity.letters_stranded() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.letter_add(jsonb), identity.letter_claim(uuid, uuid), identity.letter_hand_over(uuid, uuid),
    identity.letter_end(uuid, uuid, text, text, timestamptz), identity.letters_stranded() TO rapport_app;

CREATE TABLE senders (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    name text NOT NULL,
    address text NOT NULL,
    address_key text NOT NULL,
    signature text NOT NULL DEFAULT '',
    mailbox_id uuid,
    host text NOT NULL,
    port integer NOT NULL CHECK (port BETWEEN 1 AND 65535),
    security text NOT NULL CHECK (security IN ('tls', 'starttls', 'none')),
    username text NOT NULL DEFAULT '',
    password bytea,
    is_default boolean NOT NULL DEFAULT false,
    state text NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'trouble')),
    last_error text NOT NULL DEFAULT '',
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    PRIMARY KEY (workspace_id, id)
);
SELECT rapport_tenant('senders');
CREATE UNIQUE INDEX senders_default ON senders (workspace_id) WHERE is_default AND deleted_at IS NULL;
CREATE INDEX senders_mailbox ON senders (workspace_id, mailbox_id) WHERE mailbox_id IS NOT NULL;

CREATE TABLE uploads (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    filename text NOT NULL,
    content_type text NOT NULL,
    size bigint NOT NULL,
    blob text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
SELECT rapport_tenant('uploads');
CREATE INDEX uploads_blob ON uploads (workspace_id, blob);
CREATE INDEX uploads_created ON uploads (workspace_id, created_at);

-- Threads merge, so drafts and outgoing mail name the message that they answer
-- and find its thread from there.
CREATE TABLE drafts (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    author_id uuid NOT NULL,
    mode text NOT NULL CHECK (mode IN ('new', 'reply', 'reply_all', 'forward')),
    message_id uuid,
    sender_id uuid,
    to_list jsonb NOT NULL DEFAULT '[]',
    cc_list jsonb NOT NULL DEFAULT '[]',
    bcc_list jsonb NOT NULL DEFAULT '[]',
    subject text NOT NULL DEFAULT '',
    body text NOT NULL DEFAULT '',
    upload_ids uuid[] NOT NULL DEFAULT '{}',
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, message_id) REFERENCES messages (workspace_id, id),
    FOREIGN KEY (workspace_id, sender_id) REFERENCES senders (workspace_id, id)
);
SELECT rapport_tenant('drafts');
CREATE INDEX drafts_author ON drafts (workspace_id, author_id, updated_at);
CREATE INDEX drafts_message ON drafts (workspace_id, message_id) WHERE message_id IS NOT NULL;

CREATE TABLE outgoing (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    idempotency_key text NOT NULL,
    rfc822_id text NOT NULL,
    author_id uuid,
    actor jsonb NOT NULL,
    mode text NOT NULL CHECK (mode IN ('new', 'reply', 'reply_all', 'forward')),
    answers_id uuid,
    message_id uuid,
    sender_id uuid NOT NULL,
    to_list jsonb NOT NULL,
    cc_list jsonb NOT NULL,
    bcc_list jsonb NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    html text NOT NULL DEFAULT '',
    upload_ids uuid[] NOT NULL DEFAULT '{}',
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'uncertain', 'cancelled')),
    send_after timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    first_try_at timestamptz,
    next_try_at timestamptz,
    claim uuid,
    handed_over_at timestamptz,
    raw text NOT NULL DEFAULT '',
    size bigint NOT NULL DEFAULT 0,
    reply text NOT NULL DEFAULT '',
    error text NOT NULL DEFAULT '',
    sent_at timestamptz,
    appended_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    CONSTRAINT outgoing_idempotency_key UNIQUE (workspace_id, idempotency_key),
    FOREIGN KEY (workspace_id, answers_id) REFERENCES messages (workspace_id, id),
    FOREIGN KEY (workspace_id, message_id) REFERENCES messages (workspace_id, id),
    FOREIGN KEY (workspace_id, sender_id) REFERENCES senders (workspace_id, id)
);
SELECT rapport_tenant('outgoing');
CREATE INDEX outgoing_created ON outgoing (workspace_id, created_at, id);
CREATE INDEX outgoing_state ON outgoing (workspace_id, state, created_at, id);
CREATE INDEX outgoing_answers ON outgoing (workspace_id, answers_id) WHERE answers_id IS NOT NULL;
CREATE INDEX outgoing_message ON outgoing (workspace_id, message_id) WHERE message_id IS NOT NULL;
CREATE INDEX outgoing_raw ON outgoing (workspace_id, raw) WHERE raw <> '';

CREATE TABLE outgoing_attachments (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    outgoing_id uuid NOT NULL,
    position integer NOT NULL,
    filename text NOT NULL,
    content_type text NOT NULL,
    size bigint NOT NULL,
    blob text NOT NULL,
    PRIMARY KEY (workspace_id, outgoing_id, position),
    FOREIGN KEY (workspace_id, outgoing_id) REFERENCES outgoing (workspace_id, id) ON DELETE CASCADE
);
SELECT rapport_tenant('outgoing_attachments');
CREATE INDEX outgoing_attachments_blob ON outgoing_attachments (workspace_id, blob);
