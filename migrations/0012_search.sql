-- rapport: expand
-- Search by messages instead of threads, with operators. Texts are cut into
-- words by the application, which sends vectors; the functions here decide who
-- sees what: they read the workspace from the transaction, never from an
-- argument. What a caller sends becomes a value, never a part of a statement.

-- The words of records. names is the title as it is compared, for what was
-- misspelt; marks 'n:ana' in the vector stand for the words of the title. What
-- search.put and search.find serve is for the binary before this one.
CREATE TABLE search.documents (
    workspace_id uuid NOT NULL,
    entity text NOT NULL,
    id uuid NOT NULL,
    title text NOT NULL,
    subtitle text NOT NULL,
    words text NOT NULL,
    names text NOT NULL,
    vector tsvector NOT NULL,
    at timestamptz NOT NULL,
    about_entity text,
    about_id uuid,
    PRIMARY KEY (workspace_id, entity, id)
);
ALTER TABLE search.documents ENABLE ROW LEVEL SECURITY;
ALTER TABLE search.documents FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON search.documents TO rapport_owner USING (true) WITH CHECK (true);
CREATE INDEX documents_vector ON search.documents USING gin (workspace_id, entity, vector) WITH (gin_pending_list_limit = 256);
CREATE INDEX documents_names ON search.documents USING gin (workspace_id, entity, names search.gin_trgm_ops)
    WITH (gin_pending_list_limit = 256) WHERE entity IN ('contact', 'company');

-- The words of a message; heads are those of its subject and people. Beside
-- words the vector holds marks that never change: 'f:ana' for a word of the
-- sender, 't:' of a recipient, 's:' of the subject, 'f:=' and 't:=' with an
-- address, 'has:attachment'. What may change is asked of the threads.
CREATE TABLE search.mail (
    workspace_id uuid NOT NULL,
    message_id uuid NOT NULL,
    thread_id uuid NOT NULL,
    at timestamptz NOT NULL,
    heads tsvector NOT NULL,
    vector tsvector NOT NULL,
    PRIMARY KEY (workspace_id, message_id),
    FOREIGN KEY (workspace_id, message_id) REFERENCES public.messages (workspace_id, id) ON DELETE CASCADE
);
ALTER TABLE search.mail ENABLE ROW LEVEL SECURITY;
ALTER TABLE search.mail FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON search.mail TO rapport_owner USING (true) WITH CHECK (true);
CREATE INDEX mail_vector ON search.mail USING gin (workspace_id, vector) WITH (gin_pending_list_limit = 256);
CREATE INDEX mail_at ON search.mail (workspace_id, at, message_id);
CREATE INDEX mail_thread ON search.mail (workspace_id, thread_id);
ALTER TABLE search.mail ALTER COLUMN vector SET STATISTICS 500;

-- How far the words of a workspace have been written anew, kind by kind.
CREATE TABLE search_rebuilds (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    revision integer NOT NULL,
    kind text NOT NULL DEFAULT '',
    after uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    done bigint NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    PRIMARY KEY (workspace_id)
);
SELECT rapport_tenant('search_rebuilds');

-- Lists as people keep them: what is filtered, sorted and shown.
CREATE TABLE views (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    entity text NOT NULL CHECK (entity IN ('contact', 'company', 'thread', 'task')),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    shared boolean NOT NULL DEFAULT false,
    owner_id uuid,
    position double precision NOT NULL,
    query jsonb NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    PRIMARY KEY (workspace_id, id)
);
SELECT rapport_tenant('views');
CREATE INDEX views_entity ON views (workspace_id, entity, position, id) WHERE deleted_at IS NULL;

CREATE FUNCTION search.here()
RETURNS uuid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ws uuid := nullif(current_setting('app.workspace_id', true), '')::uuid;
BEGIN
    IF ws IS NULL THEN
        RAISE EXCEPTION 'search: no workspace' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN ws;
END $$;

-- take_records removes records of one kind from what can be found.
CREATE FUNCTION search.take_records(kind text, ids uuid[])
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    DELETE FROM search.documents WHERE workspace_id = search.here() AND entity = kind AND id = ANY (ids);
END $$;

CREATE FUNCTION search.put_records(kind text, ids uuid[], titles text[], subtitles text[], texts text[], folded text[], vectors text[], times timestamptz[], about text[], abouts uuid[])
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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

CREATE FUNCTION search.put_mail(ids uuid[], threads uuid[], times timestamptz[], tops text[], vectors text[])
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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

-- move_mail follows the messages of threads that turned out to be one.
CREATE FUNCTION search.move_mail(lose uuid[], keep uuid[])
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE search.mail d SET thread_id = t.keep
    FROM unnest(lose, keep) AS t (lose, keep)
    WHERE d.workspace_id = search.here() AND d.thread_id = t.lose;
END $$;

CREATE TYPE search.hit AS (entity text, id uuid, message_id uuid, at timestamptz, rank double precision);

-- What being recent adds to a rank is one for two years, counted from a fixed
-- day, so that an order stays while somebody pages through it. It is written out
-- where it is needed: a function of its own would take longer than all the rest.

-- records are hits among contacts, companies and the like: those that have all
-- words in their title first, then those that have them anywhere, and if these
-- are few those that may have been misspelt. Named are companies that contacts
-- must belong to, or NULL; others is how many of other kinds were found, for
-- with a page full of them nobody gets to see what may have been misspelt.
CREATE FUNCTION search.records(ws uuid, kind text, ask jsonb, named uuid[], since timestamptz, until timestamptz, others integer)
RETURNS SETOF search.hit
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, search, pg_temp SET plan_cache_mode = force_custom_plan AS $$
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
END $$;

-- letters are hits among messages, one a thread: the best of its messages. A
-- filter is a join, and the planner begins with whatever is rarest. When more
-- than 500 match the age decides who is looked at. Words that are frequent among
-- the newest 1,000 have their 500 soon by walking on from these, which is tried
-- first, as to collect all messages with such words takes the longest of all;
-- phrases and what must not occur are seen in no index, so that walking pays
-- sooner for them.
CREATE FUNCTION search.letters(ws uuid, ask jsonb, asked tsquery, named uuid[], since timestamptz, until timestamptz)
RETURNS SETOF search.hit
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
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
END $$;

-- people adds to what was asked of senders or recipients the addresses of the
-- contacts of that name as it is now, so that a renamed contact is found, and
-- for a name that nobody has those that may be meant.
CREATE FUNCTION search.people(ws uuid, person jsonb)
RETURNS tsquery
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, search, pg_temp SET plan_cache_mode = force_custom_plan AS $$
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

-- companies are those that a name means: at most 500, or those that may be
-- meant if there is none.
CREATE FUNCTION search.companies(ws uuid, name jsonb)
RETURNS uuid[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, search, pg_temp SET plan_cache_mode = force_custom_plan AS $$
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

-- look answers what was asked, best first, below a rank and an id if these are
-- given. Days are those of the workspace's time zone.
CREATE FUNCTION search.look(ask jsonb, kinds text[], most integer, below double precision DEFAULT NULL, past uuid DEFAULT NULL)
RETURNS TABLE (entity text, id uuid, message_id uuid, title text, subtitle text, words text, at timestamptz, rank double precision,
    about_entity text, about_id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET max_parallel_workers_per_gather = 0 AS $$
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

REVOKE ALL ON FUNCTION search.here(), search.people(uuid, jsonb), search.companies(uuid, jsonb),
    search.records(uuid, text, jsonb, uuid[], timestamptz, timestamptz, integer), search.letters(uuid, jsonb, tsquery, uuid[], timestamptz, timestamptz),
    search.look(jsonb, text[], integer, double precision, uuid), search.move_mail(uuid[], uuid[]), search.take_records(text, uuid[]),
    search.put_records(text, uuid[], text[], text[], text[], text[], text[], timestamptz[], text[], uuid[]),
    search.put_mail(uuid[], uuid[], timestamptz[], text[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION search.look(jsonb, text[], integer, double precision, uuid), search.move_mail(uuid[], uuid[]), search.take_records(text, uuid[]),
    search.put_records(text, uuid[], text[], text[], text[], text[], text[], timestamptz[], text[], uuid[]),
    search.put_mail(uuid[], uuid[], timestamptz[], text[], text[]) TO rapport_app;
