-- rapport: expand
-- How the server does over time: metrics in steps of ten seconds and of five
-- minutes, one row for each time that a process saved them. They hold names of
-- operations and numbers, nothing of what a tenant wrote.

CREATE SCHEMA telemetry;
GRANT USAGE ON SCHEMA telemetry TO rapport_app;

CREATE TABLE telemetry.series_lines (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE
);
GRANT SELECT, INSERT ON telemetry.series_lines TO rapport_app;

CREATE TABLE telemetry.series (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    replica uuid NOT NULL,
    step integer NOT NULL CHECK (step > 0),
    at timestamptz NOT NULL,
    frames bytea NOT NULL
);
GRANT SELECT, INSERT, DELETE ON telemetry.series TO rapport_app;
CREATE INDEX series_step_at ON telemetry.series (step, at);

-- How many there are of what, over all workspaces: counts, and no text of any.
-- The limits of budgets for models are those of workspaces without their own.
CREATE FUNCTION telemetry.census(daily bigint, monthly bigint)
RETURNS TABLE (name text, label text, value double precision)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
REVOKE ALL ON FUNCTION telemetry.census(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION telemetry.census(bigint, bigint) TO rapport_app;
