-- rapport: expand
-- What Google and Microsoft granted in a person's name. Tokens are sealed by
-- the application; the database never sees them.

CREATE TABLE oauth_grants (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    provider text NOT NULL CHECK (provider IN ('google', 'microsoft')),
    account text NOT NULL CHECK (length(account) BETWEEN 1 AND 255),
    address text NOT NULL CHECK (length(address) BETWEEN 3 AND 254),
    user_id uuid NOT NULL,
    access_token bytea NOT NULL,
    refresh_token bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'revoked')),
    -- Who refreshes, and until when nobody else does.
    lease uuid,
    leased_until timestamptz,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    CONSTRAINT oauth_grants_account_key UNIQUE (workspace_id, provider, account)
);
SELECT rapport_tenant('oauth_grants');

-- Journeys to a provider that are not over yet: each state works once, in the
-- session that it was made for.
CREATE TABLE oauth_states (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    state_hash bytea NOT NULL,
    provider text NOT NULL CHECK (provider IN ('google', 'microsoft')),
    purpose text NOT NULL CHECK (purpose IN ('mailbox')),
    user_id uuid NOT NULL,
    session_id uuid NOT NULL,
    mailbox_id uuid,
    verifier bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id),
    CONSTRAINT oauth_states_state_key UNIQUE (workspace_id, state_hash)
);
SELECT rapport_tenant('oauth_states');
