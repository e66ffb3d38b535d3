-- rapport: expand
-- What models are asked and what they cost: limits, money spent and reserved,
-- the record of calls, who is asked first, and the keys to ask with.

CREATE SCHEMA ai;
GRANT USAGE ON SCHEMA ai TO rapport_app;

-- A limit of NULL is none. A limit that is not enforced is only watched.
CREATE TABLE ai_limits (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    scope text NOT NULL CHECK (scope IN ('workspace', 'agent', 'user', 'run')),
    subject text NOT NULL DEFAULT '' CHECK (length(subject) <= 100),
    daily_nano bigint CHECK (daily_nano >= 0),
    monthly_nano bigint CHECK (monthly_nano >= 0),
    warn_percent integer NOT NULL DEFAULT 80 CHECK (warn_percent BETWEEN 1 AND 95),
    enforced boolean NOT NULL DEFAULT true,
    version bigint NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, scope, subject)
);
SELECT rapport_tenant('ai_limits');

-- What agents have no answer for yet, or only that of rules which stood in:
-- asked again when it is due. subject_at is how old the subject is.
CREATE TABLE agent_waits (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    agent text NOT NULL,
    subject_id uuid NOT NULL,
    subject_at timestamptz NOT NULL,
    since timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    tries integer NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, agent, subject_id)
);
SELECT rapport_tenant('agent_waits');
CREATE INDEX agent_waits_latest ON agent_waits (workspace_id, agent, subject_at DESC);

-- A workspace has a row while a job asks again, and how many at once.
CREATE TABLE email_drains (
    workspace_id uuid PRIMARY KEY REFERENCES identity.workspaces (id),
    size integer NOT NULL DEFAULT 1 CHECK (size > 0),
    wanted_at timestamptz NOT NULL
);
SELECT rapport_tenant('email_drains');

-- Days and months begin at midnight UTC. band is how far it has been told of.
CREATE TABLE ai_spend (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    scope text NOT NULL,
    subject text NOT NULL,
    period text NOT NULL CHECK (period IN ('day', 'month')),
    starts_on date NOT NULL,
    spent_nano bigint NOT NULL DEFAULT 0,
    reserved_nano bigint NOT NULL DEFAULT 0 CHECK (reserved_nano >= 0),
    band text NOT NULL DEFAULT 'ok' CHECK (band IN ('ok', 'warn', 'soft', 'hard')),
    PRIMARY KEY (workspace_id, scope, subject, period, starts_on)
);
SELECT rapport_tenant('ai_spend');

-- Money that a process has reserved and not yet accounted for. seq counts its
-- accounts, so that none is booked twice.
CREATE TABLE ai_leases (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    agent text NOT NULL,
    person text NOT NULL,
    starts_on date NOT NULL,
    held_nano bigint NOT NULL CHECK (held_nano >= 0),
    seq bigint NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
SELECT rapport_tenant('ai_leases');
CREATE INDEX ai_leases_expired ON ai_leases (workspace_id, expires_at);

CREATE TABLE ai_calls (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    task text NOT NULL,
    class text NOT NULL,
    agent text NOT NULL DEFAULT '',
    run_id uuid,
    user_id uuid,
    interactive boolean NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('answered', 'cached', 'degraded', 'deferred', 'failed', 'cancelled')),
    error text NOT NULL DEFAULT '',
    engine text NOT NULL DEFAULT '',
    model text NOT NULL DEFAULT '',
    attempts jsonb NOT NULL DEFAULT '[]',
    input_tokens bigint NOT NULL DEFAULT 0,
    output_tokens bigint NOT NULL DEFAULT 0,
    cached_tokens bigint NOT NULL DEFAULT 0,
    thinking_tokens bigint NOT NULL DEFAULT 0,
    cost_nano bigint NOT NULL DEFAULT 0,
    estimated boolean NOT NULL DEFAULT false,
    started_at timestamptz NOT NULL,
    duration_ms bigint NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
SELECT rapport_tenant('ai_calls');
CREATE INDEX ai_calls_started ON ai_calls (workspace_id, started_at DESC, id DESC);
CREATE INDEX ai_calls_run ON ai_calls (workspace_id, run_id) WHERE run_id IS NOT NULL;

-- Attempts by day; one call may have asked several models.
CREATE TABLE ai_usage (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    day date NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    task text NOT NULL,
    agent text NOT NULL,
    person text NOT NULL,
    calls bigint NOT NULL DEFAULT 0,
    failures bigint NOT NULL DEFAULT 0,
    input_tokens bigint NOT NULL DEFAULT 0,
    output_tokens bigint NOT NULL DEFAULT 0,
    cached_tokens bigint NOT NULL DEFAULT 0,
    thinking_tokens bigint NOT NULL DEFAULT 0,
    cost_nano bigint NOT NULL DEFAULT 0,
    duration_ms bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, day, provider, model, task, agent, person)
);
SELECT rapport_tenant('ai_usage');

CREATE TABLE ai_policies (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    policy jsonb NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
SELECT rapport_tenant('ai_policies');

-- Answers by what was asked, for a while.
CREATE TABLE ai_answers (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    key bytea NOT NULL,
    response jsonb NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, key)
);
SELECT rapport_tenant('ai_answers');
CREATE INDEX ai_answers_expired ON ai_answers (workspace_id, expires_at);

-- Keys are sealed by the application. One that is shared serves all workspaces
-- of the organization.
CREATE TABLE ai_keys (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    provider text NOT NULL CHECK (provider IN ('anthropic', 'gemini', 'openrouter', 'compatible')),
    label text NOT NULL DEFAULT '' CHECK (length(label) <= 100),
    secret bytea NOT NULL,
    base_url text NOT NULL DEFAULT '' CHECK (length(base_url) <= 500),
    shared boolean NOT NULL DEFAULT true,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
SELECT rapport_tenant('ai_keys');

-- keys are what the workspace may ask with: its own, then those that the others
-- of its organization share.
CREATE FUNCTION ai.keys(who text)
RETURNS TABLE (id uuid, workspace_id uuid, secret bytea, base_url text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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

-- Lanes to providers that are closed for longer than a process should remember
-- alone. It holds nothing of any tenant.
CREATE TABLE ai.closures (
    provider text NOT NULL,
    key_id text NOT NULL,
    family text NOT NULL,
    model text NOT NULL,
    kind text NOT NULL,
    detail text NOT NULL DEFAULT '',
    until timestamptz NOT NULL,
    PRIMARY KEY (provider, key_id, family, model)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON ai.closures TO rapport_app;

-- What an organization may spend, and has.
CREATE TABLE ai.organization_limits (
    organization_id uuid PRIMARY KEY REFERENCES identity.organizations (id),
    daily_nano bigint CHECK (daily_nano >= 0),
    monthly_nano bigint CHECK (monthly_nano >= 0),
    enforced boolean NOT NULL DEFAULT true
);
CREATE TABLE ai.organization_spend (
    organization_id uuid NOT NULL REFERENCES identity.organizations (id),
    period text NOT NULL CHECK (period IN ('day', 'month')),
    starts_on date NOT NULL,
    spent_nano bigint NOT NULL DEFAULT 0,
    reserved_nano bigint NOT NULL DEFAULT 0 CHECK (reserved_nano >= 0),
    PRIMARY KEY (organization_id, period, starts_on)
);

-- reserve gives a lease another amount, if all that it touches allow it: the
-- organization, the workspace, and the agent and the person where they have a
-- limit. One row: granted, or the scope that refused. fill is how full the
-- fullest of them is, in thousandths; crossed the band that was entered.
CREATE FUNCTION ai.reserve(lease uuid, amount bigint, who_agent text, who_person text, today date, ttl interval, default_daily bigint, default_monthly bigint)
RETURNS TABLE (granted boolean, scope text, subject text, period text, fill integer, crossed text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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

CREATE FUNCTION ai.fill(used bigint, most bigint) RETURNS integer
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN most IS NULL THEN 0 WHEN most = 0 THEN 1000 ELSE least(1000, (used::numeric * 1000 / most)::integer) END
$$;

-- book adds to what is spent and reserved in every scope of a lease.
CREATE FUNCTION ai.book(ws uuid, org uuid, who_agent text, who_person text, day date, spent bigint, reserved bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE ai.organization_spend SET spent_nano = spent_nano + spent, reserved_nano = greatest(0, reserved_nano + reserved)
    WHERE organization_id = org AND (period, starts_on) IN (('day', day), ('month', date_trunc('month', day)::date));
    UPDATE public.ai_spend SET spent_nano = spent_nano + spent, reserved_nano = greatest(0, reserved_nano + reserved)
    WHERE workspace_id = ws AND (period, starts_on) IN (('day', day), ('month', date_trunc('month', day)::date))
        AND (scope = 'workspace' OR scope = 'agent' AND subject = who_agent OR scope = 'user' AND subject = who_person);
END $$;

-- account books what a lease has spent and gives back what it no longer needs.
-- The account with a number that was there already changes nothing.
CREATE FUNCTION ai.account(lease uuid, number bigint, spent bigint, given_back bigint, ttl interval) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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

-- end_lease gives back what is left of a lease.
CREATE FUNCTION ai.end_lease(lease uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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

-- sweep ends the leases of processes that are gone: those that have expired, or
-- all of them where no other process can be. What they held counts as spent: a
-- call of theirs may have been paid for.
CREATE FUNCTION ai.sweep(all_of_them boolean) RETURNS TABLE (leases bigint, charged bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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

-- charge books what was spent without a reservation, while the database was
-- away. It is never refused: the money is gone.
CREATE FUNCTION ai.charge(amount bigint, who_agent text, who_person text, today date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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

-- organization answers what the workspace's organization may spend, and has.
CREATE FUNCTION ai.organization(today date)
RETURNS TABLE (daily_nano bigint, monthly_nano bigint, enforced boolean, spent_day bigint, spent_month bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT l.daily_nano, l.monthly_nano, coalesce(l.enforced, false),
        coalesce((SELECT s.spent_nano FROM ai.organization_spend s WHERE s.organization_id = w.organization_id AND s.period = 'day' AND s.starts_on = today), 0),
        coalesce((SELECT s.spent_nano FROM ai.organization_spend s WHERE s.organization_id = w.organization_id AND s.period = 'month' AND s.starts_on = date_trunc('month', today)::date), 0)
    FROM identity.workspaces w LEFT JOIN ai.organization_limits l ON l.organization_id = w.organization_id
    WHERE w.id = nullif(current_setting('app.workspace_id', true), '')::uuid
$$;

CREATE FUNCTION ai.limit_organization(daily bigint, monthly bigint, enforce boolean) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO ai.organization_limits (organization_id, daily_nano, monthly_nano, enforced)
    SELECT w.organization_id, daily, monthly, enforce FROM identity.workspaces w
    WHERE w.id = nullif(current_setting('app.workspace_id', true), '')::uuid
    ON CONFLICT (organization_id) DO UPDATE SET daily_nano = excluded.daily_nano, monthly_nano = excluded.monthly_nano, enforced = excluded.enforced
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ai FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ai.keys(text), ai.reserve(uuid, bigint, text, text, date, interval, bigint, bigint), ai.fill(bigint, bigint),
    ai.account(uuid, bigint, bigint, bigint, interval), ai.end_lease(uuid), ai.charge(bigint, text, text, date), ai.sweep(boolean), ai.organization(date),
    ai.limit_organization(bigint, bigint, boolean) TO rapport_app;
