CREATE SCHEMA ai;

CREATE SCHEMA alerts;

CREATE SCHEMA failures;

CREATE SCHEMA identity;

CREATE SCHEMA limits;

CREATE SCHEMA river;

CREATE SCHEMA search;

CREATE SCHEMA telemetry;

CREATE EXTENSION IF NOT EXISTS btree_gin WITH SCHEMA search;

COMMENT ON EXTENSION btree_gin IS 'support for indexing common datatypes in GIN';

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA search;

COMMENT ON EXTENSION pg_trgm IS 'text similarity measurement and index searching based on trigrams';

CREATE TYPE river.river_job_state AS ENUM (
    'available',
    'cancelled',
    'completed',
    'discarded',
    'pending',
    'retryable',
    'running',
    'scheduled'
);

CREATE TYPE search.hit AS (
	entity text,
	id uuid,
	message_id uuid,
	at timestamp with time zone,
	rank double precision
);

CREATE FUNCTION ai.account(lease uuid, number bigint, spent bigint, given_back bigint, ttl interval) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    ws uuid := nullif(current_setting('app.workspace_id', true), '')::uuid;
    l public.ai_leases;
    freed bigint;
BEGIN
    SELECT * INTO l FROM public.ai_leases t WHERE t.workspace_id = ws AND t.id = lease FOR UPDATE;
    IF NOT FOUND OR l.seq >= number OR spent < 0 OR given_back < 0 THEN
        RETURN false;
    END IF;
    freed := least(l.held_nano, spent + given_back);
    UPDATE public.ai_leases t SET held_nano = t.held_nano - freed, seq = number, expires_at = now() + ttl
    WHERE t.workspace_id = ws AND t.id = lease;
    PERFORM ai.book(ws, (SELECT w.organization_id FROM identity.workspaces w WHERE w.id = ws), l.agent, l.person, l.starts_on, spent, -freed);
    RETURN true;
END $$;

CREATE FUNCTION ai.book(ws uuid, org uuid, who_agent text, who_person text, day date, spent bigint, reserved bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    UPDATE ai.organization_spend SET spent_nano = spent_nano + spent, reserved_nano = greatest(0, reserved_nano + reserved)
    WHERE organization_id = org AND (period, starts_on) IN (('day', day), ('month', date_trunc('month', day)::date));
    UPDATE public.ai_spend SET spent_nano = spent_nano + spent, reserved_nano = greatest(0, reserved_nano + reserved)
    WHERE workspace_id = ws AND (period, starts_on) IN (('day', day), ('month', date_trunc('month', day)::date))
        AND (scope = 'workspace' OR scope = 'agent' AND subject = who_agent OR scope = 'user' AND subject = who_person);
END $$;

CREATE FUNCTION ai.charge(amount bigint, who_agent text, who_person text, today date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    ws uuid := nullif(current_setting('app.workspace_id', true), '')::uuid;
    org uuid := (SELECT w.organization_id FROM identity.workspaces w WHERE w.id = ws);
BEGIN
    IF org IS NULL OR amount < 0 THEN
        RAISE EXCEPTION 'ai.charge: no workspace' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO ai.organization_spend (organization_id, period, starts_on)
    VALUES (org, 'day', today), (org, 'month', date_trunc('month', today)::date) ON CONFLICT DO NOTHING;
    INSERT INTO public.ai_spend (workspace_id, scope, subject, period, starts_on)
    VALUES (ws, 'workspace', '', 'day', today), (ws, 'workspace', '', 'month', date_trunc('month', today)::date) ON CONFLICT DO NOTHING;
    PERFORM ai.book(ws, org, who_agent, who_person, today, amount, 0);
END $$;

CREATE FUNCTION ai.end_lease(lease uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    ws uuid := nullif(current_setting('app.workspace_id', true), '')::uuid;
    l public.ai_leases;
BEGIN
    DELETE FROM public.ai_leases t WHERE t.workspace_id = ws AND t.id = lease RETURNING * INTO l;
    IF FOUND THEN
        PERFORM ai.book(ws, (SELECT w.organization_id FROM identity.workspaces w WHERE w.id = ws), l.agent, l.person, l.starts_on, 0, -l.held_nano);
    END IF;
END $$;

CREATE FUNCTION ai.fill(used bigint, most bigint) RETURNS integer
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT CASE WHEN most IS NULL THEN 0 WHEN most = 0 THEN 1000 ELSE least(1000, (used::numeric * 1000 / most)::integer) END
$$;

CREATE FUNCTION ai.keys(who text) RETURNS TABLE(id uuid, workspace_id uuid, secret bytea, base_url text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT k.id, k.workspace_id, k.secret, k.base_url
    FROM identity.workspaces mine
    JOIN identity.workspaces w ON w.organization_id = mine.organization_id
    JOIN public.ai_keys k ON k.workspace_id = w.id AND k.provider = who AND (k.shared OR k.workspace_id = mine.id)
    WHERE mine.id = nullif(current_setting('app.workspace_id', true), '')::uuid
    ORDER BY k.workspace_id <> mine.id, k.created_at, k.id
    LIMIT 10;
END $$;

CREATE FUNCTION ai.limit_organization(daily bigint, monthly bigint, enforce boolean) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    INSERT INTO ai.organization_limits (organization_id, daily_nano, monthly_nano, enforced)
    SELECT w.organization_id, daily, monthly, enforce FROM identity.workspaces w
    WHERE w.id = nullif(current_setting('app.workspace_id', true), '')::uuid
    ON CONFLICT (organization_id) DO UPDATE SET daily_nano = excluded.daily_nano, monthly_nano = excluded.monthly_nano, enforced = excluded.enforced
$$;

CREATE FUNCTION ai.organization(today date) RETURNS TABLE(daily_nano bigint, monthly_nano bigint, enforced boolean, spent_day bigint, spent_month bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT l.daily_nano, l.monthly_nano, coalesce(l.enforced, false),
        coalesce((SELECT s.spent_nano FROM ai.organization_spend s WHERE s.organization_id = w.organization_id AND s.period = 'day' AND s.starts_on = today), 0),
        coalesce((SELECT s.spent_nano FROM ai.organization_spend s WHERE s.organization_id = w.organization_id AND s.period = 'month' AND s.starts_on = date_trunc('month', today)::date), 0)
    FROM identity.workspaces w LEFT JOIN ai.organization_limits l ON l.organization_id = w.organization_id
    WHERE w.id = nullif(current_setting('app.workspace_id', true), '')::uuid
$$;

CREATE FUNCTION ai.reserve(lease uuid, amount bigint, who_agent text, who_person text, today date, ttl interval, default_daily bigint, default_monthly bigint) RETURNS TABLE(granted boolean, scope text, subject text, period text, fill integer, crossed text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    ws uuid := nullif(current_setting('app.workspace_id', true), '')::uuid;
    org uuid;
    this_month date := date_trunc('month', today)::date;
    r record;
    full_at integer := 0;
    entered text := '';
    band_now text;
BEGIN
    SELECT w.organization_id INTO org FROM identity.workspaces w WHERE w.id = ws;
    IF org IS NULL OR amount < 0 THEN
        RAISE EXCEPTION 'ai.reserve: no workspace' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO ai.organization_spend (organization_id, period, starts_on)
    VALUES (org, 'day', today), (org, 'month', this_month) ON CONFLICT DO NOTHING;
    INSERT INTO public.ai_spend (workspace_id, scope, subject, period, starts_on)
    SELECT ws, t.scope, t.subject, p.period, p.starts_on
    FROM (SELECT 'workspace' AS scope, '' AS subject
        UNION SELECT l.scope, l.subject FROM public.ai_limits l
        WHERE l.workspace_id = ws AND (l.scope = 'agent' AND l.subject = who_agent AND who_agent <> '' OR l.scope = 'user' AND l.subject = who_person AND who_person <> '')) t
    CROSS JOIN (VALUES ('day', today), ('month', this_month)) AS p (period, starts_on)
    ORDER BY 2, 3, 4
    ON CONFLICT DO NOTHING;
    FOR r IN
        SELECT 'organization' AS scope, '' AS subject, s.period, s.starts_on, s.spent_nano + s.reserved_nano + amount AS used,
            CASE s.period WHEN 'day' THEN l.daily_nano ELSE l.monthly_nano END AS most, coalesce(l.enforced, false) AS enforced, 80 AS warn, 'ok' AS band
        FROM ai.organization_spend s LEFT JOIN ai.organization_limits l ON l.organization_id = s.organization_id
        WHERE s.organization_id = org AND (s.period, s.starts_on) IN (('day', today), ('month', this_month))
        ORDER BY s.period FOR UPDATE OF s
    LOOP
        IF r.most IS NOT NULL AND r.used > r.most AND r.enforced THEN
            RETURN QUERY SELECT false, r.scope, r.subject, r.period, 1000, '';
            RETURN;
        END IF;
        full_at := greatest(full_at, ai.fill(r.used, r.most));
    END LOOP;
    FOR r IN
        SELECT s.scope, s.subject, s.period, s.starts_on, s.spent_nano + s.reserved_nano + amount AS used, s.band,
            CASE WHEN l.scope IS NULL THEN CASE s.period WHEN 'day' THEN default_daily ELSE default_monthly END
                WHEN s.period = 'day' THEN l.daily_nano ELSE l.monthly_nano END AS most,
            coalesce(l.enforced, true) AS enforced, coalesce(l.warn_percent, 80) AS warn
        FROM public.ai_spend s LEFT JOIN public.ai_limits l ON l.workspace_id = s.workspace_id AND l.scope = s.scope AND l.subject = s.subject
        WHERE s.workspace_id = ws AND (s.period, s.starts_on) IN (('day', today), ('month', this_month))
            AND (s.scope = 'workspace' OR s.scope = 'agent' AND s.subject = who_agent OR s.scope = 'user' AND s.subject = who_person)
        ORDER BY s.scope, s.subject, s.period FOR UPDATE OF s
    LOOP
        band_now := CASE WHEN r.most IS NULL THEN 'ok' WHEN r.used > r.most THEN 'hard' WHEN r.used::numeric * 100 >= r.most::numeric * 95 THEN 'soft'
            WHEN r.used::numeric * 100 >= r.most::numeric * r.warn THEN 'warn' ELSE 'ok' END;
        IF array_position(ARRAY['ok', 'warn', 'soft', 'hard'], band_now) > array_position(ARRAY['ok', 'warn', 'soft', 'hard'], r.band) THEN
            UPDATE public.ai_spend s SET band = band_now
            WHERE s.workspace_id = ws AND s.scope = r.scope AND s.subject = r.subject AND s.period = r.period AND s.starts_on = r.starts_on;
            entered := band_now;
        END IF;
        IF r.most IS NOT NULL AND r.used > r.most AND r.enforced THEN
            RETURN QUERY SELECT false, r.scope, r.subject, r.period, 1000, entered;
            RETURN;
        END IF;
        full_at := greatest(full_at, ai.fill(r.used, r.most));
    END LOOP;
    PERFORM ai.book(ws, org, who_agent, who_person, today, 0, amount);
    INSERT INTO public.ai_leases AS l (workspace_id, id, agent, person, starts_on, held_nano, expires_at)
    VALUES (ws, lease, who_agent, who_person, today, amount, now() + ttl)
    ON CONFLICT (workspace_id, id) DO UPDATE SET held_nano = l.held_nano + amount, expires_at = now() + ttl;
    RETURN QUERY SELECT true, '', '', '', full_at, entered;
END $$;

CREATE FUNCTION ai.sweep(all_of_them boolean) RETURNS TABLE(leases bigint, charged bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    ws uuid := nullif(current_setting('app.workspace_id', true), '')::uuid;
    l public.ai_leases;
    n bigint := 0;
    total bigint := 0;
BEGIN
    FOR l IN DELETE FROM public.ai_leases t WHERE t.workspace_id = ws AND (all_of_them OR t.expires_at < now()) RETURNING * LOOP
        PERFORM ai.book(ws, (SELECT w.organization_id FROM identity.workspaces w WHERE w.id = ws), l.agent, l.person, l.starts_on, l.held_nano, -l.held_nano);
        n := n + 1;
        total := total + l.held_nano;
    END LOOP;
    RETURN QUERY SELECT n, total;
END $$;

CREATE FUNCTION identity.address_set(who uuid, address text, key text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    UPDATE identity.users SET email = address, email_key = key, verified = true WHERE id = who;
    UPDATE identity.links SET revoked_at = now()
    WHERE user_id = who AND address_key <> key AND used_at IS NULL AND revoked_at IS NULL
$$;

CREATE FUNCTION identity.admins() RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT m.user_id FROM identity.memberships m JOIN identity.workspaces w USING (organization_id)
    WHERE w.id = nullif(current_setting('app.workspace_id', true), '')::uuid AND m.active AND m.role IN ('owner', 'admin')
$$;

CREATE FUNCTION identity.all_workspaces() RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT id FROM identity.workspaces ORDER BY id
$$;

CREATE FUNCTION identity.allowed(spot bytea, most integer, span interval) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    INSERT INTO identity.attempts AS a (bucket, failures) VALUES (spot, 1)
    ON CONFLICT (bucket) DO UPDATE SET
        failures = CASE WHEN a.since < now() - span THEN 1 ELSE a.failures + 1 END,
        since = CASE WHEN a.since < now() - span THEN now() ELSE a.since END,
        last_at = now()
    RETURNING failures <= most
$$;

CREATE FUNCTION identity.api_key_add(org uuid, k jsonb, token bytea) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    WITH added AS (
        INSERT INTO identity.api_keys (id, organization_id, workspace_id, created_by, name, prefix, token_hash, scopes, expires_at)
        SELECT (k ->> 'id')::uuid, org, w.id, (k ->> 'created_by')::uuid, k ->> 'name', k ->> 'prefix', token,
            ARRAY(SELECT jsonb_array_elements_text(k -> 'scopes')), (k ->> 'expires_at')::timestamptz
        FROM identity.workspaces w WHERE w.organization_id = org AND k ->> 'workspace' IN (w.slug, w.id::text)
        RETURNING 1)
    SELECT count(*)::integer FROM added
$$;

CREATE FUNCTION identity.api_key_revoke(org uuid, key uuid) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    WITH gone AS (UPDATE identity.api_keys SET revoked_at = now()
        WHERE id = key AND organization_id = org AND revoked_at IS NULL RETURNING 1)
    SELECT count(*)::integer FROM gone
$$;

CREATE FUNCTION identity.api_keys_of(org uuid) RETURNS TABLE(id uuid, name text, prefix text, scopes text[], workspace_id uuid, created_at timestamp with time zone, last_used_at timestamp with time zone, expires_at timestamp with time zone, revoked_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT k.id, k.name, k.prefix, k.scopes, k.workspace_id, k.created_at, k.last_used_at, k.expires_at, k.revoked_at
    FROM identity.api_keys k WHERE k.organization_id = org ORDER BY k.created_at DESC, k.id
$$;

CREATE FUNCTION identity.attempt(key text, address bytea, origin bytea, good boolean, entry uuid) RETURNS timestamp with time zone
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

CREATE FUNCTION identity.audit_add(entry jsonb) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    INSERT INTO identity.audit (id, organization_id, user_id, actor, action, subject, detail, ip)
    VALUES ((entry ->> 'id')::uuid, (entry ->> 'organization_id')::uuid, (entry ->> 'user_id')::uuid, entry -> 'actor',
        entry ->> 'action', left(entry ->> 'subject', 300), left(entry ->> 'detail', 300), left(entry ->> 'ip', 64))
$$;

CREATE FUNCTION identity.audit_of(org uuid, before uuid, most integer) RETURNS TABLE(id uuid, at timestamp with time zone, actor jsonb, action text, subject text, detail text, ip text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

CREATE FUNCTION identity.authenticate(token bytea, workspace text, organization text) RETURNS TABLE(kind text, id uuid, name text, user_id uuid, organization_id uuid, workspace_id uuid, time_zone text, role text, scopes text[], operator boolean, credential uuid)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

CREATE FUNCTION identity.credentials(key text) RETURNS TABLE(user_id uuid, password_hash text, locked_until timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT u.id, u.password_hash, u.locked_until FROM identity.users u WHERE u.email_key = key
$$;

CREATE FUNCTION identity.demo_begin(ws uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    UPDATE identity.workspaces SET demo = 'filling' WHERE id = ws AND demo = ''
$$;

CREATE FUNCTION identity.demo_erase(org uuid, ws uuid, new_id uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
    left_over regclass[];
    again regclass[];
    t regclass;
    former text;
BEGIN
    PERFORM 1 FROM identity.workspaces WHERE id = ws AND organization_id = org AND demo <> '' FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    SELECT array_agg(c.oid::regclass ORDER BY c.oid DESC) INTO left_over
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE n.nspname IN ('public', 'search', 'identity') AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND a.attname = 'workspace_id' AND NOT a.attisdropped;
    WHILE cardinality(left_over) > 0 LOOP
        again := '{}';
        FOREACH t IN ARRAY left_over LOOP
            BEGIN
                EXECUTE format('DELETE FROM %s WHERE workspace_id = $1', t) USING ws;
            EXCEPTION WHEN foreign_key_violation THEN
                again := again || t;
            END;
        END LOOP;
        IF cardinality(again) = cardinality(left_over) THEN
            RAISE EXCEPTION 'demo_erase: % still hold rows', again;
        END IF;
        left_over := again;
    END LOOP;
    DELETE FROM public.feed WHERE workspace = ws;
    DELETE FROM identity.workspaces WHERE id = ws RETURNING slug INTO former;
    -- Nobody is left without a place.
    INSERT INTO identity.workspaces (id, organization_id, slug, name, time_zone)
    SELECT new_id, o.id, former, o.name, 'UTC' FROM identity.organizations o
    WHERE o.id = org AND NOT EXISTS (SELECT 1 FROM identity.workspaces w WHERE w.organization_id = org);
    RETURN true;
END $_$;

CREATE FUNCTION identity.demo_filled(ws uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    DELETE FROM identity.api_keys k USING identity.workspaces w
    WHERE k.workspace_id = ws AND w.id = ws AND w.demo = 'filling' AND k.name = 'Demo data';
    UPDATE identity.workspaces SET demo = 'ready' WHERE id = ws AND demo = 'filling'
$$;

CREATE FUNCTION identity.demo_forget(ws uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    DELETE FROM public.mailbox_leases l WHERE l.workspace = ws AND NOT EXISTS (SELECT FROM identity.workspaces w WHERE w.id = ws);
    DELETE FROM public.notification_digests d WHERE d.workspace = ws AND NOT EXISTS (SELECT FROM identity.workspaces w WHERE w.id = ws);
    DELETE FROM public.agent_lanes l WHERE l.workspace = ws AND NOT EXISTS (SELECT FROM identity.workspaces w WHERE w.id = ws);
$$;

CREATE FUNCTION identity.demos(org uuid) RETURNS TABLE(id uuid, slug text, name text, state text, created_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT w.id, w.slug, w.name, w.demo, w.created_at FROM identity.workspaces w
    WHERE w.organization_id = org AND w.demo <> '' ORDER BY w.created_at, w.id
$$;

CREATE FUNCTION identity.everything() RETURNS TABLE(organization_id uuid, organization text, workspace_id uuid, slug text, workspace text, time_zone text, owner_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT o.id, o.name, w.id, w.slug, w.name, w.time_zone,
        (SELECT m.user_id FROM identity.memberships m WHERE m.organization_id = o.id AND m.role = 'owner' AND m.active ORDER BY m.joined_at, m.user_id LIMIT 1)
    FROM identity.organizations o LEFT JOIN identity.workspaces w ON w.organization_id = o.id
    ORDER BY o.name, o.id, w.name, w.id
$$;

CREATE FUNCTION identity.failed(spot bytea, free integer) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    INSERT INTO identity.attempts AS a (bucket, failures) VALUES (spot, 1)
    ON CONFLICT (bucket) DO UPDATE SET
        failures = CASE WHEN a.last_at < now() - interval '1 day' THEN 1 ELSE a.failures + 1 END,
        last_at = now(),
        locked_until = CASE WHEN a.last_at >= now() - interval '1 day' AND a.failures + 1 >= free
            THEN now() + least(interval '1 hour', interval '1 minute' * power(2, least(a.failures + 1 - free, 6))) END
    RETURNING a.failures
$$;

CREATE FUNCTION identity.has_users() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT EXISTS (SELECT 1 FROM identity.users)
$$;

CREATE FUNCTION identity.idempotency_begin(who uuid, new_key text, new_operation text, hash bytea) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO identity.idempotency_keys AS k (credential, key, operation, request_hash)
    VALUES (who, new_key, new_operation, hash)
    ON CONFLICT (credential, key) DO UPDATE
    SET operation = excluded.operation, request_hash = excluded.request_hash, answer = NULL, created_at = now()
    WHERE k.created_at < now() - interval '24 hours';
    RETURN FOUND;
END $$;

CREATE FUNCTION identity.idempotency_end(who uuid, used_key text, result jsonb) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    UPDATE identity.idempotency_keys SET answer = result WHERE credential = who AND key = used_key
$$;

CREATE FUNCTION identity.idempotency_read(who uuid, used_key text) RETURNS TABLE(operation text, request_hash bytea, answer jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT k.operation, k.request_hash, k.answer FROM identity.idempotency_keys k WHERE k.credential = who AND k.key = used_key
$$;

CREATE FUNCTION identity.idempotency_sweep() RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    DELETE FROM identity.idempotency_keys WHERE created_at < now() - interval '24 hours'
$$;

CREATE FUNCTION identity.idempotency_sweep(most integer) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    WITH gone AS (
        DELETE FROM identity.idempotency_keys WHERE (credential, key) IN (
            SELECT credential, key FROM identity.idempotency_keys
            WHERE created_at < now() - interval '24 hours' ORDER BY created_at LIMIT most)
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$;

CREATE FUNCTION identity.invitation(token bytea) RETURNS TABLE(id uuid, state text, organization_id uuid, organization text, email text, role text, inviter text, expires_at timestamp with time zone, user_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT i.id, identity.invitation_state(i), o.id, o.name, i.email, i.role, coalesce(b.name, ''), i.expires_at, u.id
    FROM identity.invitations i
    JOIN identity.organizations o ON o.id = i.organization_id
    LEFT JOIN identity.users b ON b.id = i.invited_by
    LEFT JOIN identity.users u ON u.email_key = i.email_key
    WHERE i.token_hash = token
$$;

CREATE FUNCTION identity.invitation_accept(token bytea, who uuid, new_user jsonb, password_hash text) RETURNS TABLE(answer text, user_id uuid)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

CREATE FUNCTION identity.invitation_add(org uuid, new_one jsonb, token bytea) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

CREATE FUNCTION identity.invitation_came(one uuid) RETURNS TABLE(inviter_id uuid, user_id uuid, name text, email text, role text, workspaces text[])
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT i.invited_by, u.id, u.name, i.email, i.role,
        ARRAY(SELECT w.id::text FROM identity.workspaces w WHERE w.organization_id = i.organization_id ORDER BY w.id)
    FROM identity.invitations i JOIN identity.users u ON u.id = i.accepted_by
    WHERE i.id = one AND i.invited_by IS NOT NULL
$$;

CREATE FUNCTION identity.invitation_renew(org uuid, one uuid, renewal jsonb, token bytea) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    WITH renewed AS (
        UPDATE identity.invitations SET token_hash = token, mailed = (renewal ->> 'mailed')::boolean,
            invited_by = (renewal ->> 'invited_by')::uuid, expires_at = (renewal ->> 'expires_at')::timestamptz, sent_at = now()
        WHERE id = one AND organization_id = org AND accepted_at IS NULL AND revoked_at IS NULL RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM renewed)
$$;

CREATE FUNCTION identity.invitation_revoke(org uuid, one uuid) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    WITH gone AS (
        UPDATE identity.invitations SET revoked_at = now()
        WHERE id = one AND organization_id = org AND accepted_at IS NULL AND revoked_at IS NULL RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM gone)
$$;

CREATE TABLE identity.invitations (
    id uuid NOT NULL,
    organization_id uuid NOT NULL,
    email text NOT NULL,
    email_key text NOT NULL,
    role text NOT NULL,
    token_hash bytea NOT NULL,
    mailed boolean NOT NULL,
    invited_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    sent_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    accepted_at timestamp with time zone,
    accepted_by uuid,
    revoked_at timestamp with time zone,
    CONSTRAINT invitations_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'member'::text, 'admin'::text, 'owner'::text])))
);

CREATE FUNCTION identity.invitation_state(i identity.invitations) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT CASE WHEN i.accepted_at IS NOT NULL THEN 'used'
        WHEN i.revoked_at IS NOT NULL THEN 'revoked'
        WHEN i.expires_at <= now() THEN 'expired'
        WHEN i.invited_by IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM identity.memberships m WHERE m.organization_id = i.organization_id AND m.user_id = i.invited_by AND m.active
            AND identity.rank(m.role) >= greatest(identity.rank(i.role), identity.rank('admin'))) THEN 'revoked'
        ELSE 'open' END
$$;

CREATE FUNCTION identity.invitations_of(org uuid) RETURNS TABLE(id uuid, email text, role text, state text, mailed boolean, inviter_id uuid, inviter text, created_at timestamp with time zone, sent_at timestamp with time zone, expires_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT i.id, i.email, i.role, s.state, i.mailed, u.id, u.name, i.created_at, i.sent_at, i.expires_at
    FROM identity.invitations i
    LEFT JOIN identity.users u ON u.id = i.invited_by
    CROSS JOIN LATERAL identity.invitation_state(i) s (state)
    WHERE i.organization_id = org AND i.accepted_at IS NULL AND i.revoked_at IS NULL
    ORDER BY i.created_at DESC, i.id
$$;

CREATE FUNCTION identity.is_member(who uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT EXISTS (SELECT 1 FROM identity.memberships m JOIN identity.workspaces w USING (organization_id)
        WHERE w.id = nullif(current_setting('app.workspace_id', true), '')::uuid AND m.user_id = who AND m.active)
$$;

CREATE FUNCTION identity.letter_add(letter jsonb) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO identity.letters (id, key, recipient, subject, body, html)
    VALUES ((letter ->> 'id')::uuid, letter ->> 'key', letter ->> 'to', letter ->> 'subject', letter ->> 'text', letter ->> 'html')
    ON CONFLICT (key) DO NOTHING;
    RETURN FOUND;
END $$;

CREATE FUNCTION identity.letter_claim(letter uuid, new_claim uuid) RETURNS TABLE(state text, key text, recipient text, subject text, body text, html text, attempts integer, next_try_at timestamp with time zone, created_at timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

CREATE FUNCTION identity.letter_end(letter uuid, own_claim uuid, new_state text, reason text, again_at timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

CREATE FUNCTION identity.letter_hand_over(letter uuid, own_claim uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    UPDATE identity.letters SET handed_over_at = now()
    WHERE id = letter AND claim = own_claim AND state = 'sending' AND handed_over_at IS NULL;
    RETURN FOUND;
END $$;

CREATE FUNCTION identity.letters_stranded() RETURNS TABLE(id uuid)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    DELETE FROM identity.letters l WHERE l.created_at < now() - interval '90 days' AND l.state NOT IN ('queued', 'sending');
    SELECT l.id FROM identity.letters l WHERE l.state IN ('queued', 'sending') AND l.next_try_at < now() - interval '30 minutes';
$$;

CREATE FUNCTION identity.link(token bytea) RETURNS TABLE(kind text, state text, user_id uuid, address text, email text, name text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT l.kind, CASE WHEN l.used_at IS NOT NULL THEN 'used' WHEN l.revoked_at IS NOT NULL THEN 'revoked'
        WHEN l.expires_at <= now() THEN 'expired' ELSE 'open' END, u.id, l.address, u.email, u.name
    FROM identity.links l JOIN identity.users u ON u.id = l.user_id WHERE l.token_hash = token
$$;

CREATE FUNCTION identity.link_add(link jsonb, token bytea) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    UPDATE identity.links SET revoked_at = now()
    WHERE user_id = (link ->> 'user_id')::uuid AND kind = link ->> 'kind' AND used_at IS NULL AND revoked_at IS NULL;
    INSERT INTO identity.links (id, kind, user_id, address, address_key, token_hash, expires_at)
    VALUES ((link ->> 'id')::uuid, link ->> 'kind', (link ->> 'user_id')::uuid, link ->> 'address', link ->> 'address_key', token,
        (link ->> 'expires_at')::timestamptz)
$$;

CREATE FUNCTION identity.link_resolve(link uuid, token bytea) RETURNS TABLE(user_id uuid, name text, address text)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    UPDATE identity.links l SET user_id = u.id, token_hash = token
    FROM identity.users u
    WHERE l.id = link AND l.token_hash IS NULL AND u.email_key = l.address_key
    RETURNING u.id, u.name, u.email
$$;

CREATE FUNCTION identity.link_use(token bytea, wanted text) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    WITH used AS (
        UPDATE identity.links SET used_at = now()
        WHERE token_hash = token AND kind = wanted AND used_at IS NULL AND revoked_at IS NULL AND expires_at > now() RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM used)
$$;

CREATE FUNCTION identity.login(key text, address bytea, origin bytea) RETURNS TABLE(user_id uuid, password_hash text, locked_until timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT u.id, u.password_hash,
        (SELECT max(a.locked_until) FROM identity.attempts a WHERE a.bucket IN (address, origin) AND a.locked_until > now())
    FROM (SELECT 1) one LEFT JOIN identity.users u ON u.email_key = key
$$;

CREATE FUNCTION identity.login_failed(who uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    UPDATE identity.users SET failed_logins = failed_logins + 1,
        locked_until = CASE WHEN failed_logins >= 4
            THEN now() + least(interval '1 hour', interval '1 minute' * power(2, least(failed_logins - 4, 6))) END
    WHERE id = who
$$;

CREATE FUNCTION identity.mail_address(who uuid) RETURNS TABLE(email text, name text, workspace text, slug text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT u.email, u.name, w.name, w.slug
    FROM identity.workspaces w JOIN identity.memberships m USING (organization_id) JOIN identity.users u ON u.id = m.user_id
    WHERE w.id = nullif(current_setting('app.workspace_id', true), '')::uuid AND m.user_id = who AND m.active
$$;

CREATE FUNCTION identity.me(who uuid) RETURNS TABLE(id uuid, email text, name text, operator boolean, organization_id uuid, organization text, role text, workspace_id uuid, slug text, workspace text, time_zone text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT u.id, u.email, u.name, u.operator, o.id, o.name, m.role, w.id, w.slug, w.name, w.time_zone
    FROM identity.users u
    LEFT JOIN identity.memberships m ON m.user_id = u.id AND m.active
    LEFT JOIN identity.organizations o ON o.id = m.organization_id
    LEFT JOIN identity.workspaces w ON w.organization_id = o.id
    WHERE u.id = who
    ORDER BY o.name, o.id, w.name, w.id
$$;

CREATE FUNCTION identity.member_add(org uuid, new_user jsonb, password_hash text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

CREATE FUNCTION identity.member_remove(org uuid, who uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    answer text;
BEGIN
    answer := identity.member_set(org, who, 'viewer', false);
    IF answer = 'done' THEN
        DELETE FROM identity.memberships WHERE organization_id = org AND user_id = who;
    END IF;
    RETURN answer;
END $$;

CREATE FUNCTION identity.member_set(org uuid, who uuid, new_role text, new_active boolean) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

CREATE FUNCTION identity.members(org uuid) RETURNS TABLE(user_id uuid, email text, name text, role text, active boolean, joined_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT u.id, u.email, u.name, m.role, m.active, m.joined_at
    FROM identity.memberships m JOIN identity.users u ON u.id = m.user_id
    WHERE m.organization_id = org ORDER BY u.name, u.id
$$;

CREATE FUNCTION identity.operator_set(key text, is_operator boolean) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    WITH changed AS (UPDATE identity.users SET operator = is_operator WHERE email_key = key RETURNING 1)
    SELECT count(*)::integer FROM changed
$$;

CREATE FUNCTION identity.password_set(who uuid, hash text, keep uuid, address bytea) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    UPDATE identity.users SET password_hash = hash WHERE id = who;
    UPDATE identity.links SET revoked_at = now() WHERE user_id = who AND kind = 'reset' AND used_at IS NULL AND revoked_at IS NULL;
    DELETE FROM identity.attempts WHERE bucket = address;
    RETURN identity.sessions_end(who, keep);
END $$;

CREATE FUNCTION identity.people_sweep() RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    DELETE FROM identity.attempts WHERE last_at < now() - interval '2 days';
    DELETE FROM identity.links WHERE created_at < now() - interval '30 days' OR user_id IS NULL AND created_at < now() - interval '1 day';
$$;

CREATE FUNCTION identity.place() RETURNS TABLE(organization_id uuid, time_zone text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT w.organization_id, w.time_zone FROM identity.workspaces w
    WHERE w.id = nullif(current_setting('app.workspace_id', true), '')::uuid
$$;

CREATE FUNCTION identity.place(workspace text, organization text) RETURNS TABLE(organization_id uuid, workspace_id uuid, time_zone text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT w.organization_id, w.id, w.time_zone FROM identity.workspaces w
    WHERE workspace <> '' AND workspace IN (w.slug, w.id::text)
    UNION ALL
    SELECT o.id, NULL, NULL FROM identity.organizations o WHERE workspace = '' AND o.id::text = organization
$$;

CREATE FUNCTION identity.profile(who uuid) RETURNS TABLE(id uuid, email text, name text, operator boolean, time_zone text, verified boolean, password_hash text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT u.id, u.email, u.name, u.operator, u.time_zone, u.verified, u.password_hash FROM identity.users u WHERE u.id = who
$$;

CREATE FUNCTION identity.profile_set(who uuid, new_name text, new_zone text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    UPDATE identity.users SET name = new_name, time_zone = new_zone WHERE id = who
$$;

CREATE FUNCTION identity.rank(role text) RETURNS integer
    LANGUAGE sql IMMUTABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT array_position(ARRAY['viewer', 'member', 'admin', 'owner'], role)
$$;

CREATE FUNCTION identity.ranked(lowest text) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT m.user_id FROM identity.memberships m JOIN identity.workspaces w USING (organization_id)
    WHERE w.id = nullif(current_setting('app.workspace_id', true), '')::uuid AND m.active AND identity.rank(m.role) >= identity.rank(lowest)
$$;

CREATE FUNCTION identity.register(new_user jsonb, password_hash text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

CREATE FUNCTION identity.session_end(who uuid, session uuid) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    WITH gone AS (DELETE FROM identity.sessions WHERE id = session AND user_id = who RETURNING 1)
    SELECT count(*)::integer FROM gone
$$;

CREATE FUNCTION identity.session_start(new_session jsonb, token bytea) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    DELETE FROM identity.sessions WHERE user_id = (new_session ->> 'user_id')::uuid AND expires_at < now();
    UPDATE identity.users SET failed_logins = 0, locked_until = NULL, last_login_at = now()
    WHERE id = (new_session ->> 'user_id')::uuid;
    INSERT INTO identity.sessions (id, user_id, token_hash, ip, user_agent, expires_at)
    VALUES ((new_session ->> 'id')::uuid, (new_session ->> 'user_id')::uuid, token,
        left(new_session ->> 'ip', 64), left(new_session ->> 'user_agent', 300), (new_session ->> 'expires_at')::timestamptz);
$$;

CREATE FUNCTION identity.sessions_end(who uuid, keep uuid) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    WITH gone AS (DELETE FROM identity.sessions WHERE user_id = who AND id IS DISTINCT FROM keep RETURNING 1)
    SELECT count(*)::integer FROM gone
$$;

CREATE FUNCTION identity.sessions_of(who uuid) RETURNS TABLE(id uuid, created_at timestamp with time zone, last_seen_at timestamp with time zone, expires_at timestamp with time zone, ip text, user_agent text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT s.id, s.created_at, s.last_seen_at, s.expires_at, s.ip, s.user_agent
    FROM identity.sessions s WHERE s.user_id = who AND s.expires_at > now() ORDER BY s.last_seen_at DESC
$$;

CREATE FUNCTION identity.standing(who uuid) RETURNS TABLE(name text, role text, organization_id uuid, time_zone text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT u.name, m.role, w.organization_id, w.time_zone
    FROM identity.workspaces w
    JOIN identity.memberships m ON m.organization_id = w.organization_id AND m.user_id = who AND m.active
    JOIN identity.users u ON u.id = m.user_id
    WHERE w.id = nullif(current_setting('app.workspace_id', true), '')::uuid
$$;

CREATE FUNCTION identity.unverify(who uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    UPDATE identity.users SET verified = false WHERE id = who
$$;

CREATE FUNCTION identity.user_by(key text) RETURNS TABLE(id uuid, email text, name text, verified boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT u.id, u.email, u.name, u.verified FROM identity.users u WHERE u.email_key = key
$$;

CREATE FUNCTION identity.workspace() RETURNS TABLE(id uuid, organization_id uuid, slug text, name text, time_zone text, own_addresses text[], version bigint, created_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT w.id, w.organization_id, w.slug, w.name, w.time_zone, w.own_addresses, w.version, w.created_at
    FROM identity.workspaces w WHERE w.id = nullif(current_setting('app.workspace_id', true), '')::uuid
$$;

CREATE FUNCTION identity.workspace_add(org uuid, w jsonb) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    INSERT INTO identity.workspaces (id, organization_id, slug, name, time_zone)
    VALUES ((w ->> 'id')::uuid, org, w ->> 'slug', w ->> 'name', w ->> 'time_zone')
$$;

CREATE FUNCTION identity.workspace_set(new_name text, new_zone text, new_own text[], expected bigint) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    WITH changed AS (
        UPDATE identity.workspaces SET name = new_name, time_zone = new_zone, own_addresses = new_own, version = version + 1
        WHERE id = nullif(current_setting('app.workspace_id', true), '')::uuid AND version = expected RETURNING 1)
    SELECT count(*)::integer FROM changed
$$;

CREATE FUNCTION identity.workspaces_of(org uuid) RETURNS TABLE(id uuid, slug text, name text, time_zone text, own_addresses text[], version bigint, created_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT w.id, w.slug, w.name, w.time_zone, w.own_addresses, w.version, w.created_at
    FROM identity.workspaces w WHERE w.organization_id = org ORDER BY w.name, w.id
$$;

CREATE FUNCTION public.rapport_tenant(tenant_table regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
	-- Never a function of the row: the setting is read once per statement.
	own_workspace text := 'workspace_id = (SELECT nullif(current_setting(''app.workspace_id'', true), '''')::uuid)';
	existing name;
BEGIN
	IF NOT EXISTS (
		SELECT FROM pg_attribute
		WHERE attrelid = tenant_table AND attname = 'workspace_id'
		AND atttypid = 'uuid'::regtype AND attnotnull AND NOT attisdropped
	) THEN
		RAISE EXCEPTION '% needs a column workspace_id uuid NOT NULL', tenant_table;
	END IF;
	IF EXISTS (
		SELECT FROM pg_index i
		JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = 'workspace_id'
		WHERE i.indrelid = tenant_table AND i.indisunique AND i.indkey[0] <> a.attnum
	) THEN
		RAISE EXCEPTION 'each unique index of % must begin with workspace_id, or it tells tenants apart', tenant_table;
	END IF;
	FOR existing IN SELECT polname FROM pg_policy WHERE polrelid = tenant_table LOOP
		EXECUTE format('DROP POLICY %I ON %s', existing, tenant_table);
	END LOOP;
	EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tenant_table);
	EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', tenant_table);
	EXECUTE format('CREATE POLICY app ON %s TO rapport_app USING (true) WITH CHECK (true)', tenant_table);
	EXECUTE format('CREATE POLICY owner ON %s TO rapport_owner USING (true) WITH CHECK (true)', tenant_table);
	EXECUTE format('CREATE POLICY tenant ON %s AS RESTRICTIVE TO rapport_app USING (%s) WITH CHECK (%s)',
		tenant_table, own_workspace, own_workspace);
	EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO rapport_app', tenant_table);
END
$$;

CREATE FUNCTION river.river_job_state_in_bitmask(bitmask bit, state river.river_job_state) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT CASE state
        WHEN 'available' THEN get_bit(bitmask, 7)
        WHEN 'cancelled' THEN get_bit(bitmask, 6)
        WHEN 'completed' THEN get_bit(bitmask, 5)
        WHEN 'discarded' THEN get_bit(bitmask, 4)
        WHEN 'pending'   THEN get_bit(bitmask, 3)
        WHEN 'retryable' THEN get_bit(bitmask, 2)
        WHEN 'running'   THEN get_bit(bitmask, 1)
        WHEN 'scheduled' THEN get_bit(bitmask, 0)
        ELSE 0
    END = 1;
$$;

CREATE FUNCTION search.companies(ws uuid, name jsonb) RETURNS uuid[]
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'search', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
DECLARE
    found uuid[];
BEGIN
    SELECT array_agg(c.id) INTO found FROM (
        SELECT d.id FROM search.documents d
        WHERE d.workspace_id = ws AND d.entity = 'company' AND d.vector @@ (name->>'records')::tsquery LIMIT 500) c;
    IF found IS NULL AND length(name->>'loose') >= 4 THEN
        PERFORM set_config('pg_trgm.word_similarity_threshold', '0.5', true);
        SELECT array_agg(c.id) INTO found FROM (
            SELECT d.id FROM search.documents d
            WHERE d.workspace_id = ws AND d.entity = 'company' AND d.entity IN ('contact', 'company') AND (name->>'loose') OPERATOR(search.<%) d.names
            ORDER BY search.word_similarity(name->>'loose', d.names) DESC, d.id LIMIT 5) c;
    END IF;
    RETURN coalesce(found, '{}');
END $$;

CREATE FUNCTION search.find(q text, kinds text[], most integer) RETURNS TABLE(entity text, id uuid, title text, subtitle text, rank real)
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'search', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $_$
#variable_conflict use_column
DECLARE
    ws uuid := nullif(current_setting('app.workspace_id', true), '')::uuid;
    asked tsquery := websearch_to_tsquery('simple', left(q, 200));
    loose text := btrim(regexp_replace(left(q, 200), '[^[:alnum:]@._-]+', ' ', 'g'));
BEGIN
    IF ws IS NULL OR q IS NULL OR loose = '' THEN
        RETURN;
    END IF;
    IF q !~ '["-]' AND loose !~ ' (or|OR)( |$)' THEN
        asked := asked || (SELECT to_tsquery('simple', string_agg(quote_literal(w) || CASE WHEN n = total THEN ':*' ELSE '' END, ' & '))
            FROM (SELECT w, n, count(*) OVER () AS total FROM regexp_split_to_table(loose, ' +') WITH ORDINALITY AS t (w, n)) parts);
    END IF;
    RETURN QUERY
        SELECT c.entity, c.id, c.title, c.subtitle, max(c.score)::real AS r FROM (
            (SELECT d.entity, d.id, d.title, d.subtitle, ts_rank(d.vector, asked) + 1 AS score
             FROM search.search_documents d
             WHERE d.workspace_id = ws AND d.vector @@ asked AND (kinds IS NULL OR d.entity = ANY (kinds)) LIMIT 1000)
            UNION ALL
            (SELECT d.entity, d.id, d.title, d.subtitle, similarity(d.title, loose)
             FROM search.search_documents d
             WHERE length(loose) >= 3 AND d.workspace_id = ws AND d.title % loose AND (kinds IS NULL OR d.entity = ANY (kinds)) LIMIT 1000)
        ) c
        GROUP BY c.entity, c.id, c.title, c.subtitle
        ORDER BY r DESC, c.id
        LIMIT least(greatest(most, 1), 1000);
END $_$;

CREATE FUNCTION search.here() RETURNS uuid
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    ws uuid := nullif(current_setting('app.workspace_id', true), '')::uuid;
BEGIN
    IF ws IS NULL THEN
        RAISE EXCEPTION 'search: no workspace' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN ws;
END $$;

CREATE FUNCTION search.letters(ws uuid, ask jsonb, asked tsquery, named uuid[], since timestamp with time zone, until timestamp with time zone) RETURNS SETOF search.hit
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $_$
#variable_conflict use_column
DECLARE
    heads tsquery := nullif(ask->>'heads', '')::tsquery;
    never tsquery := nullif(ask->>'without', '')::tsquery;
    state text;
    source text := 'search.mail d WHERE d.workspace_id = $1';
    joins text := '';
    ranked CONSTANT text := 'SELECT array_agg(ROW(''thread'', b.thread_id, b.message_id, b.at,
        date_part(''epoch'', b.at) / 63072000 + CASE WHEN b.heads @@ $6 THEN 0.75 ELSE 0 END)::search.hit) FROM (%s) b';
    wanted CONSTANT text := 'SELECT d.thread_id, d.message_id, d.at, d.heads FROM ';
    newest CONSTANT text := ' ORDER BY d.at DESC, d.message_id DESC LIMIT ';
    conditions text := '';
    hits search.hit[];
    walked integer;
    done boolean := false;
    seen integer := 0;
    most CONSTANT integer := 500;
    several CONSTANT integer := 8000; -- that are faster sorted than found a second time
BEGIN
    IF jsonb_array_length(ask->'states') > 0 THEN
        joins := ' JOIN public.threads t ON t.workspace_id = $1 AND t.id = d.thread_id';
    END IF;
    FOR state IN SELECT jsonb_array_elements_text(ask->'states') LOOP
        conditions := conditions || CASE state
            WHEN 'unread' THEN ' AND t.unread'
            WHEN 'open' THEN ' AND t.status = ''open'''
            WHEN 'waiting' THEN ' AND t.status = ''waiting'''
            WHEN 'snoozed' THEN ' AND t.status = ''snoozed'''
            WHEN 'done' THEN ' AND t.status = ''done'' AND t.category IN (''personal'', ''own'')'
            WHEN 'bulk' THEN ' AND t.category IN (''bulk'', ''automatic'')'
            ELSE ' AND false' END;
    END LOOP;
    IF named IS NOT NULL THEN
        -- Looked up first: joined, a name of many companies made the planner read all mail.
        named := ARRAY(SELECT c.id FROM public.contacts c WHERE c.workspace_id = ws AND c.company_id = ANY (named) AND c.deleted_at IS NULL);
        named := ARRAY(SELECT m.id FROM public.messages m WHERE m.workspace_id = ws AND m.contact_id = ANY (named));
        conditions := conditions || ' AND d.message_id = ANY ($3)';
    END IF;
    IF since IS NOT NULL THEN
        source := source || ' AND d.at >= $4';
    END IF;
    IF until IS NOT NULL THEN
        source := source || ' AND d.at < $5';
    END IF;
    IF asked IS NOT NULL THEN
        conditions := conditions || ' AND d.vector @@ $2';
    END IF;
    IF never IS NOT NULL THEN
        conditions := conditions || ' AND NOT d.vector @@ $7';
    END IF;
    IF asked IS NOT NULL AND joins = '' AND named IS NULL THEN
        EXECUTE 'SELECT count(*), count(*) FILTER (WHERE true' || conditions || ') FROM (SELECT d.vector FROM ' || source || newest || '1000) d'
        INTO walked, seen USING ws, asked, named, since, until, heads, never;
        IF walked < 1000 OR seen >= (CASE WHEN never IS NULL AND position('<' IN asked::text) = 0 THEN 60 ELSE 15 END) THEN
            EXECUTE format(ranked, wanted || '(SELECT d.* FROM ' || source || newest || '30000) d WHERE true' || conditions || newest || most)
            INTO hits USING ws, asked, named, since, until, heads, never;
            done := walked < 1000 OR coalesce(cardinality(hits) = most, false);
        END IF;
    END IF;
    source := replace(source, ' d WHERE ', ' d' || joins || ' WHERE ') || conditions;
    IF asked IS NOT NULL AND NOT done THEN
        -- Whoever scanned in order of age on a wrong guess would read everything.
        PERFORM set_config('enable_indexscan', 'off', true), set_config('enable_seqscan', 'off', true);
        EXECUTE 'WITH d AS MATERIALIZED (' || wanted || source || ' LIMIT ' || several || ')
            SELECT (SELECT count(*) FROM d), (' || format(ranked, wanted || 'd' || newest || most) || ')'
        INTO seen, hits USING ws, asked, named, since, until, heads, never;
        PERFORM set_config('enable_indexscan', 'on', true), set_config('enable_seqscan', 'on', true);
    END IF;
    IF asked IS NULL OR NOT done AND seen = several THEN
        EXECUTE format(ranked, wanted || source || newest || most) INTO hits USING ws, asked, named, since, until, heads, never;
    END IF;
    RETURN QUERY SELECT DISTINCT ON (h.id) h.* FROM unnest(hits) h ORDER BY h.id, h.rank DESC, h.message_id DESC;
END $_$;

CREATE FUNCTION search.look(ask jsonb, kinds text[], most integer, below double precision DEFAULT NULL::double precision, past uuid DEFAULT NULL::uuid) RETURNS TABLE(entity text, id uuid, message_id uuid, title text, subtitle text, words text, at timestamp with time zone, rank double precision, about_entity text, about_id uuid)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET max_parallel_workers_per_gather TO '0'
    AS $$
#variable_conflict use_column
DECLARE
    ws uuid := nullif(current_setting('app.workspace_id', true), '')::uuid;
    zone text;
    since timestamptz;
    until timestamptz;
    named uuid[];
    asked tsquery := nullif(ask->>'mail', '')::tsquery;
    part jsonb;
    kind text;
    hits search.hit[] := '{}';
BEGIN
    IF ws IS NULL OR ask IS NULL THEN
        RETURN;
    END IF;
    IF ask->>'after' <> '' OR ask->>'before' <> '' THEN
        SELECT w.time_zone INTO zone FROM identity.workspaces w WHERE w.id = ws;
        since := (nullif(ask->>'after', '')::date)::timestamp AT TIME ZONE zone;
        until := (nullif(ask->>'before', '')::date)::timestamp AT TIME ZONE zone;
    END IF;
    FOR part IN SELECT jsonb_array_elements(ask->'companies') LOOP
        named := CASE WHEN named IS NULL THEN search.companies(ws, part)
            ELSE ARRAY(SELECT unnest(named) INTERSECT SELECT unnest(search.companies(ws, part))) END;
    END LOOP;
    FOREACH kind IN ARRAY kinds LOOP
        IF kind <> 'thread' THEN
            hits := hits || ARRAY(SELECT h FROM search.records(ws, kind, ask, named, since, until, cardinality(hits)) h);
            CONTINUE;
        END IF;
        FOR part IN SELECT jsonb_array_elements(ask->'people') LOOP
            asked := CASE WHEN asked IS NULL THEN search.people(ws, part) ELSE asked && search.people(ws, part) END;
        END LOOP;
        hits := hits || ARRAY(SELECT h FROM search.letters(ws, ask, asked, named, since, until) h);
    END LOOP;
    RETURN QUERY
        SELECT b.entity, b.id, b.message_id, d.title, d.subtitle, d.words, b.at, b.rank, d.about_entity, d.about_id
        FROM (
            SELECT g.* FROM (
                SELECT DISTINCT ON (h.entity, h.id) h.* FROM unnest(hits) h ORDER BY h.entity, h.id, h.rank DESC
            ) g
            WHERE below IS NULL OR (g.rank, g.id) < (below, past)
            ORDER BY g.rank DESC, g.id DESC
            LIMIT least(greatest(most, 1), 5000)
        ) b
        LEFT JOIN LATERAL (
            SELECT x.title, x.subtitle, x.words, x.about_entity, x.about_id FROM search.documents x
            WHERE x.workspace_id = ws AND x.entity = b.entity AND x.id = b.id
        ) d ON true
        ORDER BY b.rank DESC, b.id DESC;
END $$;

CREATE FUNCTION search.move_mail(lose uuid[], keep uuid[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    UPDATE search.mail d SET thread_id = t.keep
    FROM unnest(lose, keep) AS t (lose, keep)
    WHERE d.workspace_id = search.here() AND d.thread_id = t.lose;
END $$;

CREATE FUNCTION search.people(ws uuid, person jsonb) RETURNS tsquery
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'search', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
DECLARE
    own tsquery := (person->>'own')::tsquery;
    who uuid[];
    marks text;
BEGIN
    IF person->>'titles' <> '' THEN
        SELECT array_agg(c.id) INTO who FROM (
            SELECT d.id FROM search.documents d
            WHERE d.workspace_id = ws AND d.entity = 'contact' AND d.vector @@ (person->>'titles')::tsquery LIMIT 51) c;
        IF who IS NULL AND length(person->>'loose') >= 4 AND NOT EXISTS (
            SELECT FROM search.mail m WHERE m.workspace_id = ws AND m.vector @@ own) THEN
            PERFORM set_config('pg_trgm.word_similarity_threshold', '0.6', true);
            SELECT array_agg(c.id) INTO who FROM (
                SELECT d.id FROM search.documents d
                WHERE d.workspace_id = ws AND d.entity = 'contact' AND d.entity IN ('contact', 'company')
                    AND (d.vector @@ nullif(person->>'typos', '')::tsquery OR (person->>'loose') OPERATOR(search.<%) d.names)
                ORDER BY search.word_similarity(person->>'loose', d.names) DESC, d.id LIMIT 5) c;
        END IF;
    END IF;
    IF who IS NULL OR cardinality(who) > 50 THEN
        RETURN own; -- so common a name is written in the messages themselves
    END IF;
    SELECT string_agg(quote_literal((person->>'role') || ':=' || replace(e.email_key, '\', '\\')), ' | ') INTO marks
    FROM public.contact_emails e WHERE e.workspace_id = ws AND e.contact_id = ANY (who) AND e.active;
    RETURN CASE WHEN marks IS NULL THEN own ELSE own || marks::tsquery END;
END $$;

CREATE FUNCTION search.put(kind text, ids uuid[], titles text[], subtitles text[], texts text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    ws uuid := nullif(current_setting('app.workspace_id', true), '')::uuid;
BEGIN
    IF ws IS NULL THEN
        RAISE EXCEPTION 'search.put: no workspace' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO search.search_documents AS d (workspace_id, entity, id, title, subtitle, words, vector)
    SELECT ws, kind, t.id, left(t.title, 500), left(t.subtitle, 500), left(t.words, 20000),
        setweight(to_tsvector('simple', left(t.title, 500)), 'A') || setweight(to_tsvector('simple', left(t.subtitle, 500)), 'B')
            || to_tsvector('simple', left(t.words, 20000))
    FROM unnest(ids, titles, subtitles, texts) AS t (id, title, subtitle, words)
    ON CONFLICT (workspace_id, entity, id) DO UPDATE
    SET title = excluded.title, subtitle = excluded.subtitle, words = excluded.words, vector = excluded.vector, updated_at = now()
    WHERE (d.title, d.subtitle, d.words) IS DISTINCT FROM (excluded.title, excluded.subtitle, excluded.words);
END $$;

CREATE FUNCTION search.put_mail(ids uuid[], threads uuid[], times timestamp with time zone[], tops text[], vectors text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    ws uuid := search.here();
BEGIN
    INSERT INTO search.mail AS d (workspace_id, message_id, thread_id, at, heads, vector)
    SELECT ws, t.id, t.thread_id, t.at, t.heads::tsvector, t.vector::tsvector
    FROM unnest(ids, threads, times, tops, vectors) AS t (id, thread_id, at, heads, vector)
    ON CONFLICT (workspace_id, message_id) DO UPDATE
    SET thread_id = excluded.thread_id, at = excluded.at, heads = excluded.heads, vector = excluded.vector
    WHERE (d.thread_id, d.at, d.heads, d.vector) IS DISTINCT FROM (excluded.thread_id, excluded.at, excluded.heads, excluded.vector);
END $$;

CREATE FUNCTION search.put_records(kind text, ids uuid[], titles text[], subtitles text[], texts text[], folded text[], vectors text[], times timestamp with time zone[], about text[], abouts uuid[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    ws uuid := search.here();
BEGIN
    INSERT INTO search.documents AS d (workspace_id, entity, id, title, subtitle, words, names, vector, at, about_entity, about_id)
    SELECT ws, kind, t.id, left(t.title, 500), left(t.subtitle, 500), left(t.words, 20000), left(t.names, 300), t.vector::tsvector, coalesce(t.at, now()), nullif(t.about_entity, ''), t.about_id
    FROM unnest(ids, titles, subtitles, texts, folded, vectors, times, about, abouts)
        AS t (id, title, subtitle, words, names, vector, at, about_entity, about_id)
    ON CONFLICT (workspace_id, entity, id) DO UPDATE
    SET title = excluded.title, subtitle = excluded.subtitle, words = excluded.words, names = excluded.names,
        vector = excluded.vector, at = excluded.at,
        about_entity = excluded.about_entity, about_id = excluded.about_id
    WHERE (d.title, d.subtitle, d.words, d.names, d.vector, d.about_id) IS DISTINCT FROM
        (excluded.title, excluded.subtitle, excluded.words, excluded.names, excluded.vector, excluded.about_id);
END $$;

CREATE FUNCTION search.records(ws uuid, kind text, ask jsonb, named uuid[], since timestamp with time zone, until timestamp with time zone, others integer) RETURNS SETOF search.hit
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'search', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $_$
#variable_conflict use_column
DECLARE
    found integer := 0;
    got integer;
    titled tsquery := nullif(ask->>'titles', '')::tsquery;
    anywhere tsquery := nullif(ask->>'records', '')::tsquery;
    never tsquery := nullif(ask->>'without', '')::tsquery;
    typos tsquery := nullif(ask->>'typos', '')::tsquery;
    loose text := nullif(ask->>'loose', '');
    best integer := CASE WHEN loose IS NULL AND length(ask->>'titles') < 12 THEN 300 ELSE 2000 END;
    -- What is true of a record now, and when it was last of interest.
    alive text := CASE kind
        WHEN 'contact' THEN 'JOIN public.contacts r ON r.workspace_id = $1 AND r.id = d.id AND r.deleted_at IS NULL'
        WHEN 'company' THEN 'JOIN public.companies r ON r.workspace_id = $1 AND r.id = d.id AND r.deleted_at IS NULL'
        ELSE '' END;
    latest text := CASE WHEN alive = '' THEN 'd.at' ELSE 'coalesce(r.last_interaction_at, r.created_at)' END;
    only_these text := '';
    base text;
BEGIN
    IF named IS NOT NULL AND anywhere IS NULL AND never IS NULL AND kind = 'contact' THEN
        -- The newest first, before each is looked up among the words.
        alive := 'JOIN (SELECT c.id, c.last_interaction_at, c.created_at FROM public.contacts c
            WHERE c.workspace_id = $1 AND c.company_id = ANY ($4) AND c.deleted_at IS NULL
            ORDER BY coalesce(c.last_interaction_at, c.created_at) DESC LIMIT CASE WHEN coalesce($6, $7) IS NULL THEN 1000 END) r ON r.id = d.id';
    ELSIF named IS NOT NULL THEN
        only_these := CASE kind WHEN 'contact' THEN ' AND r.company_id = ANY ($4)' WHEN 'company' THEN ' AND d.id = ANY ($4)' ELSE ' AND false' END;
    END IF;
    IF never IS NOT NULL THEN
        only_these := only_these || ' AND NOT d.vector @@ $5';
    END IF;
    -- As a CASE, since the planner takes the comparison for rarer than any word.
    IF since IS NOT NULL THEN
        only_these := only_these || ' AND CASE WHEN ' || latest || ' < $6 THEN false ELSE true END';
    END IF;
    IF until IS NOT NULL THEN
        only_these := only_these || ' AND CASE WHEN ' || latest || ' < $7 THEN true ELSE false END';
    END IF;
    base := 'SELECT $2, d.id, NULL::uuid, ' || latest || ', date_part(''epoch'', ' || latest || ') / 63072000 + '
        || '%s FROM search.documents d ' || alive || ' WHERE d.workspace_id = $1 AND d.entity = $2' || only_these || ' AND %s';
    IF titled IS NOT NULL THEN
        RETURN QUERY EXECUTE format(base || ' LIMIT ' || best, 'CASE WHEN d.names = $8 THEN 4 ELSE 3 END', 'd.vector @@ $3')
        USING ws, kind, titled, named, never, since, until, loose;
        GET DIAGNOSTICS found = ROW_COUNT;
    END IF;
    IF anywhere IS NULL THEN
        RETURN QUERY EXECUTE format(base || ' ORDER BY ' || latest || ' DESC LIMIT 1000', '0', 'true')
        USING ws, kind, NULL::tsquery, named, never, since, until;
    ELSIF found < 1000 THEN
        RETURN QUERY EXECUTE format(base || ' LIMIT 1000', '1', 'd.vector @@ $3' || CASE WHEN titled IS NULL OR found = best THEN '' ELSE ' AND NOT d.vector @@ $8' END)
        USING ws, kind, anywhere, named, never, since, until, titled;
        GET DIAGNOSTICS got = ROW_COUNT;
        found := found + got;
    END IF;
    IF found < 5 AND others < 50 AND typos IS NOT NULL AND alive <> '' THEN
        RETURN QUERY EXECUTE format(base || ' LIMIT 200', '-10', 'd.vector @@ $3')
        USING ws, kind, typos, named, never, since, until;
        GET DIAGNOSTICS got = ROW_COUNT;
        found := found + got;
    END IF;
    IF found < 5 AND others < 50 AND loose IS NOT NULL AND alive <> '' THEN
        PERFORM set_config('pg_trgm.word_similarity_threshold', '0.45', true); -- a SET of the function would need a superuser to make it
        RETURN QUERY EXECUTE format(base || ' LIMIT 500', '-40 + 20 * search.word_similarity($3, d.names)',
            'd.entity IN (''contact'', ''company'') AND $3 OPERATOR(search.<%) d.names')
        USING ws, kind, loose, named, never, since, until;
    END IF;
END $_$;

CREATE FUNCTION search.remove(kind text, ids uuid[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
    DELETE FROM search.search_documents
    WHERE workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid AND entity = kind AND id = ANY (ids);
END $$;

CREATE FUNCTION search.take_records(kind text, ids uuid[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
    DELETE FROM search.documents WHERE workspace_id = search.here() AND entity = kind AND id = ANY (ids);
END $$;

CREATE FUNCTION telemetry.census(daily bigint, monthly bigint) RETURNS TABLE(name text, label text, value double precision)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT 'mailboxes', CASE WHEN m.paused = '' THEN coalesce(h.state, 'connecting') WHEN m.paused = 'Paused by hand.' THEN 'paused' ELSE 'failing' END,
        count(*)::double precision
    FROM public.mailboxes m LEFT JOIN public.mailbox_health h ON h.workspace_id = m.workspace_id AND h.mailbox_id = m.id
    WHERE m.deleted_at IS NULL GROUP BY 2
    UNION ALL
    SELECT 'active_users', '', count(DISTINCT s.user_id)::double precision
    FROM identity.sessions s WHERE s.last_seen_at > now() - interval '5 minutes'
    UNION ALL
    SELECT 'ai_spend_ratio', '', coalesce(max(ai.fill(b.spent_nano, b.most)), 0) / 1000.0::double precision
    FROM (SELECT s.spent_nano, CASE WHEN l.scope IS NULL THEN CASE s.period WHEN 'day' THEN daily ELSE monthly END
            WHEN s.period = 'day' THEN l.daily_nano ELSE l.monthly_nano END AS most
        FROM public.ai_spend s LEFT JOIN public.ai_limits l ON l.workspace_id = s.workspace_id AND l.scope = s.scope AND l.subject = s.subject
        WHERE s.scope = 'workspace' AND s.starts_on IN ((now() AT TIME ZONE 'UTC')::date, date_trunc('month', now() AT TIME ZONE 'UTC')::date)
            AND (s.period = 'month' OR s.starts_on = (now() AT TIME ZONE 'UTC')::date)) b;
END $$;

CREATE TABLE ai.closures (
    provider text NOT NULL,
    key_id text NOT NULL,
    family text NOT NULL,
    model text NOT NULL,
    kind text NOT NULL,
    detail text DEFAULT ''::text NOT NULL,
    until timestamp with time zone NOT NULL
);

CREATE TABLE ai.organization_limits (
    organization_id uuid NOT NULL,
    daily_nano bigint,
    monthly_nano bigint,
    enforced boolean DEFAULT true NOT NULL,
    CONSTRAINT organization_limits_daily_nano_check CHECK ((daily_nano >= 0)),
    CONSTRAINT organization_limits_monthly_nano_check CHECK ((monthly_nano >= 0))
);

CREATE TABLE ai.organization_spend (
    organization_id uuid NOT NULL,
    period text NOT NULL,
    starts_on date NOT NULL,
    spent_nano bigint DEFAULT 0 NOT NULL,
    reserved_nano bigint DEFAULT 0 NOT NULL,
    CONSTRAINT organization_spend_period_check CHECK ((period = ANY (ARRAY['day'::text, 'month'::text]))),
    CONSTRAINT organization_spend_reserved_nano_check CHECK ((reserved_nano >= 0))
);

CREATE TABLE alerts.board (
    single boolean DEFAULT true NOT NULL,
    state jsonb DEFAULT '{}'::jsonb NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT board_single_check CHECK (single)
);

CREATE TABLE alerts.incidents (
    id uuid NOT NULL,
    topic text NOT NULL,
    title text NOT NULL,
    severity text NOT NULL,
    rules jsonb NOT NULL,
    began_at timestamp with time zone NOT NULL,
    detected_at timestamp with time zone NOT NULL,
    notified_at timestamp with time zone,
    acknowledged_at timestamp with time zone,
    acknowledged_by text DEFAULT ''::text NOT NULL,
    mitigated_at timestamp with time zone,
    resolved_at timestamp with time zone,
    reopened integer DEFAULT 0 NOT NULL,
    release jsonb DEFAULT '{}'::jsonb NOT NULL,
    traces text[] DEFAULT '{}'::text[] NOT NULL,
    profile text DEFAULT ''::text NOT NULL,
    CONSTRAINT incidents_severity_check CHECK ((severity = ANY (ARRAY['P0'::text, 'P1'::text, 'P2'::text, 'P3'::text])))
);

CREATE TABLE alerts.notices (
    id uuid NOT NULL,
    channel text NOT NULL,
    body jsonb NOT NULL,
    sender text NOT NULL,
    lease_until timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE alerts.silences (
    id uuid NOT NULL,
    rule text NOT NULL,
    kind text NOT NULL,
    reason text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    created_by text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT silences_check CHECK ((ends_at > starts_at)),
    CONSTRAINT silences_kind_check CHECK ((kind = ANY (ARRAY['silence'::text, 'maintenance'::text])))
);

CREATE TABLE alerts.uptime (
    day date NOT NULL,
    watched_seconds double precision NOT NULL,
    down_seconds double precision NOT NULL
);

CREATE TABLE failures.groups (
    id uuid NOT NULL,
    code text NOT NULL,
    title text NOT NULL,
    place text NOT NULL,
    frames jsonb DEFAULT '[]'::jsonb NOT NULL,
    count bigint NOT NULL,
    first_seen timestamp with time zone NOT NULL,
    last_seen timestamp with time zone NOT NULL,
    releases text[] DEFAULT '{}'::text[] NOT NULL,
    samples jsonb DEFAULT '[]'::jsonb NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    state_at timestamp with time zone,
    known_in text[] DEFAULT '{}'::text[] NOT NULL,
    reopened bigint DEFAULT 0 NOT NULL,
    CONSTRAINT groups_state_check CHECK ((state = ANY (ARRAY['open'::text, 'resolved'::text, 'muted'::text])))
);

CREATE TABLE identity.api_keys (
    id uuid NOT NULL,
    organization_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    created_by uuid NOT NULL,
    name text NOT NULL,
    prefix text NOT NULL,
    token_hash bytea NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_used_at timestamp with time zone,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT api_keys_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200)))
);

CREATE TABLE identity.attempts (
    bucket bytea NOT NULL,
    failures integer NOT NULL,
    since timestamp with time zone DEFAULT now() NOT NULL,
    last_at timestamp with time zone DEFAULT now() NOT NULL,
    locked_until timestamp with time zone
);

CREATE TABLE identity.audit (
    id uuid NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    organization_id uuid,
    user_id uuid,
    actor jsonb NOT NULL,
    action text NOT NULL,
    subject text DEFAULT ''::text NOT NULL,
    detail text DEFAULT ''::text NOT NULL,
    ip text DEFAULT ''::text NOT NULL
);

CREATE TABLE identity.idempotency_keys (
    credential uuid NOT NULL,
    key text NOT NULL,
    operation text NOT NULL,
    request_hash bytea NOT NULL,
    answer jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT idempotency_keys_key_check CHECK (((length(key) >= 1) AND (length(key) <= 255)))
);

CREATE TABLE identity.letters (
    id uuid NOT NULL,
    key text NOT NULL,
    recipient text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    html text DEFAULT ''::text NOT NULL,
    state text DEFAULT 'queued'::text NOT NULL,
    claim uuid,
    attempts integer DEFAULT 0 NOT NULL,
    next_try_at timestamp with time zone DEFAULT now() NOT NULL,
    handed_over_at timestamp with time zone,
    error text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    sent_at timestamp with time zone,
    CONSTRAINT letters_key_check CHECK (((length(key) >= 1) AND (length(key) <= 255))),
    CONSTRAINT letters_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'sending'::text, 'sent'::text, 'failed'::text, 'uncertain'::text])))
);

CREATE TABLE identity.links (
    id uuid NOT NULL,
    kind text NOT NULL,
    user_id uuid,
    address text NOT NULL,
    address_key text NOT NULL,
    token_hash bytea,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT links_kind_check CHECK ((kind = ANY (ARRAY['reset'::text, 'verify'::text, 'address'::text])))
);

CREATE TABLE identity.memberships (
    organization_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role text NOT NULL,
    active boolean DEFAULT true NOT NULL,
    joined_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT memberships_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'member'::text, 'admin'::text, 'owner'::text])))
);

CREATE TABLE identity.organizations (
    id uuid NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT organizations_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200)))
);

CREATE TABLE identity.sessions (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    ip text DEFAULT ''::text NOT NULL,
    user_agent text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE identity.users (
    id uuid NOT NULL,
    email text NOT NULL,
    email_key text NOT NULL,
    name text NOT NULL,
    password_hash text NOT NULL,
    operator boolean DEFAULT false NOT NULL,
    failed_logins integer DEFAULT 0 NOT NULL,
    locked_until timestamp with time zone,
    last_login_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    time_zone text DEFAULT ''::text NOT NULL,
    verified boolean DEFAULT true NOT NULL
);

CREATE TABLE identity.workspaces (
    id uuid NOT NULL,
    organization_id uuid NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    time_zone text DEFAULT 'UTC'::text NOT NULL,
    own_addresses text[] DEFAULT '{}'::text[] NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    demo text DEFAULT ''::text NOT NULL,
    CONSTRAINT workspaces_demo_check CHECK ((demo = ANY (ARRAY[''::text, 'filling'::text, 'ready'::text]))),
    CONSTRAINT workspaces_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT workspaces_slug_check CHECK ((slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'::text))
);

CREATE TABLE limits.workspace_limits (
    workspace_id uuid NOT NULL,
    tier text,
    overrides jsonb DEFAULT '{}'::jsonb NOT NULL,
    shadow boolean DEFAULT false NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT workspace_limits_tier_check CHECK ((tier = ANY (ARRAY['FREE'::text, 'STARTER'::text, 'PRO'::text, 'ENTERPRISE'::text])))
);

CREATE TABLE public.activities (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    body text DEFAULT ''::text NOT NULL,
    html text DEFAULT ''::text NOT NULL,
    at timestamp with time zone NOT NULL,
    duration_minutes integer,
    outcome text DEFAULT ''::text NOT NULL,
    company_id uuid,
    author_id uuid,
    author_name text DEFAULT ''::text NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT activities_duration_minutes_check CHECK (((duration_minutes >= 0) AND (duration_minutes <= 10080))),
    CONSTRAINT activities_kind_check CHECK ((kind = ANY (ARRAY['call'::text, 'meeting'::text]))),
    CONSTRAINT activities_subject_check CHECK (((length(subject) >= 1) AND (length(subject) <= 300)))
);

ALTER TABLE ONLY public.activities FORCE ROW LEVEL SECURITY;

CREATE TABLE public.activity_contacts (
    workspace_id uuid NOT NULL,
    activity_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    "position" integer NOT NULL,
    at timestamp with time zone NOT NULL,
    active boolean DEFAULT true NOT NULL
);

ALTER TABLE ONLY public.activity_contacts FORCE ROW LEVEL SECURITY;

CREATE TABLE public.agent_days (
    workspace_id uuid NOT NULL,
    agent text NOT NULL,
    day date NOT NULL,
    taken text[] NOT NULL
);

ALTER TABLE ONLY public.agent_days FORCE ROW LEVEL SECURITY;

CREATE TABLE public.agent_lanes (
    workspace uuid NOT NULL,
    run_id uuid NOT NULL,
    agent text NOT NULL,
    priority smallint NOT NULL,
    due_at timestamp with time zone NOT NULL,
    turn bigint,
    lease uuid,
    holder uuid,
    until timestamp with time zone,
    woken boolean DEFAULT false NOT NULL,
    cancelled boolean DEFAULT false NOT NULL
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_threshold='1000');

CREATE TABLE public.agent_memories (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    entity text,
    entity_id uuid,
    body text NOT NULL,
    importance double precision NOT NULL,
    confidence double precision NOT NULL,
    source text NOT NULL,
    quote text DEFAULT ''::text NOT NULL,
    message_id uuid,
    run_id uuid,
    author_id uuid,
    author_name text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    CONSTRAINT agent_memories_check CHECK (((entity IS NULL) = (entity_id IS NULL))),
    CONSTRAINT agent_memories_confidence_check CHECK (((confidence >= (0)::double precision) AND (confidence <= (1)::double precision))),
    CONSTRAINT agent_memories_entity_check CHECK ((entity = ANY (ARRAY['contact'::text, 'company'::text, 'thread'::text]))),
    CONSTRAINT agent_memories_importance_check CHECK (((importance >= (0)::double precision) AND (importance <= (1)::double precision))),
    CONSTRAINT agent_memories_kind_check CHECK ((kind = ANY (ARRAY['fact'::text, 'preference'::text, 'decision'::text, 'outcome'::text, 'lesson'::text]))),
    CONSTRAINT agent_memories_source_check CHECK ((source = ANY (ARRAY['person'::text, 'agent'::text, 'approval'::text])))
);

ALTER TABLE ONLY public.agent_memories FORCE ROW LEVEL SECURITY;

CREATE TABLE public.agent_policies (
    workspace_id uuid NOT NULL,
    agent text NOT NULL,
    enabled boolean NOT NULL,
    autonomy text NOT NULL,
    operations text[],
    daily_actions integer NOT NULL,
    daily_nano bigint NOT NULL,
    links text[] NOT NULL,
    pause_on_high boolean NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    asks text[] DEFAULT '{}'::text[] NOT NULL,
    hours_from smallint DEFAULT 0 NOT NULL,
    hours_to smallint DEFAULT 24 NOT NULL,
    weekends boolean DEFAULT true NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT agent_policies_autonomy_check CHECK ((autonomy = ANY (ARRAY['ask'::text, 'low'::text, 'medium'::text]))),
    CONSTRAINT agent_policies_daily_actions_check CHECK ((daily_actions >= 0)),
    CONSTRAINT agent_policies_daily_nano_check CHECK ((daily_nano >= 0))
);

ALTER TABLE ONLY public.agent_policies FORCE ROW LEVEL SECURITY;

CREATE TABLE public.agent_runs (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    agent text NOT NULL,
    version text NOT NULL,
    state text NOT NULL,
    subject_entity text NOT NULL,
    subject_id uuid NOT NULL,
    input_hash text NOT NULL,
    engine text DEFAULT ''::text NOT NULL,
    degraded boolean DEFAULT false NOT NULL,
    error text DEFAULT ''::text NOT NULL,
    actor jsonb NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    program boolean DEFAULT false NOT NULL,
    title text DEFAULT ''::text NOT NULL,
    input jsonb DEFAULT '{}'::jsonb NOT NULL,
    output jsonb,
    person uuid,
    parent_id uuid,
    root_id uuid,
    depth integer DEFAULT 0 NOT NULL,
    priority smallint DEFAULT 1 NOT NULL,
    run_at timestamp with time zone DEFAULT now() NOT NULL,
    lease uuid,
    attempts integer DEFAULT 0 NOT NULL,
    cancelled boolean DEFAULT false NOT NULL,
    caps jsonb DEFAULT '{}'::jsonb NOT NULL,
    calls integer DEFAULT 0 NOT NULL,
    tokens bigint DEFAULT 0 NOT NULL,
    cost_nano bigint DEFAULT 0 NOT NULL,
    worked_ms bigint DEFAULT 0 NOT NULL,
    CONSTRAINT agent_runs_priority_check CHECK (((priority >= 0) AND (priority <= 2)))
);

ALTER TABLE ONLY public.agent_runs FORCE ROW LEVEL SECURITY;

CREATE TABLE public.agent_schedules (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    agent text NOT NULL,
    title text NOT NULL,
    cron text NOT NULL,
    time_zone text NOT NULL,
    input jsonb DEFAULT '{}'::jsonb NOT NULL,
    enabled boolean DEFAULT true NOT NULL,
    person uuid,
    next_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone,
    last_run_id uuid,
    missed integer DEFAULT 0 NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.agent_schedules FORCE ROW LEVEL SECURITY;

CREATE TABLE public.agent_steps (
    workspace_id uuid NOT NULL,
    run_id uuid NOT NULL,
    seq integer NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    input jsonb DEFAULT '{}'::jsonb NOT NULL,
    output jsonb DEFAULT '{}'::jsonb NOT NULL,
    error text DEFAULT ''::text NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    key text DEFAULT ''::text NOT NULL,
    attempts integer DEFAULT 1 NOT NULL,
    maybe_billed integer DEFAULT 0 NOT NULL,
    call_id uuid,
    child_id uuid,
    approval_id uuid,
    tokens bigint DEFAULT 0 NOT NULL,
    cost_nano bigint DEFAULT 0 NOT NULL
);

ALTER TABLE ONLY public.agent_steps FORCE ROW LEVEL SECURITY;

CREATE SEQUENCE public.agent_turn
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE public.agent_waits (
    workspace_id uuid NOT NULL,
    agent text NOT NULL,
    subject_id uuid NOT NULL,
    subject_at timestamp with time zone NOT NULL,
    since timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    tries integer DEFAULT 0 NOT NULL
);

ALTER TABLE ONLY public.agent_waits FORCE ROW LEVEL SECURITY;

CREATE TABLE public.ai_answers (
    workspace_id uuid NOT NULL,
    key bytea NOT NULL,
    response jsonb NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.ai_answers FORCE ROW LEVEL SECURITY;

CREATE TABLE public.ai_calls (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    task text NOT NULL,
    class text NOT NULL,
    agent text DEFAULT ''::text NOT NULL,
    run_id uuid,
    user_id uuid,
    interactive boolean NOT NULL,
    outcome text NOT NULL,
    error text DEFAULT ''::text NOT NULL,
    engine text DEFAULT ''::text NOT NULL,
    model text DEFAULT ''::text NOT NULL,
    attempts jsonb DEFAULT '[]'::jsonb NOT NULL,
    input_tokens bigint DEFAULT 0 NOT NULL,
    output_tokens bigint DEFAULT 0 NOT NULL,
    cached_tokens bigint DEFAULT 0 NOT NULL,
    thinking_tokens bigint DEFAULT 0 NOT NULL,
    cost_nano bigint DEFAULT 0 NOT NULL,
    estimated boolean DEFAULT false NOT NULL,
    started_at timestamp with time zone NOT NULL,
    duration_ms bigint NOT NULL,
    CONSTRAINT ai_calls_outcome_check CHECK ((outcome = ANY (ARRAY['answered'::text, 'cached'::text, 'degraded'::text, 'deferred'::text, 'failed'::text, 'cancelled'::text])))
);

ALTER TABLE ONLY public.ai_calls FORCE ROW LEVEL SECURITY;

CREATE TABLE public.ai_keys (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    provider text NOT NULL,
    label text DEFAULT ''::text NOT NULL,
    secret bytea NOT NULL,
    base_url text DEFAULT ''::text NOT NULL,
    shared boolean DEFAULT true NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ai_keys_base_url_check CHECK ((length(base_url) <= 500)),
    CONSTRAINT ai_keys_label_check CHECK ((length(label) <= 100)),
    CONSTRAINT ai_keys_provider_check CHECK ((provider = ANY (ARRAY['anthropic'::text, 'gemini'::text, 'openrouter'::text, 'compatible'::text])))
);

ALTER TABLE ONLY public.ai_keys FORCE ROW LEVEL SECURITY;

CREATE TABLE public.ai_leases (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    agent text NOT NULL,
    person text NOT NULL,
    starts_on date NOT NULL,
    held_nano bigint NOT NULL,
    seq bigint DEFAULT 0 NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT ai_leases_held_nano_check CHECK ((held_nano >= 0))
);

ALTER TABLE ONLY public.ai_leases FORCE ROW LEVEL SECURITY;

CREATE TABLE public.ai_limits (
    workspace_id uuid NOT NULL,
    scope text NOT NULL,
    subject text DEFAULT ''::text NOT NULL,
    daily_nano bigint,
    monthly_nano bigint,
    warn_percent integer DEFAULT 80 NOT NULL,
    enforced boolean DEFAULT true NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ai_limits_daily_nano_check CHECK ((daily_nano >= 0)),
    CONSTRAINT ai_limits_monthly_nano_check CHECK ((monthly_nano >= 0)),
    CONSTRAINT ai_limits_scope_check CHECK ((scope = ANY (ARRAY['workspace'::text, 'agent'::text, 'user'::text, 'run'::text]))),
    CONSTRAINT ai_limits_subject_check CHECK ((length(subject) <= 100)),
    CONSTRAINT ai_limits_warn_percent_check CHECK (((warn_percent >= 1) AND (warn_percent <= 95)))
);

ALTER TABLE ONLY public.ai_limits FORCE ROW LEVEL SECURITY;

CREATE TABLE public.ai_policies (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    policy jsonb NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.ai_policies FORCE ROW LEVEL SECURITY;

CREATE TABLE public.ai_spend (
    workspace_id uuid NOT NULL,
    scope text NOT NULL,
    subject text NOT NULL,
    period text NOT NULL,
    starts_on date NOT NULL,
    spent_nano bigint DEFAULT 0 NOT NULL,
    reserved_nano bigint DEFAULT 0 NOT NULL,
    band text DEFAULT 'ok'::text NOT NULL,
    CONSTRAINT ai_spend_band_check CHECK ((band = ANY (ARRAY['ok'::text, 'warn'::text, 'soft'::text, 'hard'::text]))),
    CONSTRAINT ai_spend_period_check CHECK ((period = ANY (ARRAY['day'::text, 'month'::text]))),
    CONSTRAINT ai_spend_reserved_nano_check CHECK ((reserved_nano >= 0))
);

ALTER TABLE ONLY public.ai_spend FORCE ROW LEVEL SECURITY;

CREATE TABLE public.ai_usage (
    workspace_id uuid NOT NULL,
    day date NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    task text NOT NULL,
    agent text NOT NULL,
    person text NOT NULL,
    calls bigint DEFAULT 0 NOT NULL,
    failures bigint DEFAULT 0 NOT NULL,
    input_tokens bigint DEFAULT 0 NOT NULL,
    output_tokens bigint DEFAULT 0 NOT NULL,
    cached_tokens bigint DEFAULT 0 NOT NULL,
    thinking_tokens bigint DEFAULT 0 NOT NULL,
    cost_nano bigint DEFAULT 0 NOT NULL,
    duration_ms bigint DEFAULT 0 NOT NULL
);

ALTER TABLE ONLY public.ai_usage FORCE ROW LEVEL SECURITY;

CREATE TABLE public.approvals (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    run_id uuid,
    step_key text DEFAULT ''::text NOT NULL,
    agent text DEFAULT ''::text NOT NULL,
    requester jsonb NOT NULL,
    requester_id uuid,
    person_id uuid,
    operation text NOT NULL,
    args json NOT NULL,
    hash text NOT NULL,
    title text NOT NULL,
    why text DEFAULT ''::text NOT NULL,
    evidence jsonb DEFAULT '[]'::jsonb NOT NULL,
    preview jsonb DEFAULT '{}'::jsonb NOT NULL,
    needs jsonb DEFAULT '[]'::jsonb NOT NULL,
    tainted boolean DEFAULT false NOT NULL,
    confidence double precision DEFAULT 0 NOT NULL,
    subject_entity text DEFAULT ''::text NOT NULL,
    subject_id uuid,
    risk integer NOT NULL,
    factors jsonb DEFAULT '[]'::jsonb NOT NULL,
    cost_nano bigint DEFAULT 0 NOT NULL,
    state text NOT NULL,
    edited boolean DEFAULT false NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    result jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    decided_at timestamp with time zone,
    decided_by jsonb,
    told_at timestamp with time zone,
    version bigint DEFAULT 1 NOT NULL,
    always boolean DEFAULT false NOT NULL,
    CONSTRAINT approvals_risk_check CHECK (((risk >= 0) AND (risk <= 100))),
    CONSTRAINT approvals_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'done'::text, 'rejected'::text, 'expired'::text, 'stale'::text, 'failed'::text, 'cancelled'::text, 'blocked'::text])))
);

ALTER TABLE ONLY public.approvals FORCE ROW LEVEL SECURITY;

CREATE TABLE public.attachments (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    message_id uuid NOT NULL,
    "position" integer NOT NULL,
    filename text DEFAULT ''::text NOT NULL,
    content_type text DEFAULT ''::text NOT NULL,
    content_id text DEFAULT ''::text NOT NULL,
    inline boolean DEFAULT false NOT NULL,
    size bigint NOT NULL,
    blob text DEFAULT ''::text NOT NULL,
    note text DEFAULT ''::text NOT NULL
);

ALTER TABLE ONLY public.attachments FORCE ROW LEVEL SECURITY;

CREATE TABLE public.blobs (
    workspace_id uuid NOT NULL,
    hash text NOT NULL,
    size bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.blobs FORCE ROW LEVEL SECURITY;

CREATE TABLE public.brand_voices (
    workspace_id uuid NOT NULL,
    tone_words text[] DEFAULT '{}'::text[] NOT NULL,
    dos text[] DEFAULT '{}'::text[] NOT NULL,
    donts text[] DEFAULT '{}'::text[] NOT NULL,
    facts jsonb DEFAULT '[]'::jsonb NOT NULL,
    signature text DEFAULT ''::text NOT NULL,
    domains text[] DEFAULT '{}'::text[] NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.brand_voices FORCE ROW LEVEL SECURITY;

CREATE TABLE public.bulk_runs (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    entity text NOT NULL,
    operation text NOT NULL,
    actor jsonb NOT NULL,
    user_id uuid,
    ids uuid[] NOT NULL,
    set jsonb NOT NULL,
    state text DEFAULT 'running'::text NOT NULL,
    total bigint NOT NULL,
    done bigint DEFAULT 0 NOT NULL,
    changed bigint DEFAULT 0 NOT NULL,
    unchanged bigint DEFAULT 0 NOT NULL,
    refused jsonb DEFAULT '[]'::jsonb NOT NULL,
    error text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT bulk_runs_entity_check CHECK ((entity = ANY (ARRAY['contact'::text, 'company'::text, 'thread'::text, 'task'::text]))),
    CONSTRAINT bulk_runs_state_check CHECK ((state = ANY (ARRAY['running'::text, 'done'::text, 'failed'::text, 'cancelled'::text])))
);

ALTER TABLE ONLY public.bulk_runs FORCE ROW LEVEL SECURITY;

CREATE TABLE public.companies (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    name_key text GENERATED ALWAYS AS (lower(name)) STORED NOT NULL,
    domain text,
    industry text,
    size text,
    owner_id uuid,
    source text DEFAULT 'manual'::text NOT NULL,
    last_interaction_at timestamp with time zone,
    touch_key timestamp with time zone GENERATED ALWAYS AS (COALESCE(last_interaction_at, '-infinity'::timestamp with time zone)) STORED NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT companies_name_check CHECK (((length(name) >= 1) AND (length(name) <= 300))),
    CONSTRAINT companies_size_check CHECK ((size = ANY (ARRAY['1-10'::text, '11-50'::text, '51-200'::text, '201-1000'::text, '1000+'::text])))
);

ALTER TABLE ONLY public.companies FORCE ROW LEVEL SECURITY;

CREATE TABLE public.contact_assessments (
    workspace_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    run_id uuid NOT NULL,
    engagement_score integer NOT NULL,
    buying_intent text NOT NULL,
    decision_stage text NOT NULL,
    role_type text NOT NULL,
    engagement_velocity integer NOT NULL,
    sentiment_score integer NOT NULL,
    next_best_action jsonb NOT NULL,
    risk_signals jsonb DEFAULT '[]'::jsonb NOT NULL,
    opportunity_signals jsonb DEFAULT '[]'::jsonb NOT NULL,
    brief jsonb DEFAULT '[]'::jsonb NOT NULL,
    confidence double precision NOT NULL,
    engine text NOT NULL,
    model text DEFAULT ''::text NOT NULL,
    version text DEFAULT ''::text NOT NULL,
    degraded boolean DEFAULT false NOT NULL,
    as_of timestamp with time zone NOT NULL,
    intent_at timestamp with time zone,
    stage_at timestamp with time zone,
    velocity_points integer GENERATED ALWAYS AS (
CASE
    WHEN (degraded OR (engagement_velocity < 0)) THEN 0
    ELSE (5 * engagement_velocity)
END) STORED NOT NULL,
    role_points integer GENERATED ALWAYS AS (
CASE
    WHEN degraded THEN 0
    WHEN (role_type = 'decision_maker'::text) THEN 15
    WHEN (role_type = 'influencer'::text) THEN 10
    ELSE 0
END) STORED NOT NULL,
    intent_points integer GENERATED ALWAYS AS (
CASE
    WHEN degraded THEN 0
    WHEN (buying_intent = 'high'::text) THEN 20
    WHEN (buying_intent = 'medium'::text) THEN 10
    ELSE 0
END) STORED NOT NULL,
    stage_points integer GENERATED ALWAYS AS (
CASE
    WHEN degraded THEN 0
    WHEN (decision_stage = 'decision'::text) THEN 25
    WHEN (decision_stage = 'consideration'::text) THEN 15
    ELSE 0
END) STORED NOT NULL,
    CONSTRAINT contact_assessments_buying_intent_check CHECK ((buying_intent = ANY (ARRAY['high'::text, 'medium'::text, 'low'::text, 'unknown'::text]))),
    CONSTRAINT contact_assessments_confidence_check CHECK (((confidence >= (0)::double precision) AND (confidence <= (1)::double precision))),
    CONSTRAINT contact_assessments_decision_stage_check CHECK ((decision_stage = ANY (ARRAY['awareness'::text, 'consideration'::text, 'decision'::text, 'unknown'::text]))),
    CONSTRAINT contact_assessments_engagement_score_check CHECK (((engagement_score >= 0) AND (engagement_score <= 100))),
    CONSTRAINT contact_assessments_engagement_velocity_check CHECK (((engagement_velocity >= '-2'::integer) AND (engagement_velocity <= 2))),
    CONSTRAINT contact_assessments_role_type_check CHECK ((role_type = ANY (ARRAY['decision_maker'::text, 'influencer'::text, 'end_user'::text, 'unknown'::text]))),
    CONSTRAINT contact_assessments_sentiment_score_check CHECK (((sentiment_score >= '-50'::integer) AND (sentiment_score <= 100)))
);

ALTER TABLE ONLY public.contact_assessments FORCE ROW LEVEL SECURITY;

CREATE TABLE public.contact_emails (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    contact_id uuid NOT NULL,
    address text NOT NULL,
    email_key text NOT NULL,
    label text DEFAULT ''::text NOT NULL,
    "position" integer DEFAULT 0 NOT NULL,
    active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.contact_emails FORCE ROW LEVEL SECURITY;

CREATE TABLE public.contacts (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    name_key text GENERATED ALWAYS AS (lower(name)) STORED NOT NULL,
    email text,
    title text,
    phone text,
    status text DEFAULT 'prospect'::text NOT NULL,
    owner_id uuid,
    company_id uuid,
    source text DEFAULT 'manual'::text NOT NULL,
    score integer,
    score_key integer GENERATED ALWAYS AS (COALESCE(score, '-1'::integer)) STORED NOT NULL,
    last_interaction_at timestamp with time zone,
    touch_key timestamp with time zone GENERATED ALWAYS AS (COALESCE(last_interaction_at, '-infinity'::timestamp with time zone)) STORED NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT contacts_name_check CHECK (((length(name) >= 1) AND (length(name) <= 300))),
    CONSTRAINT contacts_score_check CHECK (((score >= 0) AND (score <= 100))),
    CONSTRAINT contacts_status_check CHECK ((status = ANY (ARRAY['prospect'::text, 'lead'::text, 'customer'::text, 'former'::text])))
);

ALTER TABLE ONLY public.contacts FORCE ROW LEVEL SECURITY;

CREATE TABLE public.content_drafts (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    title text NOT NULL,
    body jsonb NOT NULL,
    plain text NOT NULL,
    contact_id uuid,
    thread_id uuid,
    status text DEFAULT 'draft'::text NOT NULL,
    tone text DEFAULT ''::text NOT NULL,
    score integer,
    brief text DEFAULT ''::text NOT NULL,
    facts jsonb DEFAULT '[]'::jsonb NOT NULL,
    findings jsonb DEFAULT '[]'::jsonb NOT NULL,
    engine text DEFAULT ''::text NOT NULL,
    degraded boolean DEFAULT false NOT NULL,
    run_id uuid,
    outgoing_id uuid,
    author_id uuid,
    author_name text DEFAULT ''::text NOT NULL,
    sent_at timestamp with time zone,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT content_drafts_kind_check CHECK (((length(kind) >= 1) AND (length(kind) <= 40))),
    CONSTRAINT content_drafts_score_check CHECK (((score >= 0) AND (score <= 100))),
    CONSTRAINT content_drafts_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'in_review'::text, 'approved'::text, 'sent'::text, 'archived'::text]))),
    CONSTRAINT content_drafts_title_check CHECK (((length(title) >= 1) AND (length(title) <= 300)))
);

ALTER TABLE ONLY public.content_drafts FORCE ROW LEVEL SECURITY;

CREATE TABLE public.content_versions (
    workspace_id uuid NOT NULL,
    draft_id uuid NOT NULL,
    version bigint NOT NULL,
    title text NOT NULL,
    body jsonb NOT NULL,
    plain text NOT NULL,
    findings jsonb DEFAULT '[]'::jsonb NOT NULL,
    engine text DEFAULT ''::text NOT NULL,
    degraded boolean DEFAULT false NOT NULL,
    run_id uuid,
    author jsonb NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.content_versions FORCE ROW LEVEL SECURITY;

CREATE TABLE public.custom_field_definitions (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    entity text NOT NULL,
    key text NOT NULL,
    label text NOT NULL,
    type text NOT NULL,
    options text[] DEFAULT '{}'::text[] NOT NULL,
    required boolean DEFAULT false NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT custom_field_definitions_entity_check CHECK ((entity = ANY (ARRAY['contact'::text, 'company'::text]))),
    CONSTRAINT custom_field_definitions_key_check CHECK ((key ~ '^[a-z][a-z0-9_]{0,62}$'::text)),
    CONSTRAINT custom_field_definitions_type_check CHECK ((type = ANY (ARRAY['text'::text, 'number'::text, 'bool'::text, 'date'::text, 'select'::text, 'multi'::text])))
);

ALTER TABLE ONLY public.custom_field_definitions FORCE ROW LEVEL SECURITY;

CREATE TABLE public.drafts (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    author_id uuid NOT NULL,
    mode text NOT NULL,
    message_id uuid,
    sender_id uuid,
    to_list jsonb DEFAULT '[]'::jsonb NOT NULL,
    cc_list jsonb DEFAULT '[]'::jsonb NOT NULL,
    bcc_list jsonb DEFAULT '[]'::jsonb NOT NULL,
    subject text DEFAULT ''::text NOT NULL,
    body text DEFAULT ''::text NOT NULL,
    upload_ids uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    run_id uuid,
    CONSTRAINT drafts_mode_check CHECK ((mode = ANY (ARRAY['new'::text, 'reply'::text, 'reply_all'::text, 'forward'::text])))
);

ALTER TABLE ONLY public.drafts FORCE ROW LEVEL SECURITY;

CREATE TABLE public.email_drains (
    workspace_id uuid NOT NULL,
    size integer DEFAULT 1 NOT NULL,
    wanted_at timestamp with time zone NOT NULL,
    CONSTRAINT email_drains_size_check CHECK ((size > 0))
);

ALTER TABLE ONLY public.email_drains FORCE ROW LEVEL SECURITY;

CREATE TABLE public.email_intelligence (
    workspace_id uuid NOT NULL,
    message_id uuid NOT NULL,
    contact_id uuid,
    run_id uuid,
    state text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    summary text DEFAULT ''::text NOT NULL,
    readiness integer,
    energy integer,
    confidence double precision DEFAULT 0 NOT NULL,
    engine text DEFAULT ''::text NOT NULL,
    version text DEFAULT ''::text NOT NULL,
    degraded boolean DEFAULT false NOT NULL,
    superseded_by uuid,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT email_intelligence_energy_check CHECK (((energy >= 1) AND (energy <= 10))),
    CONSTRAINT email_intelligence_readiness_check CHECK (((readiness >= 1) AND (readiness <= 10))),
    CONSTRAINT email_intelligence_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'done'::text, 'skipped'::text, 'failed'::text])))
);

ALTER TABLE ONLY public.email_intelligence FORCE ROW LEVEL SECURITY;

CREATE TABLE public.email_triage (
    workspace_id uuid NOT NULL,
    message_id uuid NOT NULL,
    run_id uuid,
    state text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    intent text,
    intents text[] DEFAULT '{}'::text[] NOT NULL,
    sentiment text,
    mood text,
    urgency text,
    requires_response boolean DEFAULT false NOT NULL,
    respond_within text DEFAULT 'none'::text NOT NULL,
    due_at timestamp with time zone,
    topics text[] DEFAULT '{}'::text[] NOT NULL,
    is_meeting_request boolean DEFAULT false NOT NULL,
    summary text DEFAULT ''::text NOT NULL,
    confidence double precision DEFAULT 0 NOT NULL,
    evidence jsonb DEFAULT '[]'::jsonb NOT NULL,
    engine text DEFAULT ''::text NOT NULL,
    version text DEFAULT ''::text NOT NULL,
    degraded boolean DEFAULT false NOT NULL,
    superseded_by uuid,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    meeting jsonb,
    CONSTRAINT email_triage_mood_check CHECK ((mood = ANY (ARRAY['excited'::text, 'concerned'::text, 'frustrated'::text, 'none'::text]))),
    CONSTRAINT email_triage_respond_within_check CHECK ((respond_within = ANY (ARRAY['1h'::text, '24h'::text, '7d'::text, 'none'::text]))),
    CONSTRAINT email_triage_sentiment_check CHECK ((sentiment = ANY (ARRAY['positive'::text, 'neutral'::text, 'negative'::text]))),
    CONSTRAINT email_triage_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'done'::text, 'skipped'::text, 'failed'::text]))),
    CONSTRAINT email_triage_urgency_check CHECK ((urgency = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text, 'critical'::text])))
);

ALTER TABLE ONLY public.email_triage FORCE ROW LEVEL SECURITY;

CREATE TABLE public.events (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    actor jsonb NOT NULL,
    operation text NOT NULL,
    entity text NOT NULL,
    entity_id uuid NOT NULL,
    kind text NOT NULL,
    changes jsonb DEFAULT '{}'::jsonb NOT NULL,
    batch_id uuid,
    run_id uuid,
    undoes uuid,
    reason text DEFAULT ''::text NOT NULL,
    CONSTRAINT events_kind_check CHECK ((kind = ANY (ARRAY['created'::text, 'updated'::text, 'deleted'::text, 'restored'::text])))
);

ALTER TABLE ONLY public.events FORCE ROW LEVEL SECURITY;

CREATE TABLE public.feed (
    seq bigint NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    workspace uuid NOT NULL,
    event_id uuid,
    entity text NOT NULL,
    entity_id uuid NOT NULL,
    kind text NOT NULL,
    fields text[] NOT NULL
);

ALTER TABLE public.feed ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.feed_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.field_values (
    workspace_id uuid NOT NULL,
    field_id uuid NOT NULL,
    entity_id uuid NOT NULL,
    "position" integer DEFAULT 0 NOT NULL,
    text_value text,
    number_value double precision,
    bool_value boolean,
    date_value date
);

ALTER TABLE ONLY public.field_values FORCE ROW LEVEL SECURITY;

CREATE TABLE public.idempotency_keys (
    workspace_id uuid NOT NULL,
    credential uuid NOT NULL,
    key text NOT NULL,
    operation text NOT NULL,
    request_hash bytea NOT NULL,
    answer jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT idempotency_keys_key_check CHECK (((length(key) >= 1) AND (length(key) <= 255)))
);

ALTER TABLE ONLY public.idempotency_keys FORCE ROW LEVEL SECURITY;

CREATE TABLE public.import_items (
    workspace_id uuid NOT NULL,
    import_id uuid NOT NULL,
    ordinal bigint NOT NULL,
    outcome text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    message_ref text DEFAULT ''::text NOT NULL,
    subject text DEFAULT ''::text NOT NULL,
    from_address text DEFAULT ''::text NOT NULL,
    message_id uuid,
    CONSTRAINT import_items_outcome_check CHECK ((outcome = ANY (ARRAY['imported'::text, 'duplicate'::text, 'refused'::text])))
);

ALTER TABLE ONLY public.import_items FORCE ROW LEVEL SECURITY;

CREATE TABLE public.imports (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    filename text NOT NULL,
    format text DEFAULT ''::text NOT NULL,
    state text NOT NULL,
    own_addresses text[] DEFAULT '{}'::text[] NOT NULL,
    source text DEFAULT ''::text NOT NULL,
    bytes_total bigint DEFAULT 0 NOT NULL,
    bytes_done bigint DEFAULT 0 NOT NULL,
    total bigint,
    next_ordinal bigint DEFAULT 0 NOT NULL,
    imported bigint DEFAULT 0 NOT NULL,
    duplicates bigint DEFAULT 0 NOT NULL,
    refused bigint DEFAULT 0 NOT NULL,
    counts jsonb,
    error text DEFAULT ''::text NOT NULL,
    actor jsonb NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    CONSTRAINT imports_state_check CHECK ((state = ANY (ARRAY['receiving'::text, 'queued'::text, 'running'::text, 'understanding'::text, 'done'::text, 'failed'::text, 'cancelled'::text])))
);

ALTER TABLE ONLY public.imports FORCE ROW LEVEL SECURITY;

CREATE TABLE public.intelligence_items (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    message_id uuid NOT NULL,
    "position" integer NOT NULL,
    kind text NOT NULL,
    body text NOT NULL,
    quote text NOT NULL,
    quote_start integer NOT NULL,
    quote_end integer NOT NULL,
    attributes jsonb DEFAULT '{}'::jsonb NOT NULL
);

ALTER TABLE ONLY public.intelligence_items FORCE ROW LEVEL SECURITY;

CREATE TABLE public.lead_scores (
    workspace_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    score integer,
    coverage double precision NOT NULL,
    parts jsonb NOT NULL,
    formula text NOT NULL,
    computed_at timestamp with time zone NOT NULL,
    CONSTRAINT lead_scores_score_check CHECK (((score >= 0) AND (score <= 100)))
);

ALTER TABLE ONLY public.lead_scores FORCE ROW LEVEL SECURITY;

CREATE TABLE public.list_columns (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    entity text NOT NULL,
    owner_id uuid NOT NULL,
    query jsonb NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT list_columns_entity_check CHECK ((entity = ANY (ARRAY['contact'::text, 'company'::text, 'thread'::text, 'task'::text])))
);

ALTER TABLE ONLY public.list_columns FORCE ROW LEVEL SECURITY;

CREATE TABLE public.mailbox_folders (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    mailbox_id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    chosen boolean NOT NULL,
    CONSTRAINT mailbox_folders_kind_check CHECK ((kind = ANY (ARRAY['inbox'::text, 'sent'::text, 'drafts'::text, 'trash'::text, 'junk'::text, 'archive'::text, 'all'::text, 'other'::text])))
);

ALTER TABLE ONLY public.mailbox_folders FORCE ROW LEVEL SECURITY;

CREATE TABLE public.mailbox_health (
    workspace_id uuid NOT NULL,
    mailbox_id uuid NOT NULL,
    state text DEFAULT 'connecting'::text NOT NULL,
    idle boolean DEFAULT false NOT NULL,
    last_success_at timestamp with time zone,
    last_error text DEFAULT ''::text NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    refusals integer DEFAULT 0 NOT NULL,
    next_try_at timestamp with time zone,
    CONSTRAINT mailbox_health_state_check CHECK ((state = ANY (ARRAY['connecting'::text, 'syncing'::text, 'live'::text, 'waiting'::text])))
);

ALTER TABLE ONLY public.mailbox_health FORCE ROW LEVEL SECURITY;

CREATE TABLE public.mailbox_leases (
    workspace uuid NOT NULL,
    mailbox_id uuid NOT NULL,
    change bigint DEFAULT 1 NOT NULL,
    holder text,
    until timestamp with time zone
);

CREATE TABLE public.mailbox_messages (
    workspace_id uuid NOT NULL,
    folder_id uuid NOT NULL,
    uid bigint NOT NULL,
    mailbox_id uuid NOT NULL,
    message_id uuid,
    size bigint DEFAULT 0 NOT NULL,
    seen boolean DEFAULT false NOT NULL,
    follow boolean DEFAULT false NOT NULL,
    refused text DEFAULT ''::text NOT NULL,
    again boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.mailbox_messages FORCE ROW LEVEL SECURITY;

CREATE TABLE public.mailbox_progress (
    workspace_id uuid NOT NULL,
    folder_id uuid NOT NULL,
    mailbox_id uuid NOT NULL,
    validity bigint DEFAULT 0 NOT NULL,
    top bigint DEFAULT 0 NOT NULL,
    bottom bigint DEFAULT 0 NOT NULL,
    complete boolean DEFAULT false NOT NULL,
    next bigint DEFAULT 0 NOT NULL,
    modseq bigint DEFAULT 0 NOT NULL,
    since date,
    counted bigint DEFAULT 0 NOT NULL,
    total bigint DEFAULT 0 NOT NULL,
    done bigint DEFAULT 0 NOT NULL,
    stored bigint DEFAULT 0 NOT NULL,
    refused bigint DEFAULT 0 NOT NULL,
    reached timestamp with time zone,
    stuck_uid bigint DEFAULT 0 NOT NULL,
    strikes integer DEFAULT 0 NOT NULL,
    trouble text DEFAULT ''::text NOT NULL,
    synced_at timestamp with time zone
);

ALTER TABLE ONLY public.mailbox_progress FORCE ROW LEVEL SECURITY;

CREATE TABLE public.mailboxes (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    address text NOT NULL,
    auth text NOT NULL,
    grant_id uuid,
    username text NOT NULL,
    password bytea,
    host text NOT NULL,
    port integer NOT NULL,
    security text NOT NULL,
    chosen text[],
    since date,
    mark_seen boolean DEFAULT false NOT NULL,
    paused text DEFAULT ''::text NOT NULL,
    deleted_at timestamp with time zone,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT mailboxes_auth_check CHECK ((auth = ANY (ARRAY['password'::text, 'google'::text, 'microsoft'::text]))),
    CONSTRAINT mailboxes_port_check CHECK (((port >= 1) AND (port <= 65535))),
    CONSTRAINT mailboxes_security_check CHECK ((security = ANY (ARRAY['tls'::text, 'starttls'::text, 'none'::text])))
);

ALTER TABLE ONLY public.mailboxes FORCE ROW LEVEL SECURITY;

CREATE TABLE public.message_addresses (
    workspace_id uuid NOT NULL,
    message_id uuid NOT NULL,
    "position" integer NOT NULL,
    kind text NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    address text NOT NULL,
    address_key text DEFAULT ''::text NOT NULL,
    contact_id uuid,
    sent_at timestamp with time zone NOT NULL,
    CONSTRAINT message_addresses_kind_check CHECK ((kind = ANY (ARRAY['from'::text, 'to'::text, 'cc'::text, 'bcc'::text, 'reply_to'::text])))
);

ALTER TABLE ONLY public.message_addresses FORCE ROW LEVEL SECURITY;

CREATE TABLE public.messages (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    thread_id uuid NOT NULL,
    direction text NOT NULL,
    category text NOT NULL,
    category_reason text DEFAULT ''::text NOT NULL,
    rfc822_id text DEFAULT ''::text NOT NULL,
    in_reply_to text DEFAULT ''::text NOT NULL,
    identity_key text NOT NULL,
    subject text NOT NULL,
    sent_at timestamp with time zone NOT NULL,
    date_note text DEFAULT ''::text NOT NULL,
    from_name text DEFAULT ''::text NOT NULL,
    from_address text DEFAULT ''::text NOT NULL,
    from_key text DEFAULT ''::text NOT NULL,
    contact_id uuid,
    body text DEFAULT ''::text NOT NULL,
    html text DEFAULT ''::text NOT NULL,
    raw text NOT NULL,
    size bigint NOT NULL,
    problems text[] DEFAULT '{}'::text[] NOT NULL,
    import_id uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT messages_category_check CHECK ((category = ANY (ARRAY['personal'::text, 'bulk'::text, 'automatic'::text, 'own'::text]))),
    CONSTRAINT messages_direction_check CHECK ((direction = ANY (ARRAY['inbound'::text, 'outbound'::text])))
);

ALTER TABLE ONLY public.messages FORCE ROW LEVEL SECURITY;

CREATE TABLE public.notes (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    entity text NOT NULL,
    entity_id uuid NOT NULL,
    body text NOT NULL,
    html text NOT NULL,
    pinned boolean DEFAULT false NOT NULL,
    author_id uuid,
    author_name text DEFAULT ''::text NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT notes_entity_check CHECK ((entity = ANY (ARRAY['contact'::text, 'company'::text, 'thread'::text])))
);

ALTER TABLE ONLY public.notes FORCE ROW LEVEL SECURITY;

CREATE TABLE public.notification_digests (
    workspace uuid NOT NULL,
    user_id uuid NOT NULL,
    due_at timestamp with time zone,
    sent_at timestamp with time zone
);

CREATE TABLE public.notification_preferences (
    workspace_id uuid NOT NULL,
    user_id uuid NOT NULL,
    kind text NOT NULL,
    app boolean NOT NULL,
    mail boolean NOT NULL
);

ALTER TABLE ONLY public.notification_preferences FORCE ROW LEVEL SECURITY;

CREATE TABLE public.notifications (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    kind text NOT NULL,
    title text NOT NULL,
    body text DEFAULT ''::text NOT NULL,
    link text DEFAULT ''::text NOT NULL,
    entity text DEFAULT ''::text NOT NULL,
    entity_id uuid,
    app boolean NOT NULL,
    mail boolean NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    read_at timestamp with time zone,
    mailed_at timestamp with time zone
);

ALTER TABLE ONLY public.notifications FORCE ROW LEVEL SECURITY;

CREATE TABLE public.oauth_grants (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    provider text NOT NULL,
    account text NOT NULL,
    address text NOT NULL,
    user_id uuid NOT NULL,
    access_token bytea NOT NULL,
    refresh_token bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    state text DEFAULT 'active'::text NOT NULL,
    lease uuid,
    leased_until timestamp with time zone,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT oauth_grants_account_check CHECK (((length(account) >= 1) AND (length(account) <= 255))),
    CONSTRAINT oauth_grants_address_check CHECK (((length(address) >= 3) AND (length(address) <= 254))),
    CONSTRAINT oauth_grants_provider_check CHECK ((provider = ANY (ARRAY['google'::text, 'microsoft'::text]))),
    CONSTRAINT oauth_grants_state_check CHECK ((state = ANY (ARRAY['active'::text, 'revoked'::text])))
);

ALTER TABLE ONLY public.oauth_grants FORCE ROW LEVEL SECURITY;

CREATE TABLE public.oauth_states (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    state_hash bytea NOT NULL,
    provider text NOT NULL,
    purpose text NOT NULL,
    user_id uuid NOT NULL,
    session_id uuid NOT NULL,
    mailbox_id uuid,
    verifier bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT oauth_states_provider_check CHECK ((provider = ANY (ARRAY['google'::text, 'microsoft'::text]))),
    CONSTRAINT oauth_states_purpose_check CHECK ((purpose = 'mailbox'::text))
);

ALTER TABLE ONLY public.oauth_states FORCE ROW LEVEL SECURITY;

CREATE TABLE public.outgoing (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    idempotency_key text NOT NULL,
    rfc822_id text NOT NULL,
    author_id uuid,
    actor jsonb NOT NULL,
    mode text NOT NULL,
    answers_id uuid,
    message_id uuid,
    sender_id uuid NOT NULL,
    to_list jsonb NOT NULL,
    cc_list jsonb NOT NULL,
    bcc_list jsonb NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    html text DEFAULT ''::text NOT NULL,
    upload_ids uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    state text DEFAULT 'queued'::text NOT NULL,
    send_after timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    first_try_at timestamp with time zone,
    next_try_at timestamp with time zone,
    claim uuid,
    handed_over_at timestamp with time zone,
    raw text DEFAULT ''::text NOT NULL,
    size bigint DEFAULT 0 NOT NULL,
    reply text DEFAULT ''::text NOT NULL,
    error text DEFAULT ''::text NOT NULL,
    sent_at timestamp with time zone,
    appended_at timestamp with time zone,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT outgoing_mode_check CHECK ((mode = ANY (ARRAY['new'::text, 'reply'::text, 'reply_all'::text, 'forward'::text]))),
    CONSTRAINT outgoing_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'sending'::text, 'sent'::text, 'failed'::text, 'uncertain'::text, 'cancelled'::text])))
);

ALTER TABLE ONLY public.outgoing FORCE ROW LEVEL SECURITY;

CREATE TABLE public.outgoing_attachments (
    workspace_id uuid NOT NULL,
    outgoing_id uuid NOT NULL,
    "position" integer NOT NULL,
    filename text NOT NULL,
    content_type text NOT NULL,
    size bigint NOT NULL,
    blob text NOT NULL
);

ALTER TABLE ONLY public.outgoing_attachments FORCE ROW LEVEL SECURITY;

CREATE TABLE public.rapport_migrations (
    version integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    phase text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL,
    duration_ms bigint NOT NULL,
    CONSTRAINT rapport_migrations_phase_check CHECK ((phase = ANY (ARRAY['expand'::text, 'contract'::text])))
);

CREATE TABLE public.search_rebuilds (
    workspace_id uuid NOT NULL,
    revision integer NOT NULL,
    kind text DEFAULT ''::text NOT NULL,
    after uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid NOT NULL,
    done bigint DEFAULT 0 NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone
);

ALTER TABLE ONLY public.search_rebuilds FORCE ROW LEVEL SECURITY;

CREATE TABLE public.senders (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    address text NOT NULL,
    address_key text NOT NULL,
    signature text DEFAULT ''::text NOT NULL,
    mailbox_id uuid,
    host text NOT NULL,
    port integer NOT NULL,
    security text NOT NULL,
    username text DEFAULT ''::text NOT NULL,
    password bytea,
    is_default boolean DEFAULT false NOT NULL,
    state text DEFAULT 'ready'::text NOT NULL,
    last_error text DEFAULT ''::text NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT senders_port_check CHECK (((port >= 1) AND (port <= 65535))),
    CONSTRAINT senders_security_check CHECK ((security = ANY (ARRAY['tls'::text, 'starttls'::text, 'none'::text]))),
    CONSTRAINT senders_state_check CHECK ((state = ANY (ARRAY['ready'::text, 'trouble'::text])))
);

ALTER TABLE ONLY public.senders FORCE ROW LEVEL SECURITY;

CREATE TABLE public.taggings (
    workspace_id uuid NOT NULL,
    tag_id uuid NOT NULL,
    entity text NOT NULL,
    entity_id uuid NOT NULL,
    CONSTRAINT taggings_entity_check CHECK ((entity = ANY (ARRAY['contact'::text, 'company'::text])))
);

ALTER TABLE ONLY public.taggings FORCE ROW LEVEL SECURITY;

CREATE TABLE public.tags (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    name_key text GENERATED ALWAYS AS (lower(name)) STORED NOT NULL,
    color text DEFAULT 'grey'::text NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT tags_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100)))
);

ALTER TABLE ONLY public.tags FORCE ROW LEVEL SECURITY;

CREATE TABLE public.tasks (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    title text NOT NULL,
    title_key text GENERATED ALWAYS AS (lower(title)) STORED NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    due_at timestamp with time zone,
    due_key timestamp with time zone GENERATED ALWAYS AS (COALESCE(due_at, 'infinity'::timestamp with time zone)) STORED NOT NULL,
    priority text DEFAULT 'medium'::text NOT NULL,
    priority_key bigint GENERATED ALWAYS AS (
CASE priority
    WHEN 'low'::text THEN 1
    WHEN 'medium'::text THEN 2
    WHEN 'high'::text THEN 3
    ELSE 4
END) STORED NOT NULL,
    status text DEFAULT 'open'::text NOT NULL,
    assignee_id uuid,
    entity text,
    entity_id uuid,
    message_id uuid,
    thread_id uuid,
    completed_at timestamp with time zone,
    reminded_at timestamp with time zone,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT tasks_check CHECK (((entity IS NULL) = (entity_id IS NULL))),
    CONSTRAINT tasks_entity_check CHECK ((entity = ANY (ARRAY['contact'::text, 'company'::text, 'thread'::text]))),
    CONSTRAINT tasks_priority_check CHECK ((priority = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text, 'urgent'::text]))),
    CONSTRAINT tasks_status_check CHECK ((status = ANY (ARRAY['open'::text, 'in_progress'::text, 'done'::text, 'cancelled'::text]))),
    CONSTRAINT tasks_title_check CHECK (((length(title) >= 1) AND (length(title) <= 300)))
);

ALTER TABLE ONLY public.tasks FORCE ROW LEVEL SECURITY;

CREATE TABLE public.thread_refs (
    workspace_id uuid NOT NULL,
    rfc822_id text NOT NULL,
    thread_id uuid NOT NULL
);

ALTER TABLE ONLY public.thread_refs FORCE ROW LEVEL SECURITY;

CREATE TABLE public.threads (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    subject text NOT NULL,
    subject_key text NOT NULL,
    status text DEFAULT 'open'::text NOT NULL,
    snoozed_until timestamp with time zone,
    assignee_id uuid,
    unread boolean DEFAULT true NOT NULL,
    message_count integer DEFAULT 0 NOT NULL,
    has_attachments boolean DEFAULT false NOT NULL,
    last_message_at timestamp with time zone NOT NULL,
    last_message_id uuid,
    last_direction text NOT NULL,
    snippet text DEFAULT ''::text NOT NULL,
    from_name text DEFAULT ''::text NOT NULL,
    from_address text DEFAULT ''::text NOT NULL,
    contact_id uuid,
    category text NOT NULL,
    category_reason text DEFAULT ''::text NOT NULL,
    intent text,
    sentiment text,
    urgency text,
    requires_response boolean DEFAULT false NOT NULL,
    due_at timestamp with time zone,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT threads_category_check CHECK ((category = ANY (ARRAY['personal'::text, 'bulk'::text, 'automatic'::text, 'own'::text]))),
    CONSTRAINT threads_last_direction_check CHECK ((last_direction = ANY (ARRAY['inbound'::text, 'outbound'::text]))),
    CONSTRAINT threads_sentiment_check CHECK ((sentiment = ANY (ARRAY['positive'::text, 'neutral'::text, 'negative'::text]))),
    CONSTRAINT threads_status_check CHECK ((status = ANY (ARRAY['open'::text, 'waiting'::text, 'snoozed'::text, 'done'::text]))),
    CONSTRAINT threads_urgency_check CHECK ((urgency = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text, 'critical'::text])))
);

ALTER TABLE ONLY public.threads FORCE ROW LEVEL SECURITY;

CREATE TABLE public.uploads (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    filename text NOT NULL,
    content_type text NOT NULL,
    size bigint NOT NULL,
    blob text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.uploads FORCE ROW LEVEL SECURITY;

CREATE TABLE public.views (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    entity text NOT NULL,
    name text NOT NULL,
    shared boolean DEFAULT false NOT NULL,
    owner_id uuid,
    "position" double precision NOT NULL,
    query jsonb NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT views_entity_check CHECK ((entity = ANY (ARRAY['contact'::text, 'company'::text, 'thread'::text, 'task'::text]))),
    CONSTRAINT views_name_check CHECK (((length(name) >= 1) AND (length(name) <= 60)))
);

ALTER TABLE ONLY public.views FORCE ROW LEVEL SECURITY;

CREATE TABLE river.river_job (
    id bigint NOT NULL,
    state river.river_job_state DEFAULT 'available'::river.river_job_state NOT NULL,
    attempt smallint DEFAULT 0 NOT NULL,
    max_attempts smallint DEFAULT 25 NOT NULL,
    attempted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    finalized_at timestamp with time zone,
    scheduled_at timestamp with time zone DEFAULT now() NOT NULL,
    priority smallint DEFAULT 1 NOT NULL,
    args jsonb NOT NULL,
    attempted_by text[],
    errors jsonb[],
    kind text NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    queue text DEFAULT 'default'::text NOT NULL,
    tags character varying(255)[] DEFAULT '{}'::character varying[] NOT NULL,
    unique_key bytea,
    unique_states bit(8),
    CONSTRAINT finalized_or_finalized_at_null CHECK ((((finalized_at IS NULL) AND (state <> ALL (ARRAY['cancelled'::river.river_job_state, 'completed'::river.river_job_state, 'discarded'::river.river_job_state]))) OR ((finalized_at IS NOT NULL) AND (state = ANY (ARRAY['cancelled'::river.river_job_state, 'completed'::river.river_job_state, 'discarded'::river.river_job_state]))))),
    CONSTRAINT kind_length CHECK (((char_length(kind) > 0) AND (char_length(kind) < 128))),
    CONSTRAINT max_attempts_is_positive CHECK ((max_attempts > 0)),
    CONSTRAINT priority_in_range CHECK (((priority >= 1) AND (priority <= 4))),
    CONSTRAINT queue_length CHECK (((char_length(queue) > 0) AND (char_length(queue) < 128)))
);

CREATE SEQUENCE river.river_job_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE river.river_job_id_seq OWNED BY river.river_job.id;

CREATE UNLOGGED TABLE river.river_leader (
    elected_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    leader_id text NOT NULL,
    name text DEFAULT 'default'::text NOT NULL,
    CONSTRAINT leader_id_length CHECK (((char_length(leader_id) > 0) AND (char_length(leader_id) < 128))),
    CONSTRAINT name_length CHECK ((name = 'default'::text))
);

CREATE TABLE river.river_migration (
    line text NOT NULL,
    version bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT line_length CHECK (((char_length(line) > 0) AND (char_length(line) < 128))),
    CONSTRAINT version_gte_1 CHECK ((version >= 1))
);

CREATE TABLE river.river_notification (
    id bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    payload text NOT NULL,
    topic text NOT NULL,
    CONSTRAINT topic_length CHECK (((length(topic) > 0) AND (length(topic) < 128)))
);

CREATE SEQUENCE river.river_notification_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE river.river_notification_id_seq OWNED BY river.river_notification.id;

CREATE TABLE river.river_queue (
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    paused_at timestamp with time zone,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);

CREATE TABLE search.documents (
    workspace_id uuid NOT NULL,
    entity text NOT NULL,
    id uuid NOT NULL,
    title text NOT NULL,
    subtitle text NOT NULL,
    words text NOT NULL,
    names text NOT NULL,
    vector tsvector NOT NULL,
    at timestamp with time zone NOT NULL,
    about_entity text,
    about_id uuid
);

ALTER TABLE ONLY search.documents FORCE ROW LEVEL SECURITY;

CREATE TABLE search.mail (
    workspace_id uuid NOT NULL,
    message_id uuid NOT NULL,
    thread_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    heads tsvector NOT NULL,
    vector tsvector NOT NULL
);
ALTER TABLE ONLY search.mail ALTER COLUMN vector SET STATISTICS 500;

ALTER TABLE ONLY search.mail FORCE ROW LEVEL SECURITY;

CREATE TABLE search.search_documents (
    workspace_id uuid NOT NULL,
    entity text NOT NULL,
    id uuid NOT NULL,
    title text NOT NULL,
    subtitle text DEFAULT ''::text NOT NULL,
    words text NOT NULL,
    vector tsvector NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY search.search_documents FORCE ROW LEVEL SECURITY;

CREATE TABLE telemetry.series (
    id bigint NOT NULL,
    replica uuid NOT NULL,
    step integer NOT NULL,
    at timestamp with time zone NOT NULL,
    frames bytea NOT NULL,
    CONSTRAINT series_step_check CHECK ((step > 0))
);

ALTER TABLE telemetry.series ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME telemetry.series_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE telemetry.series_lines (
    id integer NOT NULL,
    key text NOT NULL
);

ALTER TABLE telemetry.series_lines ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME telemetry.series_lines_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE ONLY river.river_job ALTER COLUMN id SET DEFAULT nextval('river.river_job_id_seq'::regclass);

ALTER TABLE ONLY river.river_notification ALTER COLUMN id SET DEFAULT nextval('river.river_notification_id_seq'::regclass);

ALTER TABLE ONLY ai.closures
    ADD CONSTRAINT closures_pkey PRIMARY KEY (provider, key_id, family, model);

ALTER TABLE ONLY ai.organization_limits
    ADD CONSTRAINT organization_limits_pkey PRIMARY KEY (organization_id);

ALTER TABLE ONLY ai.organization_spend
    ADD CONSTRAINT organization_spend_pkey PRIMARY KEY (organization_id, period, starts_on);

ALTER TABLE ONLY alerts.board
    ADD CONSTRAINT board_pkey PRIMARY KEY (single);

ALTER TABLE ONLY alerts.incidents
    ADD CONSTRAINT incidents_pkey PRIMARY KEY (id);

ALTER TABLE ONLY alerts.notices
    ADD CONSTRAINT notices_pkey PRIMARY KEY (id, channel);

ALTER TABLE ONLY alerts.silences
    ADD CONSTRAINT silences_pkey PRIMARY KEY (id);

ALTER TABLE ONLY alerts.uptime
    ADD CONSTRAINT uptime_pkey PRIMARY KEY (day);

ALTER TABLE ONLY failures.groups
    ADD CONSTRAINT groups_pkey PRIMARY KEY (id);

ALTER TABLE ONLY identity.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY identity.api_keys
    ADD CONSTRAINT api_keys_token_key UNIQUE (token_hash);

ALTER TABLE ONLY identity.attempts
    ADD CONSTRAINT attempts_pkey PRIMARY KEY (bucket);

ALTER TABLE ONLY identity.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (id);

ALTER TABLE ONLY identity.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (credential, key);

ALTER TABLE ONLY identity.invitations
    ADD CONSTRAINT invitations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY identity.invitations
    ADD CONSTRAINT invitations_token_key UNIQUE (token_hash);

ALTER TABLE ONLY identity.letters
    ADD CONSTRAINT letters_key UNIQUE (key);

ALTER TABLE ONLY identity.letters
    ADD CONSTRAINT letters_pkey PRIMARY KEY (id);

ALTER TABLE ONLY identity.links
    ADD CONSTRAINT links_pkey PRIMARY KEY (id);

ALTER TABLE ONLY identity.links
    ADD CONSTRAINT links_token_key UNIQUE (token_hash);

ALTER TABLE ONLY identity.memberships
    ADD CONSTRAINT memberships_pkey PRIMARY KEY (organization_id, user_id);

ALTER TABLE ONLY identity.organizations
    ADD CONSTRAINT organizations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY identity.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY identity.sessions
    ADD CONSTRAINT sessions_token_key UNIQUE (token_hash);

ALTER TABLE ONLY identity.users
    ADD CONSTRAINT users_email_key UNIQUE (email_key);

ALTER TABLE ONLY identity.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

ALTER TABLE ONLY identity.workspaces
    ADD CONSTRAINT workspaces_pkey PRIMARY KEY (id);

ALTER TABLE ONLY identity.workspaces
    ADD CONSTRAINT workspaces_slug_key UNIQUE (slug);

ALTER TABLE ONLY limits.workspace_limits
    ADD CONSTRAINT workspace_limits_pkey PRIMARY KEY (workspace_id);

ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.activity_contacts
    ADD CONSTRAINT activity_contacts_pkey PRIMARY KEY (workspace_id, activity_id, contact_id);

ALTER TABLE ONLY public.agent_days
    ADD CONSTRAINT agent_days_pkey PRIMARY KEY (workspace_id, agent, day);

ALTER TABLE ONLY public.agent_lanes
    ADD CONSTRAINT agent_lanes_pkey PRIMARY KEY (run_id);

ALTER TABLE ONLY public.agent_memories
    ADD CONSTRAINT agent_memories_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.agent_policies
    ADD CONSTRAINT agent_policies_pkey PRIMARY KEY (workspace_id, agent);

ALTER TABLE ONLY public.agent_runs
    ADD CONSTRAINT agent_runs_once UNIQUE (workspace_id, agent, subject_id, version, input_hash);

ALTER TABLE ONLY public.agent_runs
    ADD CONSTRAINT agent_runs_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE public.agent_runs
    ADD CONSTRAINT agent_runs_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'waiting'::text, 'paused'::text, 'done'::text, 'skipped'::text, 'failed'::text, 'cancelled'::text, 'dead'::text]))) NOT VALID;

ALTER TABLE ONLY public.agent_schedules
    ADD CONSTRAINT agent_schedules_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE public.agent_steps
    ADD CONSTRAINT agent_steps_kind_check CHECK ((kind = ANY (ARRAY['model'::text, 'verify'::text, 'apply'::text, 'load'::text, 'act'::text, 'store'::text, 'child'::text, 'timer'::text]))) NOT VALID;

ALTER TABLE ONLY public.agent_steps
    ADD CONSTRAINT agent_steps_pkey PRIMARY KEY (workspace_id, run_id, seq);

ALTER TABLE public.agent_steps
    ADD CONSTRAINT agent_steps_state_check CHECK ((state = ANY (ARRAY['intent'::text, 'waiting'::text, 'done'::text, 'failed'::text]))) NOT VALID;

ALTER TABLE ONLY public.agent_waits
    ADD CONSTRAINT agent_waits_pkey PRIMARY KEY (workspace_id, agent, subject_id);

ALTER TABLE ONLY public.ai_answers
    ADD CONSTRAINT ai_answers_pkey PRIMARY KEY (workspace_id, key);

ALTER TABLE ONLY public.ai_calls
    ADD CONSTRAINT ai_calls_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.ai_keys
    ADD CONSTRAINT ai_keys_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.ai_leases
    ADD CONSTRAINT ai_leases_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.ai_limits
    ADD CONSTRAINT ai_limits_pkey PRIMARY KEY (workspace_id, scope, subject);

ALTER TABLE ONLY public.ai_policies
    ADD CONSTRAINT ai_policies_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.ai_spend
    ADD CONSTRAINT ai_spend_pkey PRIMARY KEY (workspace_id, scope, subject, period, starts_on);

ALTER TABLE ONLY public.ai_usage
    ADD CONSTRAINT ai_usage_pkey PRIMARY KEY (workspace_id, day, provider, model, task, agent, person);

ALTER TABLE ONLY public.approvals
    ADD CONSTRAINT approvals_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.attachments
    ADD CONSTRAINT attachments_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.blobs
    ADD CONSTRAINT blobs_pkey PRIMARY KEY (workspace_id, hash);

ALTER TABLE ONLY public.brand_voices
    ADD CONSTRAINT brand_voices_pkey PRIMARY KEY (workspace_id);

ALTER TABLE ONLY public.bulk_runs
    ADD CONSTRAINT bulk_runs_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.companies
    ADD CONSTRAINT companies_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.contact_assessments
    ADD CONSTRAINT contact_assessments_pkey PRIMARY KEY (workspace_id, contact_id);

ALTER TABLE ONLY public.contact_emails
    ADD CONSTRAINT contact_emails_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.contacts
    ADD CONSTRAINT contacts_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.content_drafts
    ADD CONSTRAINT content_drafts_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.content_versions
    ADD CONSTRAINT content_versions_pkey PRIMARY KEY (workspace_id, draft_id, version);

ALTER TABLE ONLY public.custom_field_definitions
    ADD CONSTRAINT custom_field_definitions_key UNIQUE (workspace_id, entity, key);

ALTER TABLE ONLY public.custom_field_definitions
    ADD CONSTRAINT custom_field_definitions_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.drafts
    ADD CONSTRAINT drafts_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.email_drains
    ADD CONSTRAINT email_drains_pkey PRIMARY KEY (workspace_id);

ALTER TABLE ONLY public.email_intelligence
    ADD CONSTRAINT email_intelligence_pkey PRIMARY KEY (workspace_id, message_id);

ALTER TABLE ONLY public.email_triage
    ADD CONSTRAINT email_triage_pkey PRIMARY KEY (workspace_id, message_id);

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.field_values
    ADD CONSTRAINT field_values_pkey PRIMARY KEY (workspace_id, entity_id, field_id, "position");

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (workspace_id, credential, key);

ALTER TABLE ONLY public.import_items
    ADD CONSTRAINT import_items_pkey PRIMARY KEY (workspace_id, import_id, ordinal);

ALTER TABLE ONLY public.imports
    ADD CONSTRAINT imports_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.intelligence_items
    ADD CONSTRAINT intelligence_items_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.lead_scores
    ADD CONSTRAINT lead_scores_pkey PRIMARY KEY (workspace_id, contact_id);

ALTER TABLE ONLY public.list_columns
    ADD CONSTRAINT list_columns_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.list_columns
    ADD CONSTRAINT list_columns_workspace_id_owner_id_entity_key UNIQUE (workspace_id, owner_id, entity);

ALTER TABLE ONLY public.mailbox_folders
    ADD CONSTRAINT mailbox_folders_name_key UNIQUE (workspace_id, mailbox_id, name);

ALTER TABLE ONLY public.mailbox_folders
    ADD CONSTRAINT mailbox_folders_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.mailbox_health
    ADD CONSTRAINT mailbox_health_pkey PRIMARY KEY (workspace_id, mailbox_id);

ALTER TABLE ONLY public.mailbox_leases
    ADD CONSTRAINT mailbox_leases_pkey PRIMARY KEY (mailbox_id);

ALTER TABLE ONLY public.mailbox_messages
    ADD CONSTRAINT mailbox_messages_pkey PRIMARY KEY (workspace_id, folder_id, uid);

ALTER TABLE ONLY public.mailbox_progress
    ADD CONSTRAINT mailbox_progress_pkey PRIMARY KEY (workspace_id, folder_id);

ALTER TABLE ONLY public.mailboxes
    ADD CONSTRAINT mailboxes_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.message_addresses
    ADD CONSTRAINT message_addresses_pkey PRIMARY KEY (workspace_id, message_id, "position");

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_identity_key UNIQUE (workspace_id, identity_key);

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.notes
    ADD CONSTRAINT notes_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.notification_digests
    ADD CONSTRAINT notification_digests_pkey PRIMARY KEY (workspace, user_id);

ALTER TABLE ONLY public.notification_preferences
    ADD CONSTRAINT notification_preferences_pkey PRIMARY KEY (workspace_id, user_id, kind);

ALTER TABLE public.notifications
    ADD CONSTRAINT notifications_kind_check CHECK ((kind = ANY (ARRAY['task_assigned'::text, 'task_due'::text, 'thread_assigned'::text, 'mailbox_trouble'::text, 'mail_failed'::text, 'mention'::text, 'invitation_accepted'::text, 'import_finished'::text, 'ai_budget'::text, 'agent_schedule'::text, 'approval'::text]))) NOT VALID;

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.oauth_grants
    ADD CONSTRAINT oauth_grants_account_key UNIQUE (workspace_id, provider, account);

ALTER TABLE ONLY public.oauth_grants
    ADD CONSTRAINT oauth_grants_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.oauth_states
    ADD CONSTRAINT oauth_states_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.oauth_states
    ADD CONSTRAINT oauth_states_state_key UNIQUE (workspace_id, state_hash);

ALTER TABLE ONLY public.outgoing_attachments
    ADD CONSTRAINT outgoing_attachments_pkey PRIMARY KEY (workspace_id, outgoing_id, "position");

ALTER TABLE ONLY public.outgoing
    ADD CONSTRAINT outgoing_idempotency_key UNIQUE (workspace_id, idempotency_key);

ALTER TABLE ONLY public.outgoing
    ADD CONSTRAINT outgoing_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.rapport_migrations
    ADD CONSTRAINT rapport_migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.search_rebuilds
    ADD CONSTRAINT search_rebuilds_pkey PRIMARY KEY (workspace_id);

ALTER TABLE ONLY public.senders
    ADD CONSTRAINT senders_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.taggings
    ADD CONSTRAINT taggings_pkey PRIMARY KEY (workspace_id, entity_id, tag_id);

ALTER TABLE ONLY public.tags
    ADD CONSTRAINT tags_name_key UNIQUE (workspace_id, name_key);

ALTER TABLE ONLY public.tags
    ADD CONSTRAINT tags_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.thread_refs
    ADD CONSTRAINT thread_refs_pkey PRIMARY KEY (workspace_id, rfc822_id);

ALTER TABLE ONLY public.threads
    ADD CONSTRAINT threads_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT uploads_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.views
    ADD CONSTRAINT views_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY river.river_job
    ADD CONSTRAINT river_job_pkey PRIMARY KEY (id);

ALTER TABLE ONLY river.river_leader
    ADD CONSTRAINT river_leader_pkey PRIMARY KEY (name);

ALTER TABLE ONLY river.river_migration
    ADD CONSTRAINT river_migration_pkey1 PRIMARY KEY (line, version);

ALTER TABLE ONLY river.river_notification
    ADD CONSTRAINT river_notification_pkey PRIMARY KEY (id);

ALTER TABLE ONLY river.river_queue
    ADD CONSTRAINT river_queue_pkey PRIMARY KEY (name);

ALTER TABLE ONLY search.documents
    ADD CONSTRAINT documents_pkey PRIMARY KEY (workspace_id, entity, id);

ALTER TABLE ONLY search.mail
    ADD CONSTRAINT mail_pkey PRIMARY KEY (workspace_id, message_id);

ALTER TABLE ONLY search.search_documents
    ADD CONSTRAINT search_documents_pkey PRIMARY KEY (workspace_id, entity, id);

ALTER TABLE ONLY telemetry.series_lines
    ADD CONSTRAINT series_lines_key_key UNIQUE (key);

ALTER TABLE ONLY telemetry.series_lines
    ADD CONSTRAINT series_lines_pkey PRIMARY KEY (id);

ALTER TABLE ONLY telemetry.series
    ADD CONSTRAINT series_pkey PRIMARY KEY (id);

CREATE INDEX incidents_detected ON alerts.incidents USING btree (detected_at DESC);

CREATE INDEX groups_last_seen ON failures.groups USING btree (last_seen DESC);

CREATE INDEX api_keys_organization ON identity.api_keys USING btree (organization_id);

CREATE INDEX attempts_age ON identity.attempts USING btree (last_at);

CREATE INDEX audit_organization ON identity.audit USING btree (organization_id, id);

CREATE INDEX audit_user ON identity.audit USING btree (user_id, id) WHERE (organization_id IS NULL);

CREATE INDEX idempotency_keys_age ON identity.idempotency_keys USING btree (created_at);

CREATE INDEX invitations_inviter ON identity.invitations USING btree (invited_by);

CREATE UNIQUE INDEX invitations_pending_key ON identity.invitations USING btree (organization_id, email_key) WHERE ((accepted_at IS NULL) AND (revoked_at IS NULL));

CREATE INDEX letters_created ON identity.letters USING btree (created_at);

CREATE INDEX letters_open ON identity.letters USING btree (next_try_at) WHERE (state = ANY (ARRAY['queued'::text, 'sending'::text]));

CREATE INDEX links_age ON identity.links USING btree (created_at);

CREATE INDEX links_user ON identity.links USING btree (user_id);

CREATE INDEX memberships_user ON identity.memberships USING btree (user_id);

CREATE INDEX sessions_user ON identity.sessions USING btree (user_id);

CREATE INDEX workspaces_organization ON identity.workspaces USING btree (organization_id);

CREATE INDEX workspace_limits_updated ON limits.workspace_limits USING btree (updated_at);

CREATE INDEX activities_at ON public.activities USING btree (workspace_id, at, id) WHERE (deleted_at IS NULL);

CREATE INDEX activities_company ON public.activities USING btree (workspace_id, company_id, at, id) WHERE (deleted_at IS NULL);

CREATE INDEX activities_created ON public.activities USING btree (workspace_id, created_at, id) WHERE (deleted_at IS NULL);

CREATE INDEX activity_contacts_contact ON public.activity_contacts USING btree (workspace_id, contact_id, at, activity_id) WHERE active;

CREATE INDEX agent_lanes_due ON public.agent_lanes USING btree (due_at) WHERE ((turn IS NULL) AND (lease IS NULL));

CREATE INDEX agent_lanes_held ON public.agent_lanes USING btree (until) WHERE (lease IS NOT NULL);

CREATE INDEX agent_lanes_last ON public.agent_lanes USING btree (workspace, priority, turn) WHERE ((turn IS NOT NULL) AND (lease IS NULL));

CREATE INDEX agent_lanes_next ON public.agent_lanes USING btree (turn, priority, run_id) WHERE ((turn IS NOT NULL) AND (lease IS NULL));

CREATE INDEX agent_memories_about ON public.agent_memories USING btree (workspace_id, entity_id, created_at) WHERE (entity_id IS NOT NULL);

CREATE INDEX agent_memories_created ON public.agent_memories USING btree (workspace_id, created_at, id);

CREATE INDEX agent_runs_children ON public.agent_runs USING btree (workspace_id, parent_id) WHERE (parent_id IS NOT NULL);

CREATE INDEX agent_runs_queued ON public.agent_runs USING btree (workspace_id, priority, run_at, id) WHERE (program AND (state = ANY (ARRAY['queued'::text, 'running'::text])));

CREATE INDEX agent_runs_root ON public.agent_runs USING btree (workspace_id, root_id, id) WHERE (root_id IS NOT NULL);

CREATE INDEX agent_runs_started ON public.agent_runs USING btree (workspace_id, started_at, id);

CREATE INDEX agent_runs_subject ON public.agent_runs USING btree (workspace_id, subject_id, started_at);

CREATE INDEX agent_schedules_next ON public.agent_schedules USING btree (workspace_id, next_at, id);

CREATE UNIQUE INDEX agent_steps_key ON public.agent_steps USING btree (workspace_id, run_id, key) WHERE (key <> ''::text);

CREATE INDEX agent_waits_latest ON public.agent_waits USING btree (workspace_id, agent, subject_at DESC);

CREATE INDEX ai_answers_expired ON public.ai_answers USING btree (workspace_id, expires_at);

CREATE INDEX ai_calls_run ON public.ai_calls USING btree (workspace_id, run_id) WHERE (run_id IS NOT NULL);

CREATE INDEX ai_calls_started ON public.ai_calls USING btree (workspace_id, started_at DESC, id DESC);

CREATE INDEX ai_leases_expired ON public.ai_leases USING btree (workspace_id, expires_at);

CREATE INDEX approvals_pending ON public.approvals USING btree (workspace_id, state, created_at, id);

CREATE INDEX approvals_run ON public.approvals USING btree (workspace_id, run_id) WHERE (run_id IS NOT NULL);

CREATE INDEX approvals_subject ON public.approvals USING btree (workspace_id, subject_id, created_at, id) WHERE (subject_id IS NOT NULL);

CREATE INDEX attachments_blob ON public.attachments USING btree (workspace_id, blob);

CREATE INDEX attachments_message ON public.attachments USING btree (workspace_id, message_id, "position");

CREATE INDEX companies_created ON public.companies USING btree (workspace_id, created_at, id) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX companies_domain_key ON public.companies USING btree (workspace_id, domain) WHERE ((deleted_at IS NULL) AND (domain IS NOT NULL));

CREATE INDEX companies_name ON public.companies USING btree (workspace_id, name_key, id) WHERE (deleted_at IS NULL);

CREATE INDEX companies_touch ON public.companies USING btree (workspace_id, touch_key, id) WHERE (deleted_at IS NULL);

CREATE INDEX companies_updated ON public.companies USING btree (workspace_id, updated_at, id) WHERE (deleted_at IS NULL);

CREATE INDEX contact_emails_contact ON public.contact_emails USING btree (workspace_id, contact_id);

CREATE UNIQUE INDEX contact_emails_email_key ON public.contact_emails USING btree (workspace_id, email_key) WHERE active;

CREATE INDEX contacts_company ON public.contacts USING btree (workspace_id, company_id) WHERE (deleted_at IS NULL);

CREATE INDEX contacts_created ON public.contacts USING btree (workspace_id, created_at, id) WHERE (deleted_at IS NULL);

CREATE INDEX contacts_name ON public.contacts USING btree (workspace_id, name_key, id) WHERE (deleted_at IS NULL);

CREATE INDEX contacts_owner ON public.contacts USING btree (workspace_id, owner_id, id) WHERE (deleted_at IS NULL);

CREATE INDEX contacts_score ON public.contacts USING btree (workspace_id, score_key, id) WHERE (deleted_at IS NULL);

CREATE INDEX contacts_status ON public.contacts USING btree (workspace_id, status, id) WHERE (deleted_at IS NULL);

CREATE INDEX contacts_touch ON public.contacts USING btree (workspace_id, touch_key, id) WHERE (deleted_at IS NULL);

CREATE INDEX contacts_updated ON public.contacts USING btree (workspace_id, updated_at, id) WHERE (deleted_at IS NULL);

CREATE INDEX content_drafts_contact ON public.content_drafts USING btree (workspace_id, contact_id, updated_at, id) WHERE (contact_id IS NOT NULL);

CREATE INDEX content_drafts_created ON public.content_drafts USING btree (workspace_id, created_at, id) WHERE (deleted_at IS NULL);

CREATE INDEX content_drafts_kind ON public.content_drafts USING btree (workspace_id, kind, updated_at, id) WHERE (deleted_at IS NULL);

CREATE INDEX content_drafts_run ON public.content_drafts USING btree (workspace_id, run_id) WHERE (run_id IS NOT NULL);

CREATE INDEX content_drafts_status ON public.content_drafts USING btree (workspace_id, status, updated_at, id) WHERE (deleted_at IS NULL);

CREATE INDEX content_drafts_thread ON public.content_drafts USING btree (workspace_id, thread_id) WHERE (thread_id IS NOT NULL);

CREATE INDEX content_drafts_updated ON public.content_drafts USING btree (workspace_id, updated_at, id) WHERE (deleted_at IS NULL);

CREATE INDEX drafts_author ON public.drafts USING btree (workspace_id, author_id, updated_at);

CREATE INDEX drafts_message ON public.drafts USING btree (workspace_id, message_id) WHERE (message_id IS NOT NULL);

CREATE INDEX email_intelligence_contact ON public.email_intelligence USING btree (workspace_id, contact_id, message_id);

CREATE INDEX email_triage_state ON public.email_triage USING btree (workspace_id, state, message_id);

CREATE INDEX events_batch ON public.events USING btree (workspace_id, batch_id, id) WHERE (batch_id IS NOT NULL);

CREATE INDEX events_entity ON public.events USING btree (workspace_id, entity_id, id);

CREATE INDEX events_run ON public.events USING btree (workspace_id, run_id, id) WHERE (run_id IS NOT NULL);

CREATE INDEX events_undoes ON public.events USING btree (workspace_id, undoes) WHERE (undoes IS NOT NULL);

CREATE INDEX feed_at ON public.feed USING btree (at);

CREATE INDEX feed_xid ON public.feed USING btree (xid);

CREATE INDEX field_values_date ON public.field_values USING btree (workspace_id, field_id, date_value, entity_id);

CREATE INDEX field_values_number ON public.field_values USING btree (workspace_id, field_id, number_value, entity_id);

CREATE INDEX field_values_text ON public.field_values USING btree (workspace_id, field_id, text_value, entity_id);

CREATE INDEX idempotency_keys_age ON public.idempotency_keys USING btree (workspace_id, created_at);

CREATE INDEX import_items_outcome ON public.import_items USING btree (workspace_id, import_id, outcome, ordinal);

CREATE INDEX imports_created ON public.imports USING btree (workspace_id, created_at, id);

CREATE INDEX intelligence_items_message ON public.intelligence_items USING btree (workspace_id, message_id, "position");

CREATE INDEX mailbox_leases_until ON public.mailbox_leases USING btree (until);

CREATE INDEX mailbox_messages_follow ON public.mailbox_messages USING btree (workspace_id, mailbox_id, folder_id, uid) WHERE (follow AND (NOT seen));

CREATE INDEX mailbox_messages_message ON public.mailbox_messages USING btree (workspace_id, message_id);

CREATE INDEX mailbox_messages_refused ON public.mailbox_messages USING btree (workspace_id, mailbox_id, folder_id, uid) WHERE (refused <> ''::text);

CREATE INDEX mailbox_progress_mailbox ON public.mailbox_progress USING btree (workspace_id, mailbox_id);

CREATE UNIQUE INDEX mailboxes_account_key ON public.mailboxes USING btree (workspace_id, host, username) WHERE (deleted_at IS NULL);

CREATE INDEX message_addresses_contact ON public.message_addresses USING btree (workspace_id, contact_id, sent_at, message_id) WHERE (contact_id IS NOT NULL);

CREATE INDEX message_addresses_key ON public.message_addresses USING btree (workspace_id, address_key) WHERE (contact_id IS NULL);

CREATE INDEX messages_contact ON public.messages USING btree (workspace_id, contact_id, sent_at, id);

CREATE INDEX messages_import ON public.messages USING btree (workspace_id, import_id) WHERE (import_id IS NOT NULL);

CREATE INDEX messages_raw ON public.messages USING btree (workspace_id, raw);

CREATE INDEX messages_thread ON public.messages USING btree (workspace_id, thread_id, sent_at, id);

CREATE INDEX notes_author ON public.notes USING btree (workspace_id, author_id, created_at, id) WHERE (deleted_at IS NULL);

CREATE INDEX notes_created ON public.notes USING btree (workspace_id, created_at, id) WHERE (deleted_at IS NULL);

CREATE INDEX notes_entity ON public.notes USING btree (workspace_id, entity_id, created_at, id) WHERE (deleted_at IS NULL);

CREATE INDEX notes_pinned ON public.notes USING btree (workspace_id, created_at, id) WHERE ((deleted_at IS NULL) AND pinned);

CREATE INDEX notes_updated ON public.notes USING btree (workspace_id, updated_at, id) WHERE (deleted_at IS NULL);

CREATE INDEX notification_digests_due ON public.notification_digests USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX notifications_age ON public.notifications USING btree (workspace_id, created_at);

CREATE INDEX notifications_person ON public.notifications USING btree (workspace_id, user_id, created_at, id) WHERE app;

CREATE INDEX notifications_unread ON public.notifications USING btree (workspace_id, user_id) WHERE (read_at IS NULL);

CREATE INDEX outgoing_answers ON public.outgoing USING btree (workspace_id, answers_id) WHERE (answers_id IS NOT NULL);

CREATE INDEX outgoing_attachments_blob ON public.outgoing_attachments USING btree (workspace_id, blob);

CREATE INDEX outgoing_created ON public.outgoing USING btree (workspace_id, created_at, id);

CREATE INDEX outgoing_message ON public.outgoing USING btree (workspace_id, message_id) WHERE (message_id IS NOT NULL);

CREATE INDEX outgoing_raw ON public.outgoing USING btree (workspace_id, raw) WHERE (raw <> ''::text);

CREATE INDEX outgoing_state ON public.outgoing USING btree (workspace_id, state, created_at, id);

CREATE UNIQUE INDEX senders_default ON public.senders USING btree (workspace_id) WHERE (is_default AND (deleted_at IS NULL));

CREATE INDEX senders_mailbox ON public.senders USING btree (workspace_id, mailbox_id) WHERE (mailbox_id IS NOT NULL);

CREATE INDEX taggings_tag ON public.taggings USING btree (workspace_id, tag_id, entity_id);

CREATE INDEX tasks_assignee ON public.tasks USING btree (workspace_id, assignee_id, due_key, id) WHERE (deleted_at IS NULL);

CREATE INDEX tasks_created ON public.tasks USING btree (workspace_id, created_at, id) WHERE (deleted_at IS NULL);

CREATE INDEX tasks_due ON public.tasks USING btree (workspace_id, due_key, id) WHERE (deleted_at IS NULL);

CREATE INDEX tasks_due_at ON public.tasks USING btree (workspace_id, due_at, id) WHERE (deleted_at IS NULL);

CREATE INDEX tasks_entity ON public.tasks USING btree (workspace_id, entity_id, created_at, id) WHERE (deleted_at IS NULL);

CREATE INDEX tasks_message ON public.tasks USING btree (workspace_id, message_id) WHERE (message_id IS NOT NULL);

CREATE INDEX tasks_open ON public.tasks USING btree (workspace_id, assignee_id, due_key, id) WHERE ((deleted_at IS NULL) AND (status = ANY (ARRAY['open'::text, 'in_progress'::text])));

CREATE INDEX tasks_priority ON public.tasks USING btree (workspace_id, priority_key, id) WHERE (deleted_at IS NULL);

CREATE INDEX tasks_status ON public.tasks USING btree (workspace_id, status, due_key, id) WHERE (deleted_at IS NULL);

CREATE INDEX tasks_thread ON public.tasks USING btree (workspace_id, thread_id) WHERE (thread_id IS NOT NULL);

CREATE INDEX tasks_title ON public.tasks USING btree (workspace_id, title_key, id) WHERE (deleted_at IS NULL);

CREATE INDEX thread_refs_thread ON public.thread_refs USING btree (workspace_id, thread_id);

CREATE INDEX threads_assignee ON public.threads USING btree (workspace_id, assignee_id, last_message_at, id) WHERE (assignee_id IS NOT NULL);

CREATE INDEX threads_category_last ON public.threads USING btree (workspace_id, category, last_message_at, id);

CREATE INDEX threads_contact ON public.threads USING btree (workspace_id, contact_id, last_message_at, id);

CREATE INDEX threads_last ON public.threads USING btree (workspace_id, last_message_at, id);

CREATE INDEX threads_reply ON public.threads USING btree (workspace_id, last_message_at, id) WHERE (requires_response AND (status = 'open'::text));

CREATE INDEX threads_status_last ON public.threads USING btree (workspace_id, status, last_message_at, id);

CREATE INDEX threads_subject ON public.threads USING btree (workspace_id, subject_key, last_message_at);

CREATE INDEX uploads_blob ON public.uploads USING btree (workspace_id, blob);

CREATE INDEX uploads_created ON public.uploads USING btree (workspace_id, created_at);

CREATE INDEX views_entity ON public.views USING btree (workspace_id, entity, "position", id) WHERE (deleted_at IS NULL);

CREATE INDEX river_job_args_index ON river.river_job USING gin (args);

CREATE INDEX river_job_kind ON river.river_job USING btree (kind);

CREATE INDEX river_job_metadata_index ON river.river_job USING gin (metadata);

CREATE INDEX river_job_prioritized_fetching_index ON river.river_job USING btree (state, queue, priority, scheduled_at, id);

CREATE INDEX river_job_state_and_finalized_at_index ON river.river_job USING btree (state, finalized_at) WHERE (finalized_at IS NOT NULL);

CREATE UNIQUE INDEX river_job_unique_idx ON river.river_job USING btree (unique_key) WHERE ((unique_key IS NOT NULL) AND (unique_states IS NOT NULL) AND river.river_job_state_in_bitmask(unique_states, state));

CREATE INDEX river_notification_created_at_idx ON river.river_notification USING btree (created_at);

CREATE INDEX river_notification_topic_id_idx ON river.river_notification USING btree (topic, id);

CREATE INDEX documents_names ON search.documents USING gin (workspace_id, entity, names search.gin_trgm_ops) WITH (gin_pending_list_limit='256') WHERE (entity = ANY (ARRAY['contact'::text, 'company'::text]));

CREATE INDEX documents_vector ON search.documents USING gin (workspace_id, entity, vector) WITH (gin_pending_list_limit='256');

CREATE INDEX mail_at ON search.mail USING btree (workspace_id, at, message_id);

CREATE INDEX mail_thread ON search.mail USING btree (workspace_id, thread_id);

CREATE INDEX mail_vector ON search.mail USING gin (workspace_id, vector) WITH (gin_pending_list_limit='256');

CREATE INDEX search_documents_title ON search.search_documents USING gin (workspace_id, title search.gin_trgm_ops) WITH (gin_pending_list_limit='256');

CREATE INDEX search_documents_vector ON search.search_documents USING gin (workspace_id, vector) WITH (gin_pending_list_limit='256');

CREATE INDEX series_step_at ON telemetry.series USING btree (step, at);

ALTER TABLE ONLY ai.organization_limits
    ADD CONSTRAINT organization_limits_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations(id);

ALTER TABLE ONLY ai.organization_spend
    ADD CONSTRAINT organization_spend_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations(id);

ALTER TABLE ONLY identity.api_keys
    ADD CONSTRAINT api_keys_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users(id);

ALTER TABLE ONLY identity.api_keys
    ADD CONSTRAINT api_keys_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations(id);

ALTER TABLE ONLY identity.api_keys
    ADD CONSTRAINT api_keys_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY identity.audit
    ADD CONSTRAINT audit_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations(id);

ALTER TABLE ONLY identity.audit
    ADD CONSTRAINT audit_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users(id);

ALTER TABLE ONLY identity.invitations
    ADD CONSTRAINT invitations_accepted_by_fkey FOREIGN KEY (accepted_by) REFERENCES identity.users(id);

ALTER TABLE ONLY identity.invitations
    ADD CONSTRAINT invitations_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES identity.users(id);

ALTER TABLE ONLY identity.invitations
    ADD CONSTRAINT invitations_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations(id);

ALTER TABLE ONLY identity.links
    ADD CONSTRAINT links_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users(id);

ALTER TABLE ONLY identity.memberships
    ADD CONSTRAINT memberships_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations(id);

ALTER TABLE ONLY identity.memberships
    ADD CONSTRAINT memberships_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users(id);

ALTER TABLE ONLY identity.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users(id);

ALTER TABLE ONLY identity.workspaces
    ADD CONSTRAINT workspaces_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations(id);

ALTER TABLE ONLY limits.workspace_limits
    ADD CONSTRAINT workspace_limits_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_workspace_id_company_id_fkey FOREIGN KEY (workspace_id, company_id) REFERENCES public.companies(workspace_id, id);

ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.activity_contacts
    ADD CONSTRAINT activity_contacts_workspace_id_activity_id_fkey FOREIGN KEY (workspace_id, activity_id) REFERENCES public.activities(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.activity_contacts
    ADD CONSTRAINT activity_contacts_workspace_id_contact_id_fkey FOREIGN KEY (workspace_id, contact_id) REFERENCES public.contacts(workspace_id, id);

ALTER TABLE ONLY public.activity_contacts
    ADD CONSTRAINT activity_contacts_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.agent_days
    ADD CONSTRAINT agent_days_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.agent_memories
    ADD CONSTRAINT agent_memories_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.agent_policies
    ADD CONSTRAINT agent_policies_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.agent_runs
    ADD CONSTRAINT agent_runs_parent FOREIGN KEY (workspace_id, parent_id) REFERENCES public.agent_runs(workspace_id, id) NOT VALID;

ALTER TABLE ONLY public.agent_runs
    ADD CONSTRAINT agent_runs_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.agent_schedules
    ADD CONSTRAINT agent_schedules_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.agent_schedules
    ADD CONSTRAINT agent_schedules_workspace_id_last_run_id_fkey FOREIGN KEY (workspace_id, last_run_id) REFERENCES public.agent_runs(workspace_id, id);

ALTER TABLE ONLY public.agent_steps
    ADD CONSTRAINT agent_steps_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.agent_steps
    ADD CONSTRAINT agent_steps_workspace_id_run_id_fkey FOREIGN KEY (workspace_id, run_id) REFERENCES public.agent_runs(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.agent_waits
    ADD CONSTRAINT agent_waits_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.ai_answers
    ADD CONSTRAINT ai_answers_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.ai_calls
    ADD CONSTRAINT ai_calls_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.ai_keys
    ADD CONSTRAINT ai_keys_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.ai_leases
    ADD CONSTRAINT ai_leases_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.ai_limits
    ADD CONSTRAINT ai_limits_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.ai_policies
    ADD CONSTRAINT ai_policies_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.ai_spend
    ADD CONSTRAINT ai_spend_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.ai_usage
    ADD CONSTRAINT ai_usage_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.approvals
    ADD CONSTRAINT approvals_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.approvals
    ADD CONSTRAINT approvals_workspace_id_run_id_fkey FOREIGN KEY (workspace_id, run_id) REFERENCES public.agent_runs(workspace_id, id);

ALTER TABLE ONLY public.attachments
    ADD CONSTRAINT attachments_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.attachments
    ADD CONSTRAINT attachments_workspace_id_message_id_fkey FOREIGN KEY (workspace_id, message_id) REFERENCES public.messages(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.blobs
    ADD CONSTRAINT blobs_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.brand_voices
    ADD CONSTRAINT brand_voices_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.bulk_runs
    ADD CONSTRAINT bulk_runs_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.companies
    ADD CONSTRAINT companies_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.contact_assessments
    ADD CONSTRAINT contact_assessments_workspace_id_contact_id_fkey FOREIGN KEY (workspace_id, contact_id) REFERENCES public.contacts(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.contact_assessments
    ADD CONSTRAINT contact_assessments_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.contact_emails
    ADD CONSTRAINT contact_emails_workspace_id_contact_id_fkey FOREIGN KEY (workspace_id, contact_id) REFERENCES public.contacts(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.contact_emails
    ADD CONSTRAINT contact_emails_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.contacts
    ADD CONSTRAINT contacts_workspace_id_company_id_fkey FOREIGN KEY (workspace_id, company_id) REFERENCES public.companies(workspace_id, id);

ALTER TABLE ONLY public.contacts
    ADD CONSTRAINT contacts_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.content_drafts
    ADD CONSTRAINT content_drafts_workspace_id_contact_id_fkey FOREIGN KEY (workspace_id, contact_id) REFERENCES public.contacts(workspace_id, id);

ALTER TABLE ONLY public.content_drafts
    ADD CONSTRAINT content_drafts_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.content_drafts
    ADD CONSTRAINT content_drafts_workspace_id_thread_id_fkey FOREIGN KEY (workspace_id, thread_id) REFERENCES public.threads(workspace_id, id) ON DELETE SET NULL (thread_id);

ALTER TABLE ONLY public.content_versions
    ADD CONSTRAINT content_versions_workspace_id_draft_id_fkey FOREIGN KEY (workspace_id, draft_id) REFERENCES public.content_drafts(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.content_versions
    ADD CONSTRAINT content_versions_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.custom_field_definitions
    ADD CONSTRAINT custom_field_definitions_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.drafts
    ADD CONSTRAINT drafts_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.drafts
    ADD CONSTRAINT drafts_workspace_id_message_id_fkey FOREIGN KEY (workspace_id, message_id) REFERENCES public.messages(workspace_id, id);

ALTER TABLE ONLY public.drafts
    ADD CONSTRAINT drafts_workspace_id_sender_id_fkey FOREIGN KEY (workspace_id, sender_id) REFERENCES public.senders(workspace_id, id);

ALTER TABLE ONLY public.email_drains
    ADD CONSTRAINT email_drains_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.email_intelligence
    ADD CONSTRAINT email_intelligence_workspace_id_contact_id_fkey FOREIGN KEY (workspace_id, contact_id) REFERENCES public.contacts(workspace_id, id);

ALTER TABLE ONLY public.email_intelligence
    ADD CONSTRAINT email_intelligence_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.email_intelligence
    ADD CONSTRAINT email_intelligence_workspace_id_message_id_fkey FOREIGN KEY (workspace_id, message_id) REFERENCES public.messages(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.email_intelligence
    ADD CONSTRAINT email_intelligence_workspace_id_run_id_fkey FOREIGN KEY (workspace_id, run_id) REFERENCES public.agent_runs(workspace_id, id);

ALTER TABLE ONLY public.email_triage
    ADD CONSTRAINT email_triage_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.email_triage
    ADD CONSTRAINT email_triage_workspace_id_message_id_fkey FOREIGN KEY (workspace_id, message_id) REFERENCES public.messages(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.email_triage
    ADD CONSTRAINT email_triage_workspace_id_run_id_fkey FOREIGN KEY (workspace_id, run_id) REFERENCES public.agent_runs(workspace_id, id);

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.field_values
    ADD CONSTRAINT field_values_workspace_id_field_id_fkey FOREIGN KEY (workspace_id, field_id) REFERENCES public.custom_field_definitions(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.field_values
    ADD CONSTRAINT field_values_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.import_items
    ADD CONSTRAINT import_items_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.import_items
    ADD CONSTRAINT import_items_workspace_id_import_id_fkey FOREIGN KEY (workspace_id, import_id) REFERENCES public.imports(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.import_items
    ADD CONSTRAINT import_items_workspace_id_message_id_fkey FOREIGN KEY (workspace_id, message_id) REFERENCES public.messages(workspace_id, id);

ALTER TABLE ONLY public.imports
    ADD CONSTRAINT imports_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.intelligence_items
    ADD CONSTRAINT intelligence_items_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.intelligence_items
    ADD CONSTRAINT intelligence_items_workspace_id_message_id_fkey FOREIGN KEY (workspace_id, message_id) REFERENCES public.email_intelligence(workspace_id, message_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.lead_scores
    ADD CONSTRAINT lead_scores_workspace_id_contact_id_fkey FOREIGN KEY (workspace_id, contact_id) REFERENCES public.contacts(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.lead_scores
    ADD CONSTRAINT lead_scores_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.list_columns
    ADD CONSTRAINT list_columns_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.mailbox_folders
    ADD CONSTRAINT mailbox_folders_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.mailbox_folders
    ADD CONSTRAINT mailbox_folders_workspace_id_mailbox_id_fkey FOREIGN KEY (workspace_id, mailbox_id) REFERENCES public.mailboxes(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.mailbox_health
    ADD CONSTRAINT mailbox_health_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.mailbox_health
    ADD CONSTRAINT mailbox_health_workspace_id_mailbox_id_fkey FOREIGN KEY (workspace_id, mailbox_id) REFERENCES public.mailboxes(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.mailbox_messages
    ADD CONSTRAINT mailbox_messages_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.mailbox_messages
    ADD CONSTRAINT mailbox_messages_workspace_id_folder_id_fkey FOREIGN KEY (workspace_id, folder_id) REFERENCES public.mailbox_folders(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.mailbox_messages
    ADD CONSTRAINT mailbox_messages_workspace_id_mailbox_id_fkey FOREIGN KEY (workspace_id, mailbox_id) REFERENCES public.mailboxes(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.mailbox_messages
    ADD CONSTRAINT mailbox_messages_workspace_id_message_id_fkey FOREIGN KEY (workspace_id, message_id) REFERENCES public.messages(workspace_id, id);

ALTER TABLE ONLY public.mailbox_progress
    ADD CONSTRAINT mailbox_progress_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.mailbox_progress
    ADD CONSTRAINT mailbox_progress_workspace_id_folder_id_fkey FOREIGN KEY (workspace_id, folder_id) REFERENCES public.mailbox_folders(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.mailbox_progress
    ADD CONSTRAINT mailbox_progress_workspace_id_mailbox_id_fkey FOREIGN KEY (workspace_id, mailbox_id) REFERENCES public.mailboxes(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.mailboxes
    ADD CONSTRAINT mailboxes_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.message_addresses
    ADD CONSTRAINT message_addresses_workspace_id_contact_id_fkey FOREIGN KEY (workspace_id, contact_id) REFERENCES public.contacts(workspace_id, id);

ALTER TABLE ONLY public.message_addresses
    ADD CONSTRAINT message_addresses_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.message_addresses
    ADD CONSTRAINT message_addresses_workspace_id_message_id_fkey FOREIGN KEY (workspace_id, message_id) REFERENCES public.messages(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_workspace_id_contact_id_fkey FOREIGN KEY (workspace_id, contact_id) REFERENCES public.contacts(workspace_id, id);

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_workspace_id_import_id_fkey FOREIGN KEY (workspace_id, import_id) REFERENCES public.imports(workspace_id, id);

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_workspace_id_thread_id_fkey FOREIGN KEY (workspace_id, thread_id) REFERENCES public.threads(workspace_id, id);

ALTER TABLE ONLY public.notes
    ADD CONSTRAINT notes_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.notification_preferences
    ADD CONSTRAINT notification_preferences_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.oauth_grants
    ADD CONSTRAINT oauth_grants_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.oauth_states
    ADD CONSTRAINT oauth_states_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.outgoing_attachments
    ADD CONSTRAINT outgoing_attachments_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.outgoing_attachments
    ADD CONSTRAINT outgoing_attachments_workspace_id_outgoing_id_fkey FOREIGN KEY (workspace_id, outgoing_id) REFERENCES public.outgoing(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.outgoing
    ADD CONSTRAINT outgoing_workspace_id_answers_id_fkey FOREIGN KEY (workspace_id, answers_id) REFERENCES public.messages(workspace_id, id);

ALTER TABLE ONLY public.outgoing
    ADD CONSTRAINT outgoing_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.outgoing
    ADD CONSTRAINT outgoing_workspace_id_message_id_fkey FOREIGN KEY (workspace_id, message_id) REFERENCES public.messages(workspace_id, id);

ALTER TABLE ONLY public.outgoing
    ADD CONSTRAINT outgoing_workspace_id_sender_id_fkey FOREIGN KEY (workspace_id, sender_id) REFERENCES public.senders(workspace_id, id);

ALTER TABLE ONLY public.search_rebuilds
    ADD CONSTRAINT search_rebuilds_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.senders
    ADD CONSTRAINT senders_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.taggings
    ADD CONSTRAINT taggings_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.taggings
    ADD CONSTRAINT taggings_workspace_id_tag_id_fkey FOREIGN KEY (workspace_id, tag_id) REFERENCES public.tags(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.tags
    ADD CONSTRAINT tags_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_workspace_id_message_id_fkey FOREIGN KEY (workspace_id, message_id) REFERENCES public.messages(workspace_id, id);

ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_workspace_id_thread_id_fkey FOREIGN KEY (workspace_id, thread_id) REFERENCES public.threads(workspace_id, id);

ALTER TABLE ONLY public.thread_refs
    ADD CONSTRAINT thread_refs_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.thread_refs
    ADD CONSTRAINT thread_refs_workspace_id_thread_id_fkey FOREIGN KEY (workspace_id, thread_id) REFERENCES public.threads(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.threads
    ADD CONSTRAINT threads_workspace_id_contact_id_fkey FOREIGN KEY (workspace_id, contact_id) REFERENCES public.contacts(workspace_id, id);

ALTER TABLE ONLY public.threads
    ADD CONSTRAINT threads_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT uploads_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY public.views
    ADD CONSTRAINT views_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES identity.workspaces(id);

ALTER TABLE ONLY search.mail
    ADD CONSTRAINT mail_workspace_id_message_id_fkey FOREIGN KEY (workspace_id, message_id) REFERENCES public.messages(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE public.activities ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.activity_contacts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.agent_days ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.agent_memories ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.agent_policies ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.agent_runs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.agent_schedules ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.agent_steps ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.agent_waits ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ai_answers ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ai_calls ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ai_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ai_leases ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ai_limits ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ai_policies ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ai_spend ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ai_usage ENABLE ROW LEVEL SECURITY;

CREATE POLICY app ON public.activities TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.activity_contacts TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.agent_days TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.agent_memories TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.agent_policies TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.agent_runs TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.agent_schedules TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.agent_steps TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.agent_waits TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.ai_answers TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.ai_calls TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.ai_keys TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.ai_leases TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.ai_limits TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.ai_policies TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.ai_spend TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.ai_usage TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.approvals TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.attachments TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.blobs TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.brand_voices TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.bulk_runs TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.companies TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.contact_assessments TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.contact_emails TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.contacts TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.content_drafts TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.content_versions TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.custom_field_definitions TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.drafts TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.email_drains TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.email_intelligence TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.email_triage TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.events TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.field_values TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.idempotency_keys TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.import_items TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.imports TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.intelligence_items TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.lead_scores TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.list_columns TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.mailbox_folders TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.mailbox_health TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.mailbox_messages TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.mailbox_progress TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.mailboxes TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.message_addresses TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.messages TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.notes TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.notification_preferences TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.notifications TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.oauth_grants TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.oauth_states TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.outgoing TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.outgoing_attachments TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.search_rebuilds TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.senders TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.taggings TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.tags TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.tasks TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.thread_refs TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.threads TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.uploads TO rapport_app USING (true) WITH CHECK (true);

CREATE POLICY app ON public.views TO rapport_app USING (true) WITH CHECK (true);

ALTER TABLE public.approvals ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.attachments ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.blobs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.brand_voices ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.bulk_runs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.companies ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.contact_assessments ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.contact_emails ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.contacts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.content_drafts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.content_versions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.custom_field_definitions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.drafts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.email_drains ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.email_intelligence ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.email_triage ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.events ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.field_values ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.idempotency_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.import_items ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.imports ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.intelligence_items ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.lead_scores ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.list_columns ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.mailbox_folders ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.mailbox_health ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.mailbox_messages ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.mailbox_progress ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.mailboxes ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.message_addresses ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.messages ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.notes ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.notification_preferences ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.notifications ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.oauth_grants ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.oauth_states ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.outgoing ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.outgoing_attachments ENABLE ROW LEVEL SECURITY;

CREATE POLICY owner ON public.activities TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.activity_contacts TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.agent_days TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.agent_memories TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.agent_policies TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.agent_runs TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.agent_schedules TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.agent_steps TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.agent_waits TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.ai_answers TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.ai_calls TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.ai_keys TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.ai_leases TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.ai_limits TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.ai_policies TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.ai_spend TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.ai_usage TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.approvals TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.attachments TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.blobs TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.brand_voices TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.bulk_runs TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.companies TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.contact_assessments TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.contact_emails TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.contacts TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.content_drafts TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.content_versions TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.custom_field_definitions TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.drafts TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.email_drains TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.email_intelligence TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.email_triage TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.events TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.field_values TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.idempotency_keys TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.import_items TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.imports TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.intelligence_items TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.lead_scores TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.list_columns TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.mailbox_folders TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.mailbox_health TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.mailbox_messages TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.mailbox_progress TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.mailboxes TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.message_addresses TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.messages TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.notes TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.notification_preferences TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.notifications TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.oauth_grants TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.oauth_states TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.outgoing TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.outgoing_attachments TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.search_rebuilds TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.senders TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.taggings TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.tags TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.tasks TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.thread_refs TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.threads TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.uploads TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON public.views TO rapport_owner USING (true) WITH CHECK (true);

ALTER TABLE public.search_rebuilds ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.senders ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.taggings ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tags ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tasks ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant ON public.activities AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.activity_contacts AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.agent_days AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.agent_memories AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.agent_policies AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.agent_runs AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.agent_schedules AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.agent_steps AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.agent_waits AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.ai_answers AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.ai_calls AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.ai_keys AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.ai_leases AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.ai_limits AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.ai_policies AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.ai_spend AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.ai_usage AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.approvals AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.attachments AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.blobs AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.brand_voices AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.bulk_runs AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.companies AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.contact_assessments AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.contact_emails AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.contacts AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.content_drafts AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.content_versions AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.custom_field_definitions AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.drafts AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.email_drains AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.email_intelligence AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.email_triage AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.events AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.field_values AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.idempotency_keys AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.import_items AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.imports AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.intelligence_items AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.lead_scores AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.list_columns AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.mailbox_folders AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.mailbox_health AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.mailbox_messages AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.mailbox_progress AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.mailboxes AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.message_addresses AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.messages AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.notes AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.notification_preferences AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.notifications AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.oauth_grants AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.oauth_states AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.outgoing AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.outgoing_attachments AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.search_rebuilds AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.senders AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.taggings AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.tags AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.tasks AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.thread_refs AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.threads AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.uploads AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.views AS RESTRICTIVE TO rapport_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

ALTER TABLE public.thread_refs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.threads ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.uploads ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.views ENABLE ROW LEVEL SECURITY;

ALTER TABLE search.documents ENABLE ROW LEVEL SECURITY;

ALTER TABLE search.mail ENABLE ROW LEVEL SECURITY;

CREATE POLICY owner ON search.documents TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON search.mail TO rapport_owner USING (true) WITH CHECK (true);

CREATE POLICY owner ON search.search_documents TO rapport_owner USING (true) WITH CHECK (true);

ALTER TABLE search.search_documents ENABLE ROW LEVEL SECURITY;

GRANT USAGE ON SCHEMA ai TO rapport_app;

GRANT USAGE ON SCHEMA alerts TO rapport_app;

GRANT USAGE ON SCHEMA failures TO rapport_app;

GRANT USAGE ON SCHEMA identity TO rapport_app;

GRANT USAGE ON SCHEMA limits TO rapport_app;

GRANT ALL ON SCHEMA public TO rapport_owner;
GRANT USAGE ON SCHEMA public TO rapport_app;

GRANT USAGE ON SCHEMA river TO rapport_app;
GRANT USAGE ON SCHEMA river TO rapport;

GRANT USAGE ON SCHEMA search TO rapport_app;

GRANT USAGE ON SCHEMA telemetry TO rapport_app;

REVOKE ALL ON FUNCTION ai.account(lease uuid, number bigint, spent bigint, given_back bigint, ttl interval) FROM PUBLIC;
GRANT ALL ON FUNCTION ai.account(lease uuid, number bigint, spent bigint, given_back bigint, ttl interval) TO rapport_app;

REVOKE ALL ON FUNCTION ai.book(ws uuid, org uuid, who_agent text, who_person text, day date, spent bigint, reserved bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION ai.charge(amount bigint, who_agent text, who_person text, today date) FROM PUBLIC;
GRANT ALL ON FUNCTION ai.charge(amount bigint, who_agent text, who_person text, today date) TO rapport_app;

REVOKE ALL ON FUNCTION ai.end_lease(lease uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION ai.end_lease(lease uuid) TO rapport_app;

REVOKE ALL ON FUNCTION ai.fill(used bigint, most bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION ai.fill(used bigint, most bigint) TO rapport_app;

REVOKE ALL ON FUNCTION ai.keys(who text) FROM PUBLIC;
GRANT ALL ON FUNCTION ai.keys(who text) TO rapport_app;

REVOKE ALL ON FUNCTION ai.limit_organization(daily bigint, monthly bigint, enforce boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION ai.limit_organization(daily bigint, monthly bigint, enforce boolean) TO rapport_app;

REVOKE ALL ON FUNCTION ai.organization(today date) FROM PUBLIC;
GRANT ALL ON FUNCTION ai.organization(today date) TO rapport_app;

REVOKE ALL ON FUNCTION ai.reserve(lease uuid, amount bigint, who_agent text, who_person text, today date, ttl interval, default_daily bigint, default_monthly bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION ai.reserve(lease uuid, amount bigint, who_agent text, who_person text, today date, ttl interval, default_daily bigint, default_monthly bigint) TO rapport_app;

REVOKE ALL ON FUNCTION ai.sweep(all_of_them boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION ai.sweep(all_of_them boolean) TO rapport_app;

REVOKE ALL ON FUNCTION identity.address_set(who uuid, address text, key text) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.address_set(who uuid, address text, key text) TO rapport_app;

REVOKE ALL ON FUNCTION identity.admins() FROM PUBLIC;
GRANT ALL ON FUNCTION identity.admins() TO rapport_app;

REVOKE ALL ON FUNCTION identity.all_workspaces() FROM PUBLIC;
GRANT ALL ON FUNCTION identity.all_workspaces() TO rapport_app;

REVOKE ALL ON FUNCTION identity.allowed(spot bytea, most integer, span interval) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.allowed(spot bytea, most integer, span interval) TO rapport_app;

REVOKE ALL ON FUNCTION identity.api_key_add(org uuid, k jsonb, token bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.api_key_add(org uuid, k jsonb, token bytea) TO rapport_app;

REVOKE ALL ON FUNCTION identity.api_key_revoke(org uuid, key uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.api_key_revoke(org uuid, key uuid) TO rapport_app;

REVOKE ALL ON FUNCTION identity.api_keys_of(org uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.api_keys_of(org uuid) TO rapport_app;

REVOKE ALL ON FUNCTION identity.attempt(key text, address bytea, origin bytea, good boolean, entry uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.attempt(key text, address bytea, origin bytea, good boolean, entry uuid) TO rapport_app;

REVOKE ALL ON FUNCTION identity.audit_add(entry jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.audit_add(entry jsonb) TO rapport_app;

REVOKE ALL ON FUNCTION identity.audit_of(org uuid, before uuid, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.audit_of(org uuid, before uuid, most integer) TO rapport_app;

REVOKE ALL ON FUNCTION identity.authenticate(token bytea, workspace text, organization text) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.authenticate(token bytea, workspace text, organization text) TO rapport_app;

REVOKE ALL ON FUNCTION identity.credentials(key text) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.credentials(key text) TO rapport_app;

REVOKE ALL ON FUNCTION identity.demo_begin(ws uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.demo_begin(ws uuid) TO rapport_app;

REVOKE ALL ON FUNCTION identity.demo_erase(org uuid, ws uuid, new_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.demo_erase(org uuid, ws uuid, new_id uuid) TO rapport_app;

REVOKE ALL ON FUNCTION identity.demo_filled(ws uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.demo_filled(ws uuid) TO rapport_app;

REVOKE ALL ON FUNCTION identity.demo_forget(ws uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.demo_forget(ws uuid) TO rapport_app;

REVOKE ALL ON FUNCTION identity.demos(org uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.demos(org uuid) TO rapport_app;

REVOKE ALL ON FUNCTION identity.everything() FROM PUBLIC;
GRANT ALL ON FUNCTION identity.everything() TO rapport_app;

REVOKE ALL ON FUNCTION identity.failed(spot bytea, free integer) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.failed(spot bytea, free integer) TO rapport_app;

REVOKE ALL ON FUNCTION identity.has_users() FROM PUBLIC;
GRANT ALL ON FUNCTION identity.has_users() TO rapport_app;

REVOKE ALL ON FUNCTION identity.idempotency_begin(who uuid, new_key text, new_operation text, hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.idempotency_begin(who uuid, new_key text, new_operation text, hash bytea) TO rapport_app;

REVOKE ALL ON FUNCTION identity.idempotency_end(who uuid, used_key text, result jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.idempotency_end(who uuid, used_key text, result jsonb) TO rapport_app;

REVOKE ALL ON FUNCTION identity.idempotency_read(who uuid, used_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.idempotency_read(who uuid, used_key text) TO rapport_app;

REVOKE ALL ON FUNCTION identity.idempotency_sweep() FROM PUBLIC;
GRANT ALL ON FUNCTION identity.idempotency_sweep() TO rapport_app;

REVOKE ALL ON FUNCTION identity.idempotency_sweep(most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.idempotency_sweep(most integer) TO rapport_app;

REVOKE ALL ON FUNCTION identity.invitation(token bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.invitation(token bytea) TO rapport_app;

REVOKE ALL ON FUNCTION identity.invitation_accept(token bytea, who uuid, new_user jsonb, password_hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.invitation_accept(token bytea, who uuid, new_user jsonb, password_hash text) TO rapport_app;

REVOKE ALL ON FUNCTION identity.invitation_add(org uuid, new_one jsonb, token bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.invitation_add(org uuid, new_one jsonb, token bytea) TO rapport_app;

REVOKE ALL ON FUNCTION identity.invitation_came(one uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.invitation_came(one uuid) TO rapport_app;

REVOKE ALL ON FUNCTION identity.invitation_renew(org uuid, one uuid, renewal jsonb, token bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.invitation_renew(org uuid, one uuid, renewal jsonb, token bytea) TO rapport_app;

REVOKE ALL ON FUNCTION identity.invitation_revoke(org uuid, one uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.invitation_revoke(org uuid, one uuid) TO rapport_app;

REVOKE ALL ON FUNCTION identity.invitation_state(i identity.invitations) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.invitation_state(i identity.invitations) TO rapport_app;

REVOKE ALL ON FUNCTION identity.invitations_of(org uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.invitations_of(org uuid) TO rapport_app;

REVOKE ALL ON FUNCTION identity.is_member(who uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.is_member(who uuid) TO rapport_app;

REVOKE ALL ON FUNCTION identity.letter_add(letter jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.letter_add(letter jsonb) TO rapport_app;

REVOKE ALL ON FUNCTION identity.letter_claim(letter uuid, new_claim uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.letter_claim(letter uuid, new_claim uuid) TO rapport_app;

REVOKE ALL ON FUNCTION identity.letter_end(letter uuid, own_claim uuid, new_state text, reason text, again_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.letter_end(letter uuid, own_claim uuid, new_state text, reason text, again_at timestamp with time zone) TO rapport_app;

REVOKE ALL ON FUNCTION identity.letter_hand_over(letter uuid, own_claim uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.letter_hand_over(letter uuid, own_claim uuid) TO rapport_app;

REVOKE ALL ON FUNCTION identity.letters_stranded() FROM PUBLIC;
GRANT ALL ON FUNCTION identity.letters_stranded() TO rapport_app;

REVOKE ALL ON FUNCTION identity.link(token bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.link(token bytea) TO rapport_app;

REVOKE ALL ON FUNCTION identity.link_add(link jsonb, token bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.link_add(link jsonb, token bytea) TO rapport_app;

REVOKE ALL ON FUNCTION identity.link_resolve(link uuid, token bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.link_resolve(link uuid, token bytea) TO rapport_app;

REVOKE ALL ON FUNCTION identity.link_use(token bytea, wanted text) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.link_use(token bytea, wanted text) TO rapport_app;

REVOKE ALL ON FUNCTION identity.login(key text, address bytea, origin bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.login(key text, address bytea, origin bytea) TO rapport_app;

REVOKE ALL ON FUNCTION identity.login_failed(who uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.login_failed(who uuid) TO rapport_app;

REVOKE ALL ON FUNCTION identity.mail_address(who uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.mail_address(who uuid) TO rapport_app;

REVOKE ALL ON FUNCTION identity.me(who uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.me(who uuid) TO rapport_app;

REVOKE ALL ON FUNCTION identity.member_add(org uuid, new_user jsonb, password_hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.member_add(org uuid, new_user jsonb, password_hash text) TO rapport_app;

REVOKE ALL ON FUNCTION identity.member_remove(org uuid, who uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.member_remove(org uuid, who uuid) TO rapport_app;

REVOKE ALL ON FUNCTION identity.member_set(org uuid, who uuid, new_role text, new_active boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.member_set(org uuid, who uuid, new_role text, new_active boolean) TO rapport_app;

REVOKE ALL ON FUNCTION identity.members(org uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.members(org uuid) TO rapport_app;

REVOKE ALL ON FUNCTION identity.operator_set(key text, is_operator boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.operator_set(key text, is_operator boolean) TO rapport_app;

REVOKE ALL ON FUNCTION identity.password_set(who uuid, hash text, keep uuid, address bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.password_set(who uuid, hash text, keep uuid, address bytea) TO rapport_app;

REVOKE ALL ON FUNCTION identity.people_sweep() FROM PUBLIC;
GRANT ALL ON FUNCTION identity.people_sweep() TO rapport_app;

REVOKE ALL ON FUNCTION identity.place() FROM PUBLIC;
GRANT ALL ON FUNCTION identity.place() TO rapport_app;

REVOKE ALL ON FUNCTION identity.place(workspace text, organization text) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.place(workspace text, organization text) TO rapport_app;

REVOKE ALL ON FUNCTION identity.profile(who uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.profile(who uuid) TO rapport_app;

REVOKE ALL ON FUNCTION identity.profile_set(who uuid, new_name text, new_zone text) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.profile_set(who uuid, new_name text, new_zone text) TO rapport_app;

REVOKE ALL ON FUNCTION identity.rank(role text) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.rank(role text) TO rapport_app;

REVOKE ALL ON FUNCTION identity.ranked(lowest text) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.ranked(lowest text) TO rapport_app;

REVOKE ALL ON FUNCTION identity.register(new_user jsonb, password_hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.register(new_user jsonb, password_hash text) TO rapport_app;

REVOKE ALL ON FUNCTION identity.session_end(who uuid, session uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.session_end(who uuid, session uuid) TO rapport_app;

REVOKE ALL ON FUNCTION identity.session_start(new_session jsonb, token bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.session_start(new_session jsonb, token bytea) TO rapport_app;

REVOKE ALL ON FUNCTION identity.sessions_end(who uuid, keep uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.sessions_end(who uuid, keep uuid) TO rapport_app;

REVOKE ALL ON FUNCTION identity.sessions_of(who uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.sessions_of(who uuid) TO rapport_app;

REVOKE ALL ON FUNCTION identity.standing(who uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.standing(who uuid) TO rapport_app;

REVOKE ALL ON FUNCTION identity.unverify(who uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.unverify(who uuid) TO rapport_app;

REVOKE ALL ON FUNCTION identity.user_by(key text) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.user_by(key text) TO rapport_app;

REVOKE ALL ON FUNCTION identity.workspace() FROM PUBLIC;
GRANT ALL ON FUNCTION identity.workspace() TO rapport_app;

REVOKE ALL ON FUNCTION identity.workspace_add(org uuid, w jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.workspace_add(org uuid, w jsonb) TO rapport_app;

REVOKE ALL ON FUNCTION identity.workspace_set(new_name text, new_zone text, new_own text[], expected bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.workspace_set(new_name text, new_zone text, new_own text[], expected bigint) TO rapport_app;

REVOKE ALL ON FUNCTION identity.workspaces_of(org uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.workspaces_of(org uuid) TO rapport_app;

REVOKE ALL ON FUNCTION public.rapport_tenant(tenant_table regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION search.companies(ws uuid, name jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION search.find(q text, kinds text[], most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION search.find(q text, kinds text[], most integer) TO rapport_app;

REVOKE ALL ON FUNCTION search.here() FROM PUBLIC;

REVOKE ALL ON FUNCTION search.letters(ws uuid, ask jsonb, asked tsquery, named uuid[], since timestamp with time zone, until timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION search.look(ask jsonb, kinds text[], most integer, below double precision, past uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION search.look(ask jsonb, kinds text[], most integer, below double precision, past uuid) TO rapport_app;

REVOKE ALL ON FUNCTION search.move_mail(lose uuid[], keep uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION search.move_mail(lose uuid[], keep uuid[]) TO rapport_app;

REVOKE ALL ON FUNCTION search.people(ws uuid, person jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION search.put(kind text, ids uuid[], titles text[], subtitles text[], texts text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION search.put(kind text, ids uuid[], titles text[], subtitles text[], texts text[]) TO rapport_app;

REVOKE ALL ON FUNCTION search.put_mail(ids uuid[], threads uuid[], times timestamp with time zone[], tops text[], vectors text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION search.put_mail(ids uuid[], threads uuid[], times timestamp with time zone[], tops text[], vectors text[]) TO rapport_app;

REVOKE ALL ON FUNCTION search.put_records(kind text, ids uuid[], titles text[], subtitles text[], texts text[], folded text[], vectors text[], times timestamp with time zone[], about text[], abouts uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION search.put_records(kind text, ids uuid[], titles text[], subtitles text[], texts text[], folded text[], vectors text[], times timestamp with time zone[], about text[], abouts uuid[]) TO rapport_app;

REVOKE ALL ON FUNCTION search.records(ws uuid, kind text, ask jsonb, named uuid[], since timestamp with time zone, until timestamp with time zone, others integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION search.remove(kind text, ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION search.remove(kind text, ids uuid[]) TO rapport_app;

REVOKE ALL ON FUNCTION search.take_records(kind text, ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION search.take_records(kind text, ids uuid[]) TO rapport_app;

REVOKE ALL ON FUNCTION telemetry.census(daily bigint, monthly bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION telemetry.census(daily bigint, monthly bigint) TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ai.closures TO rapport_app;

GRANT SELECT,UPDATE ON TABLE alerts.board TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE alerts.incidents TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE alerts.notices TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE alerts.silences TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE alerts.uptime TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE failures.groups TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE limits.workspace_limits TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.activities TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.activity_contacts TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.agent_days TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.agent_lanes TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.agent_memories TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.agent_policies TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.agent_runs TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.agent_schedules TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.agent_steps TO rapport_app;

GRANT SELECT,UPDATE ON SEQUENCE public.agent_turn TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.agent_waits TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ai_answers TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ai_calls TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ai_keys TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ai_leases TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ai_limits TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ai_policies TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ai_spend TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ai_usage TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.approvals TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.attachments TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.blobs TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.brand_voices TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.bulk_runs TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.companies TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.contact_assessments TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.contact_emails TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.contacts TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.content_drafts TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.content_versions TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custom_field_definitions TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.drafts TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.email_drains TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.email_intelligence TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.email_triage TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.events TO rapport_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.feed TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.field_values TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.idempotency_keys TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.import_items TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.imports TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.intelligence_items TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lead_scores TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.list_columns TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.mailbox_folders TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.mailbox_health TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.mailbox_leases TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.mailbox_messages TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.mailbox_progress TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.mailboxes TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.message_addresses TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.messages TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.notes TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.notification_digests TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.notification_preferences TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.notifications TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.oauth_grants TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.oauth_states TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.outgoing TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.outgoing_attachments TO rapport_app;

GRANT SELECT ON TABLE public.rapport_migrations TO PUBLIC;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.search_rebuilds TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.senders TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.taggings TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tags TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tasks TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.thread_refs TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.threads TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.uploads TO rapport_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.views TO rapport_app;

GRANT SELECT,INSERT ON TABLE river.river_job TO rapport_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE river.river_job TO rapport;

GRANT UPDATE(kind) ON TABLE river.river_job TO rapport_app;

GRANT USAGE ON SEQUENCE river.river_job_id_seq TO rapport_app;
GRANT USAGE ON SEQUENCE river.river_job_id_seq TO rapport;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE river.river_leader TO rapport;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE river.river_migration TO rapport;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE river.river_notification TO rapport;

GRANT USAGE ON SEQUENCE river.river_notification_id_seq TO rapport;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE river.river_queue TO rapport;

GRANT SELECT,INSERT,DELETE ON TABLE telemetry.series TO rapport_app;

GRANT SELECT,INSERT ON TABLE telemetry.series_lines TO rapport_app;
