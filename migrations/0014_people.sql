-- rapport: expand
-- How people come in and keep their account: invitations, links that travel by
-- mail, what was tried and failed, and the log of all that. As in 0002,
-- rapport_app holds no grant on these tables; the functions are the way in.
-- Of a token only its hash is kept.

ALTER TABLE identity.users
    ADD COLUMN time_zone text NOT NULL DEFAULT '',
    ADD COLUMN verified boolean NOT NULL DEFAULT true;

CREATE TABLE identity.audit (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    organization_id uuid REFERENCES identity.organizations (id),
    user_id uuid REFERENCES identity.users (id),
    actor jsonb NOT NULL,
    action text NOT NULL,
    subject text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '',
    ip text NOT NULL DEFAULT ''
);
CREATE INDEX audit_organization ON identity.audit (organization_id, id);
CREATE INDEX audit_user ON identity.audit (user_id, id) WHERE organization_id IS NULL;

CREATE FUNCTION identity.audit_add(entry jsonb)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO identity.audit (id, organization_id, user_id, actor, action, subject, detail, ip)
    VALUES ((entry ->> 'id')::uuid, (entry ->> 'organization_id')::uuid, (entry ->> 'user_id')::uuid, entry -> 'actor',
        entry ->> 'action', left(entry ->> 'subject', 300), left(entry ->> 'detail', 300), left(entry ->> 'ip', 64))
$$;

-- audit_of lists what happened in an organization, newest first, and what its
-- members did with their own accounts since they joined; of the latter an
-- organization does not learn from where.
CREATE FUNCTION identity.audit_of(org uuid, before uuid, most integer)
RETURNS TABLE (id uuid, at timestamptz, actor jsonb, action text, subject text, detail text, ip text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT * FROM (
        (SELECT a.id, a.at, a.actor, a.action, a.subject, a.detail, a.ip
        FROM identity.audit a
        WHERE a.organization_id = org AND (before IS NULL OR a.id < before)
        ORDER BY a.id DESC LIMIT most)
        UNION ALL
        (SELECT a.id, a.at, a.actor, a.action, a.subject, a.detail, ''
        FROM identity.memberships m
        JOIN identity.audit a ON a.user_id = m.user_id AND a.organization_id IS NULL AND a.at >= m.joined_at
        WHERE m.organization_id = org AND (before IS NULL OR a.id < before)
        ORDER BY a.id DESC LIMIT most)
    ) entries
    ORDER BY id DESC LIMIT most
$$;

-- Failures are counted per hash of an address, whether it has an account or
-- not, and per origin on the network.
CREATE TABLE identity.attempts (
    bucket bytea PRIMARY KEY,
    failures integer NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    last_at timestamptz NOT NULL DEFAULT now(),
    locked_until timestamptz
);
CREATE INDEX attempts_age ON identity.attempts (last_at);

-- login answers one row, whether there is such an account or not.
CREATE FUNCTION identity.login(key text, address bytea, origin bytea)
RETURNS TABLE (user_id uuid, password_hash text, locked_until timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT u.id, u.password_hash,
        (SELECT max(a.locked_until) FROM identity.attempts a WHERE a.bucket IN (address, origin) AND a.locked_until > now())
    FROM (SELECT 1) one LEFT JOIN identity.users u ON u.email_key = key
$$;

-- failed counts one failure. From free failures on, each locks the bucket for
-- longer: 1 min, 2, 4, … up to 1 h. A day without failures is forgiven.
CREATE FUNCTION identity.failed(spot bytea, free integer)
RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO identity.attempts AS a (bucket, failures) VALUES (spot, 1)
    ON CONFLICT (bucket) DO UPDATE SET
        failures = CASE WHEN a.last_at < now() - interval '1 day' THEN 1 ELSE a.failures + 1 END,
        last_at = now(),
        locked_until = CASE WHEN a.last_at >= now() - interval '1 day' AND a.failures + 1 >= free
            THEN now() + least(interval '1 hour', interval '1 minute' * power(2, least(a.failures + 1 - free, 6))) END
    RETURNING a.failures
$$;

-- attempt judges one password, after those for the same address that came
-- before it: once the address is locked even the right one is refused, and the
-- answer is until when.
CREATE FUNCTION identity.attempt(key text, address bytea, origin bytea, good boolean, entry uuid)
RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    until timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(7203003, hashtext(encode(address, 'hex')));
    SELECT max(a.locked_until) INTO until FROM identity.attempts a
    WHERE a.bucket IN (address, origin) AND a.locked_until > now();
    IF until IS NOT NULL THEN
        RETURN until;
    END IF;
    IF good THEN
        DELETE FROM identity.attempts WHERE bucket = address;
        RETURN NULL;
    END IF;
    IF identity.failed(address, 5) = 5 THEN
        INSERT INTO identity.audit (id, user_id, actor, action, subject)
        SELECT entry, u.id, jsonb_build_object('kind', 'system'), 'account.locked', u.email
        FROM identity.users u WHERE u.email_key = key;
    END IF;
    IF origin IS NOT NULL THEN
        PERFORM identity.failed(origin, 50);
    END IF;
    RETURN NULL;
END $$;

-- allowed counts what may be done a number of times in a span, good or bad.
CREATE FUNCTION identity.allowed(spot bytea, most integer, span interval)
RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO identity.attempts AS a (bucket, failures) VALUES (spot, 1)
    ON CONFLICT (bucket) DO UPDATE SET
        failures = CASE WHEN a.since < now() - span THEN 1 ELSE a.failures + 1 END,
        since = CASE WHEN a.since < now() - span THEN now() ELSE a.since END,
        last_at = now()
    RETURNING failures <= most
$$;

-- Links prove that whoever follows them reads the mail of an address.
CREATE TABLE identity.links (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('reset', 'verify', 'address')),
    user_id uuid REFERENCES identity.users (id),
    address text NOT NULL,
    address_key text NOT NULL,
    token_hash bytea CONSTRAINT links_token_key UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX links_user ON identity.links (user_id);
CREATE INDEX links_age ON identity.links (created_at);

-- link_add keeps a link. Without a person it waits for link_resolve, so that
-- asking costs the same for every address.
CREATE FUNCTION identity.link_add(link jsonb, token bytea)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE identity.links SET revoked_at = now()
    WHERE user_id = (link ->> 'user_id')::uuid AND kind = link ->> 'kind' AND used_at IS NULL AND revoked_at IS NULL;
    INSERT INTO identity.links (id, kind, user_id, address, address_key, token_hash, expires_at)
    VALUES ((link ->> 'id')::uuid, link ->> 'kind', (link ->> 'user_id')::uuid, link ->> 'address', link ->> 'address_key', token,
        (link ->> 'expires_at')::timestamptz)
$$;

CREATE FUNCTION identity.link_resolve(link uuid, token bytea)
RETURNS TABLE (user_id uuid, name text, address text)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE identity.links l SET user_id = u.id, token_hash = token
    FROM identity.users u
    WHERE l.id = link AND l.token_hash IS NULL AND u.email_key = l.address_key
    RETURNING u.id, u.name, u.email
$$;

-- link says how a link stands: open, used, revoked or expired. No row: unknown.
CREATE FUNCTION identity.link(token bytea)
RETURNS TABLE (kind text, state text, user_id uuid, address text, email text, name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT l.kind, CASE WHEN l.used_at IS NOT NULL THEN 'used' WHEN l.revoked_at IS NOT NULL THEN 'revoked'
        WHEN l.expires_at <= now() THEN 'expired' ELSE 'open' END, u.id, l.address, u.email, u.name
    FROM identity.links l JOIN identity.users u ON u.id = l.user_id WHERE l.token_hash = token
$$;

-- link_use takes an open link, once: of two at the same time one gets true.
CREATE FUNCTION identity.link_use(token bytea, wanted text)
RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH used AS (
        UPDATE identity.links SET used_at = now()
        WHERE token_hash = token AND kind = wanted AND used_at IS NULL AND revoked_at IS NULL AND expires_at > now() RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM used)
$$;

-- password_set ends every session but one, and what was sent to reset the
-- password. It answers how many sessions ended.
CREATE FUNCTION identity.password_set(who uuid, hash text, keep uuid, address bytea)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE identity.users SET password_hash = hash WHERE id = who;
    UPDATE identity.links SET revoked_at = now() WHERE user_id = who AND kind = 'reset' AND used_at IS NULL AND revoked_at IS NULL;
    DELETE FROM identity.attempts WHERE bucket = address;
    RETURN identity.sessions_end(who, keep);
END $$;

CREATE FUNCTION identity.sessions_end(who uuid, keep uuid)
RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH gone AS (DELETE FROM identity.sessions WHERE user_id = who AND id IS DISTINCT FROM keep RETURNING 1)
    SELECT count(*)::integer FROM gone
$$;

CREATE FUNCTION identity.profile(who uuid)
RETURNS TABLE (id uuid, email text, name text, operator boolean, time_zone text, verified boolean, password_hash text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT u.id, u.email, u.name, u.operator, u.time_zone, u.verified, u.password_hash FROM identity.users u WHERE u.id = who
$$;

CREATE FUNCTION identity.profile_set(who uuid, new_name text, new_zone text)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE identity.users SET name = new_name, time_zone = new_zone WHERE id = who
$$;

CREATE FUNCTION identity.unverify(who uuid)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE identity.users SET verified = false WHERE id = who
$$;

-- address_set gives a person another address, or confirms the one they have.
-- What was sent to the old address no longer opens the account.
CREATE FUNCTION identity.address_set(who uuid, address text, key text)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE identity.users SET email = address, email_key = key, verified = true WHERE id = who;
    UPDATE identity.links SET revoked_at = now()
    WHERE user_id = who AND address_key <> key AND used_at IS NULL AND revoked_at IS NULL
$$;

CREATE FUNCTION identity.user_by(key text)
RETURNS TABLE (id uuid, email text, name text, verified boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT u.id, u.email, u.name, u.verified FROM identity.users u WHERE u.email_key = key
$$;

CREATE TABLE identity.invitations (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES identity.organizations (id),
    email text NOT NULL,
    email_key text NOT NULL,
    role text NOT NULL CHECK (role IN ('viewer', 'member', 'admin', 'owner')),
    token_hash bytea NOT NULL CONSTRAINT invitations_token_key UNIQUE,
    -- The present token travelled by mail alone, so that it proves the address.
    mailed boolean NOT NULL,
    invited_by uuid REFERENCES identity.users (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    accepted_by uuid REFERENCES identity.users (id),
    revoked_at timestamptz
);
CREATE UNIQUE INDEX invitations_pending_key ON identity.invitations (organization_id, email_key) WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX invitations_inviter ON identity.invitations (invited_by);

CREATE FUNCTION identity.rank(role text)
RETURNS integer
LANGUAGE sql IMMUTABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT array_position(ARRAY['viewer', 'member', 'admin', 'owner'], role)
$$;

-- invitation_state is open only while whoever invited may still give the role:
-- an admin who is sent away takes their open invitations along.
CREATE FUNCTION identity.invitation_state(i identity.invitations)
RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN i.accepted_at IS NOT NULL THEN 'used'
        WHEN i.revoked_at IS NOT NULL THEN 'revoked'
        WHEN i.expires_at <= now() THEN 'expired'
        WHEN i.invited_by IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM identity.memberships m WHERE m.organization_id = i.organization_id AND m.user_id = i.invited_by AND m.active
            AND identity.rank(m.role) >= greatest(identity.rank(i.role), identity.rank('admin'))) THEN 'revoked'
        ELSE 'open' END
$$;

-- invitation_add answers done, member, inactive or pending.
CREATE FUNCTION identity.invitation_add(org uuid, new_one jsonb, token bytea)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_active boolean;
BEGIN
    PERFORM 1 FROM identity.organizations WHERE id = org FOR UPDATE;
    SELECT m.active INTO is_active FROM identity.memberships m JOIN identity.users u ON u.id = m.user_id
    WHERE m.organization_id = org AND u.email_key = new_one ->> 'email_key';
    IF FOUND THEN
        RETURN CASE WHEN is_active THEN 'member' ELSE 'inactive' END;
    END IF;
    UPDATE identity.invitations i SET revoked_at = now()
    WHERE i.organization_id = org AND i.email_key = new_one ->> 'email_key' AND i.accepted_at IS NULL AND i.revoked_at IS NULL
    AND identity.invitation_state(i) <> 'open';
    IF EXISTS (SELECT 1 FROM identity.invitations i WHERE i.organization_id = org AND i.email_key = new_one ->> 'email_key'
        AND i.accepted_at IS NULL AND i.revoked_at IS NULL) THEN
        RETURN 'pending';
    END IF;
    INSERT INTO identity.invitations (id, organization_id, email, email_key, role, token_hash, mailed, invited_by, expires_at)
    VALUES ((new_one ->> 'id')::uuid, org, new_one ->> 'email', new_one ->> 'email_key', new_one ->> 'role', token,
        (new_one ->> 'mailed')::boolean, (new_one ->> 'invited_by')::uuid, (new_one ->> 'expires_at')::timestamptz);
    RETURN 'done';
END $$;

-- invitations_of lists those that are neither accepted nor revoked.
CREATE FUNCTION identity.invitations_of(org uuid)
RETURNS TABLE (id uuid, email text, role text, state text, mailed boolean, inviter_id uuid, inviter text,
    created_at timestamptz, sent_at timestamptz, expires_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT i.id, i.email, i.role, s.state, i.mailed, u.id, u.name, i.created_at, i.sent_at, i.expires_at
    FROM identity.invitations i
    LEFT JOIN identity.users u ON u.id = i.invited_by
    CROSS JOIN LATERAL identity.invitation_state(i) s (state)
    WHERE i.organization_id = org AND i.accepted_at IS NULL AND i.revoked_at IS NULL
    ORDER BY i.created_at DESC, i.id
$$;

-- invitation_renew gives an invitation another token, in the name of whoever
-- sends it again; the token before it opens nothing any more.
CREATE FUNCTION identity.invitation_renew(org uuid, one uuid, renewal jsonb, token bytea)
RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH renewed AS (
        UPDATE identity.invitations SET token_hash = token, mailed = (renewal ->> 'mailed')::boolean,
            invited_by = (renewal ->> 'invited_by')::uuid, expires_at = (renewal ->> 'expires_at')::timestamptz, sent_at = now()
        WHERE id = one AND organization_id = org AND accepted_at IS NULL AND revoked_at IS NULL RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM renewed)
$$;

CREATE FUNCTION identity.invitation_revoke(org uuid, one uuid)
RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH gone AS (
        UPDATE identity.invitations SET revoked_at = now()
        WHERE id = one AND organization_id = org AND accepted_at IS NULL AND revoked_at IS NULL RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM gone)
$$;

-- invitation shows one to whoever holds its token. No row: unknown.
CREATE FUNCTION identity.invitation(token bytea)
RETURNS TABLE (id uuid, state text, organization_id uuid, organization text, email text, role text, inviter text,
    expires_at timestamptz, user_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT i.id, identity.invitation_state(i), o.id, o.name, i.email, i.role, coalesce(b.name, ''), i.expires_at, u.id
    FROM identity.invitations i
    JOIN identity.organizations o ON o.id = i.organization_id
    LEFT JOIN identity.users b ON b.id = i.invited_by
    LEFT JOIN identity.users u ON u.email_key = i.email_key
    WHERE i.token_hash = token
$$;

-- invitation_accept makes whoever holds the token a member, once. who is the
-- person if they have an account, which must have the address that was
-- invited. It answers done, or why not: the states above, unknown, account
-- (there is one: sign in), other (not the address), member, inactive.
CREATE FUNCTION identity.invitation_accept(token bytea, who uuid, new_user jsonb, password_hash text)
RETURNS TABLE (answer text, user_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    i identity.invitations;
    uid uuid;
    is_active boolean;
    state text;
BEGIN
    SELECT * INTO i FROM identity.invitations t WHERE t.token_hash = token FOR UPDATE;
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'unknown', NULL::uuid;
        RETURN;
    END IF;
    state := identity.invitation_state(i);
    IF state <> 'open' THEN
        RETURN QUERY SELECT state, NULL::uuid;
        RETURN;
    END IF;
    SELECT u.id INTO uid FROM identity.users u WHERE u.email_key = i.email_key;
    IF who IS NULL AND uid IS NOT NULL THEN
        RETURN QUERY SELECT 'account', NULL::uuid;
        RETURN;
    END IF;
    IF who IS DISTINCT FROM uid THEN
        RETURN QUERY SELECT 'other', NULL::uuid;
        RETURN;
    END IF;
    IF uid IS NULL THEN
        uid := new_user ->> 'user_id';
        INSERT INTO identity.users (id, email, email_key, name, password_hash, verified)
        VALUES (uid, i.email, i.email_key, new_user ->> 'name', invitation_accept.password_hash, i.mailed);
    END IF;
    SELECT m.active INTO is_active FROM identity.memberships m WHERE m.organization_id = i.organization_id AND m.user_id = uid;
    IF FOUND AND NOT is_active THEN
        RETURN QUERY SELECT 'inactive', NULL::uuid;
        RETURN;
    END IF;
    UPDATE identity.invitations SET accepted_at = now(), accepted_by = uid WHERE id = i.id;
    IF is_active THEN
        RETURN QUERY SELECT 'member', uid;
        RETURN;
    END IF;
    INSERT INTO identity.memberships (organization_id, user_id, role) VALUES (i.organization_id, uid, i.role);
    RETURN QUERY SELECT 'done', uid;
END $$;

-- invitation_came says who accepted an invitation, for whoever sent it.
CREATE FUNCTION identity.invitation_came(one uuid)
RETURNS TABLE (inviter_id uuid, user_id uuid, name text, email text, role text, workspaces text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT i.invited_by, u.id, u.name, i.email, i.role,
        ARRAY(SELECT w.id::text FROM identity.workspaces w WHERE w.organization_id = i.organization_id ORDER BY w.id)
    FROM identity.invitations i JOIN identity.users u ON u.id = i.accepted_by
    WHERE i.id = one AND i.invited_by IS NOT NULL
$$;

-- people_sweep removes what is over for so long that nobody asks any more.
CREATE FUNCTION identity.people_sweep()
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM identity.attempts WHERE last_at < now() - interval '2 days';
    DELETE FROM identity.links WHERE created_at < now() - interval '30 days' OR user_id IS NULL AND created_at < now() - interval '1 day';
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA identity FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA identity TO rapport_app;
