-- rapport: expand
-- Words of all records. rapport_app has no grant on the table: word search
-- cannot use an index under row security, so these functions stand in for it.
-- They read the workspace from the transaction, never from an argument, escape
-- what they are given and cap the candidates before ranking.

CREATE SCHEMA search;
CREATE EXTENSION IF NOT EXISTS btree_gin WITH SCHEMA search;
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA search;

CREATE TABLE search.search_documents (
    workspace_id uuid NOT NULL,
    entity text NOT NULL,
    id uuid NOT NULL,
    title text NOT NULL,
    subtitle text NOT NULL DEFAULT '',
    words text NOT NULL,
    vector tsvector NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, entity, id)
);
ALTER TABLE search.search_documents ENABLE ROW LEVEL SECURITY;
ALTER TABLE search.search_documents FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON search.search_documents TO rapport_owner USING (true) WITH CHECK (true);
CREATE INDEX search_documents_vector ON search.search_documents USING gin (workspace_id, vector) WITH (gin_pending_list_limit = 256);
CREATE INDEX search_documents_title ON search.search_documents USING gin (workspace_id, title search.gin_trgm_ops) WITH (gin_pending_list_limit = 256);

-- put writes the documents of some records of one kind; words are cut to what
-- a tsvector can hold.
CREATE FUNCTION search.put(kind text, ids uuid[], titles text[], subtitles text[], texts text[])
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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

CREATE FUNCTION search.remove(kind text, ids uuid[])
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    DELETE FROM search.search_documents
    WHERE workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid AND entity = kind AND id = ANY (ids);
END $$;

-- find answers the best documents for words as people type them: the last word
-- may be unfinished, and titles may be misspelt. 1,000 candidates are ranked.
CREATE FUNCTION search.find(q text, kinds text[], most integer)
RETURNS TABLE (entity text, id uuid, title text, subtitle text, rank real)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, search, pg_temp SET plan_cache_mode = force_custom_plan AS $$
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
END $$;

REVOKE ALL ON FUNCTION search.put(text, uuid[], text[], text[], text[]), search.remove(text, uuid[]), search.find(text, text[], integer) FROM PUBLIC;
GRANT USAGE ON SCHEMA search TO rapport_app;
GRANT EXECUTE ON FUNCTION search.put(text, uuid[], text[], text[], text[]), search.remove(text, uuid[]), search.find(text, text[], integer) TO rapport_app;
