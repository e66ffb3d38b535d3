-- rapport: expand
-- What the processes that keep watch agree on. Platform tables: nothing in
-- them was written by a tenant.

CREATE SCHEMA alerts;
GRANT USAGE ON SCHEMA alerts TO rapport_app;

-- The state of all rules: one row, which a process locks while it looks, so
-- that of two only one tells people.
CREATE TABLE alerts.board (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    state jsonb NOT NULL DEFAULT '{}',
    updated_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO alerts.board DEFAULT VALUES;
GRANT SELECT, UPDATE ON alerts.board TO rapport_app;

CREATE TABLE alerts.incidents (
    id uuid PRIMARY KEY,
    topic text NOT NULL,
    title text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('P0', 'P1', 'P2', 'P3')),
    rules jsonb NOT NULL,
    began_at timestamptz NOT NULL,
    detected_at timestamptz NOT NULL,
    notified_at timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by text NOT NULL DEFAULT '',
    mitigated_at timestamptz,
    resolved_at timestamptz,
    reopened integer NOT NULL DEFAULT 0,
    release jsonb NOT NULL DEFAULT '{}',
    traces text[] NOT NULL DEFAULT '{}',
    profile text NOT NULL DEFAULT ''
);
GRANT SELECT, INSERT, UPDATE, DELETE ON alerts.incidents TO rapport_app;
CREATE INDEX incidents_detected ON alerts.incidents (detected_at DESC);

-- What people are told, by channel, until it is sent. sender is the process
-- that does it; another takes over when its lease ends.
CREATE TABLE alerts.notices (
    id uuid NOT NULL,
    channel text NOT NULL,
    body jsonb NOT NULL,
    sender text NOT NULL,
    lease_until timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id, channel)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON alerts.notices TO rapport_app;

CREATE TABLE alerts.silences (
    id uuid PRIMARY KEY,
    rule text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('silence', 'maintenance')),
    reason text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (ends_at > starts_at)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON alerts.silences TO rapport_app;

-- For how much of each day somebody watched, and of that it was down.
CREATE TABLE alerts.uptime (
    day date PRIMARY KEY,
    watched_seconds double precision NOT NULL,
    down_seconds double precision NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON alerts.uptime TO rapport_app;
