-- rapport: expand
-- What went wrong by the installation's fault, in groups. It holds nothing of
-- what a tenant wrote: titles are made of words that the program knows.

CREATE SCHEMA failures;
GRANT USAGE ON SCHEMA failures TO rapport_app;

CREATE TABLE failures.groups (
    id uuid PRIMARY KEY,
    code text NOT NULL,
    title text NOT NULL,
    place text NOT NULL,
    frames jsonb NOT NULL DEFAULT '[]',
    count bigint NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    releases text[] NOT NULL DEFAULT '{}',
    samples jsonb NOT NULL DEFAULT '[]',
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'resolved', 'muted')),
    state_at timestamptz,
    known_in text[] NOT NULL DEFAULT '{}',
    reopened bigint NOT NULL DEFAULT 0
);
GRANT SELECT, INSERT, UPDATE, DELETE ON failures.groups TO rapport_app;
CREATE INDEX groups_last_seen ON failures.groups (last_seen DESC);
