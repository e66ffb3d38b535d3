-- rapport: expand
-- Who may come in: organizations, their workspaces, people, and credentials.
-- These tables are read before a tenant is known, so rapport_app holds no
-- grant on them; the functions below are the whole way in.

CREATE SCHEMA identity;

CREATE TABLE identity.organizations (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE identity.workspaces (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES identity.organizations (id),
    slug text NOT NULL CONSTRAINT workspaces_slug_key UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    time_zone text NOT NULL DEFAULT 'UTC',
    own_addresses text[] NOT NULL DEFAULT '{}',
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX workspaces_organization ON identity.workspaces (organization_id);

CREATE TABLE identity.users (
    id uuid PRIMARY KEY,
    email text NOT NULL,
    email_key text NOT NULL CONSTRAINT users_email_key UNIQUE,
    name text NOT NULL,
    password_hash text NOT NULL,
    operator boolean NOT NULL DEFAULT false,
    failed_logins integer NOT NULL DEFAULT 0,
    locked_until timestamptz,
    last_login_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE identity.memberships (
    organization_id uuid NOT NULL REFERENCES identity.organizations (id),
    user_id uuid NOT NULL REFERENCES identity.users (id),
    role text NOT NULL CHECK (role IN ('viewer', 'member', 'admin', 'owner')),
    active boolean NOT NULL DEFAULT true,
    joined_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, user_id)
);
CREATE INDEX memberships_user ON identity.memberships (user_id);

CREATE TABLE identity.sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES identity.users (id),
    token_hash bytea NOT NULL CONSTRAINT sessions_token_key UNIQUE,
    ip text NOT NULL DEFAULT '',
    user_agent text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_user ON identity.sessions (user_id);

CREATE TABLE identity.api_keys (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES identity.organizations (id),
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    created_by uuid NOT NULL REFERENCES identity.users (id),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    prefix text NOT NULL,
    token_hash bytea NOT NULL CONSTRAINT api_keys_token_key UNIQUE,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    expires_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX api_keys_organization ON identity.api_keys (organization_id);

-- authenticate answers who holds a token, and what they are in the workspace
-- or organization asked for. No row: no such credential. A row without a role:
-- the credential is good, but the place does not exist for it.
CREATE FUNCTION identity.authenticate(token bytea, workspace text, organization text)
RETURNS TABLE (kind text, id uuid, name text, user_id uuid, organization_id uuid, workspace_id uuid,
    time_zone text, role text, scopes text[], operator boolean, credential uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    s identity.sessions;
    k identity.api_keys;
BEGIN
    SELECT * INTO s FROM identity.sessions t WHERE t.token_hash = token AND t.expires_at > now();
    IF FOUND THEN
        IF s.last_seen_at < now() - interval '1 minute' THEN
            UPDATE identity.sessions t SET last_seen_at = now() WHERE t.id = s.id;
        END IF;
        RETURN QUERY
            SELECT 'user', u.id, u.name, u.id, m.organization_id, w.id, w.time_zone, m.role, NULL::text[], u.operator, s.id
            FROM identity.users u
            LEFT JOIN identity.workspaces w ON workspace <> '' AND (w.slug = workspace OR w.id::text = workspace)
            LEFT JOIN identity.memberships m ON m.user_id = u.id AND m.active
                AND m.organization_id::text = CASE WHEN workspace <> '' THEN w.organization_id::text ELSE organization END
            WHERE u.id = s.user_id;
        RETURN;
    END IF;
    SELECT * INTO k FROM identity.api_keys t
    WHERE t.token_hash = token AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now());
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF k.last_used_at IS NULL OR k.last_used_at < now() - interval '1 minute' THEN
        UPDATE identity.api_keys t SET last_used_at = now() WHERE t.id = k.id;
    END IF;
    RETURN QUERY
        SELECT 'api_key', k.id, k.name, k.created_by, m.organization_id, w.id, w.time_zone, m.role, k.scopes, false, k.id
        FROM identity.workspaces w
        LEFT JOIN identity.memberships m ON m.user_id = k.created_by AND m.active AND m.organization_id = w.organization_id
            AND CASE WHEN workspace <> '' THEN workspace IN (w.slug, w.id::text) ELSE organization IN ('', w.organization_id::text) END
        WHERE w.id = k.workspace_id;
END $$;

CREATE FUNCTION identity.register(new_user jsonb, password_hash text)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    uid uuid := new_user ->> 'user_id';
    oid uuid := new_user ->> 'organization_id';
BEGIN
    -- The first user of an installation operates it.
    PERFORM pg_advisory_xact_lock(7203001);
    INSERT INTO identity.users (id, email, email_key, name, password_hash, operator)
    VALUES (uid, new_user ->> 'email', new_user ->> 'email_key', new_user ->> 'name', register.password_hash,
        NOT EXISTS (SELECT 1 FROM identity.users));
    INSERT INTO identity.organizations (id, name) VALUES (oid, new_user ->> 'organization');
    INSERT INTO identity.memberships (organization_id, user_id, role) VALUES (oid, uid, 'owner');
    INSERT INTO identity.workspaces (id, organization_id, slug, name, time_zone)
    VALUES ((new_user ->> 'workspace_id')::uuid, oid, new_user ->> 'slug', new_user ->> 'workspace', new_user ->> 'time_zone');
END $$;

CREATE FUNCTION identity.credentials(key text)
RETURNS TABLE (user_id uuid, password_hash text, locked_until timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT u.id, u.password_hash, u.locked_until FROM identity.users u WHERE u.email_key = key
$$;

-- A lockout grows with each further failure: from the fifth on 1 min, 2, 4, … up to 1 h.
CREATE FUNCTION identity.login_failed(who uuid)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE identity.users SET failed_logins = failed_logins + 1,
        locked_until = CASE WHEN failed_logins >= 4
            THEN now() + least(interval '1 hour', interval '1 minute' * power(2, least(failed_logins - 4, 6))) END
    WHERE id = who
$$;

CREATE FUNCTION identity.session_start(new_session jsonb, token bytea)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM identity.sessions WHERE user_id = (new_session ->> 'user_id')::uuid AND expires_at < now();
    UPDATE identity.users SET failed_logins = 0, locked_until = NULL, last_login_at = now()
    WHERE id = (new_session ->> 'user_id')::uuid;
    INSERT INTO identity.sessions (id, user_id, token_hash, ip, user_agent, expires_at)
    VALUES ((new_session ->> 'id')::uuid, (new_session ->> 'user_id')::uuid, token,
        left(new_session ->> 'ip', 64), left(new_session ->> 'user_agent', 300), (new_session ->> 'expires_at')::timestamptz);
$$;

CREATE FUNCTION identity.sessions_of(who uuid)
RETURNS TABLE (id uuid, created_at timestamptz, last_seen_at timestamptz, expires_at timestamptz, ip text, user_agent text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.id, s.created_at, s.last_seen_at, s.expires_at, s.ip, s.user_agent
    FROM identity.sessions s WHERE s.user_id = who AND s.expires_at > now() ORDER BY s.last_seen_at DESC
$$;

CREATE FUNCTION identity.session_end(who uuid, session uuid)
RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH gone AS (DELETE FROM identity.sessions WHERE id = session AND user_id = who RETURNING 1)
    SELECT count(*)::integer FROM gone
$$;

CREATE FUNCTION identity.me(who uuid)
RETURNS TABLE (id uuid, email text, name text, operator boolean, organization_id uuid, organization text,
    role text, workspace_id uuid, slug text, workspace text, time_zone text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT u.id, u.email, u.name, u.operator, o.id, o.name, m.role, w.id, w.slug, w.name, w.time_zone
    FROM identity.users u
    LEFT JOIN identity.memberships m ON m.user_id = u.id AND m.active
    LEFT JOIN identity.organizations o ON o.id = m.organization_id
    LEFT JOIN identity.workspaces w ON w.organization_id = o.id
    WHERE u.id = who
    ORDER BY o.name, o.id, w.name, w.id
$$;

CREATE FUNCTION identity.members(org uuid)
RETURNS TABLE (user_id uuid, email text, name text, role text, active boolean, joined_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT u.id, u.email, u.name, m.role, m.active, m.joined_at
    FROM identity.memberships m JOIN identity.users u ON u.id = m.user_id
    WHERE m.organization_id = org ORDER BY u.name, u.id
$$;

-- member_add gives a person a membership; one who is new gets an account.
CREATE FUNCTION identity.member_add(org uuid, new_user jsonb, password_hash text)
RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    uid uuid;
BEGIN
    SELECT u.id INTO uid FROM identity.users u WHERE u.email_key = new_user ->> 'email_key';
    IF uid IS NULL THEN
        uid := new_user ->> 'user_id';
        INSERT INTO identity.users (id, email, email_key, name, password_hash)
        VALUES (uid, new_user ->> 'email', new_user ->> 'email_key', new_user ->> 'name', member_add.password_hash);
    END IF;
    INSERT INTO identity.memberships (organization_id, user_id, role) VALUES (org, uid, new_user ->> 'role');
    RETURN uid;
END $$;

-- member_set changes role or activity. It refuses to leave an organization
-- without an active owner.
CREATE FUNCTION identity.member_set(org uuid, who uuid, new_role text, new_active boolean)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM identity.organizations WHERE id = org FOR UPDATE;
    IF NOT EXISTS (SELECT 1 FROM identity.memberships WHERE organization_id = org AND user_id = who) THEN
        RETURN 'missing';
    END IF;
    IF (new_role <> 'owner' OR NOT new_active) AND NOT EXISTS (
        SELECT 1 FROM identity.memberships WHERE organization_id = org AND role = 'owner' AND active AND user_id <> who
    ) THEN
        RETURN 'last_owner';
    END IF;
    UPDATE identity.memberships SET role = new_role, active = new_active WHERE organization_id = org AND user_id = who;
    RETURN 'done';
END $$;

CREATE FUNCTION identity.member_remove(org uuid, who uuid)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    answer text;
BEGIN
    answer := identity.member_set(org, who, 'viewer', false);
    IF answer = 'done' THEN
        DELETE FROM identity.memberships WHERE organization_id = org AND user_id = who;
    END IF;
    RETURN answer;
END $$;

CREATE FUNCTION identity.workspaces_of(org uuid)
RETURNS TABLE (id uuid, slug text, name text, time_zone text, own_addresses text[], version bigint, created_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT w.id, w.slug, w.name, w.time_zone, w.own_addresses, w.version, w.created_at
    FROM identity.workspaces w WHERE w.organization_id = org ORDER BY w.name, w.id
$$;

CREATE FUNCTION identity.workspace_add(org uuid, w jsonb)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO identity.workspaces (id, organization_id, slug, name, time_zone)
    VALUES ((w ->> 'id')::uuid, org, w ->> 'slug', w ->> 'name', w ->> 'time_zone')
$$;

-- workspace answers for the workspace that the transaction is bound to.
CREATE FUNCTION identity.workspace()
RETURNS TABLE (id uuid, organization_id uuid, slug text, name text, time_zone text, own_addresses text[], version bigint, created_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT w.id, w.organization_id, w.slug, w.name, w.time_zone, w.own_addresses, w.version, w.created_at
    FROM identity.workspaces w WHERE w.id = nullif(current_setting('app.workspace_id', true), '')::uuid
$$;

CREATE FUNCTION identity.workspace_set(new_name text, new_zone text, new_own text[], expected bigint)
RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH changed AS (
        UPDATE identity.workspaces SET name = new_name, time_zone = new_zone, own_addresses = new_own, version = version + 1
        WHERE id = nullif(current_setting('app.workspace_id', true), '')::uuid AND version = expected RETURNING 1)
    SELECT count(*)::integer FROM changed
$$;

CREATE FUNCTION identity.is_member(who uuid)
RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT 1 FROM identity.memberships m JOIN identity.workspaces w USING (organization_id)
        WHERE w.id = nullif(current_setting('app.workspace_id', true), '')::uuid AND m.user_id = who AND m.active)
$$;

CREATE FUNCTION identity.api_keys_of(org uuid)
RETURNS TABLE (id uuid, name text, prefix text, scopes text[], workspace_id uuid, created_at timestamptz,
    last_used_at timestamptz, expires_at timestamptz, revoked_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.id, k.name, k.prefix, k.scopes, k.workspace_id, k.created_at, k.last_used_at, k.expires_at, k.revoked_at
    FROM identity.api_keys k WHERE k.organization_id = org ORDER BY k.created_at DESC, k.id
$$;

CREATE FUNCTION identity.api_key_add(org uuid, k jsonb, token bytea)
RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH added AS (
        INSERT INTO identity.api_keys (id, organization_id, workspace_id, created_by, name, prefix, token_hash, scopes, expires_at)
        SELECT (k ->> 'id')::uuid, org, w.id, (k ->> 'created_by')::uuid, k ->> 'name', k ->> 'prefix', token,
            ARRAY(SELECT jsonb_array_elements_text(k -> 'scopes')), (k ->> 'expires_at')::timestamptz
        FROM identity.workspaces w WHERE w.organization_id = org AND k ->> 'workspace' IN (w.slug, w.id::text)
        RETURNING 1)
    SELECT count(*)::integer FROM added
$$;

CREATE FUNCTION identity.api_key_revoke(org uuid, key uuid)
RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH gone AS (UPDATE identity.api_keys SET revoked_at = now()
        WHERE id = key AND organization_id = org AND revoked_at IS NULL RETURNING 1)
    SELECT count(*)::integer FROM gone
$$;

-- place answers where a name or id leads, for the key of the machine itself.
CREATE FUNCTION identity.place(workspace text, organization text)
RETURNS TABLE (organization_id uuid, workspace_id uuid, time_zone text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT w.organization_id, w.id, w.time_zone FROM identity.workspaces w
    WHERE workspace <> '' AND workspace IN (w.slug, w.id::text)
    UNION ALL
    SELECT o.id, NULL, NULL FROM identity.organizations o WHERE workspace = '' AND o.id::text = organization
$$;

-- everything lists organizations with their workspaces and one owner each, for
-- the command line of the machine itself.
CREATE FUNCTION identity.everything()
RETURNS TABLE (organization_id uuid, organization text, workspace_id uuid, slug text, workspace text, time_zone text, owner_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT o.id, o.name, w.id, w.slug, w.name, w.time_zone,
        (SELECT m.user_id FROM identity.memberships m WHERE m.organization_id = o.id AND m.role = 'owner' AND m.active ORDER BY m.joined_at, m.user_id LIMIT 1)
    FROM identity.organizations o LEFT JOIN identity.workspaces w ON w.organization_id = o.id
    ORDER BY o.name, o.id, w.name, w.id
$$;

CREATE FUNCTION identity.has_users()
RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT 1 FROM identity.users)
$$;

CREATE FUNCTION identity.operator_set(key text, is_operator boolean)
RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH changed AS (UPDATE identity.users SET operator = is_operator WHERE email_key = key RETURNING 1)
    SELECT count(*)::integer FROM changed
$$;

-- all_workspaces lists every workspace, for work that goes tenant by tenant.
CREATE FUNCTION identity.all_workspaces()
RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT id FROM identity.workspaces ORDER BY id
$$;

-- Keys of calls that act outside of a workspace; those inside one are a tenant's.
CREATE TABLE identity.idempotency_keys (
    credential uuid NOT NULL,
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    operation text NOT NULL,
    request_hash bytea NOT NULL,
    answer jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (credential, key)
);
CREATE INDEX idempotency_keys_age ON identity.idempotency_keys (created_at);

-- idempotency_begin answers true to the first who uses a key. A second waits
-- for the first to commit or roll back.
CREATE FUNCTION identity.idempotency_begin(who uuid, new_key text, new_operation text, hash bytea)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO identity.idempotency_keys AS k (credential, key, operation, request_hash)
    VALUES (who, new_key, new_operation, hash)
    ON CONFLICT (credential, key) DO UPDATE
    SET operation = excluded.operation, request_hash = excluded.request_hash, answer = NULL, created_at = now()
    WHERE k.created_at < now() - interval '24 hours';
    RETURN FOUND;
END $$;

CREATE FUNCTION identity.idempotency_read(who uuid, used_key text)
RETURNS TABLE (operation text, request_hash bytea, answer jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.operation, k.request_hash, k.answer FROM identity.idempotency_keys k WHERE k.credential = who AND k.key = used_key
$$;

CREATE FUNCTION identity.idempotency_end(who uuid, used_key text, result jsonb)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE identity.idempotency_keys SET answer = result WHERE credential = who AND key = used_key
$$;

CREATE FUNCTION identity.idempotency_sweep()
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM identity.idempotency_keys WHERE created_at < now() - interval '24 hours'
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA identity FROM PUBLIC;
GRANT USAGE ON SCHEMA identity TO rapport_app;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA identity TO rapport_app;
