-- rapport: expand
-- What is thought of contacts, beside their lead scores. The points of the
-- composite are stored with it, so that a list needs no arithmetic of its own;
-- an answer that only stood in gives none.

CREATE TABLE contact_assessments (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    contact_id uuid NOT NULL,
    run_id uuid NOT NULL,
    engagement_score integer NOT NULL CHECK (engagement_score BETWEEN 0 AND 100),
    buying_intent text NOT NULL CHECK (buying_intent IN ('high', 'medium', 'low', 'unknown')),
    decision_stage text NOT NULL CHECK (decision_stage IN ('awareness', 'consideration', 'decision', 'unknown')),
    role_type text NOT NULL CHECK (role_type IN ('decision_maker', 'influencer', 'end_user', 'unknown')),
    engagement_velocity integer NOT NULL CHECK (engagement_velocity BETWEEN -2 AND 2),
    sentiment_score integer NOT NULL CHECK (sentiment_score BETWEEN -50 AND 100),
    next_best_action jsonb NOT NULL,
    risk_signals jsonb NOT NULL DEFAULT '[]',
    opportunity_signals jsonb NOT NULL DEFAULT '[]',
    brief jsonb NOT NULL DEFAULT '[]',
    confidence double precision NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    engine text NOT NULL,
    model text NOT NULL DEFAULT '',
    version text NOT NULL DEFAULT '',
    degraded boolean NOT NULL DEFAULT false,
    as_of timestamptz NOT NULL,
    intent_at timestamptz,
    stage_at timestamptz,
    velocity_points integer GENERATED ALWAYS AS (CASE WHEN degraded OR engagement_velocity < 0 THEN 0 ELSE 5 * engagement_velocity END) STORED NOT NULL,
    role_points integer GENERATED ALWAYS AS (CASE WHEN degraded THEN 0 WHEN role_type = 'decision_maker' THEN 15 WHEN role_type = 'influencer' THEN 10 ELSE 0 END) STORED NOT NULL,
    intent_points integer GENERATED ALWAYS AS (CASE WHEN degraded THEN 0 WHEN buying_intent = 'high' THEN 20 WHEN buying_intent = 'medium' THEN 10 ELSE 0 END) STORED NOT NULL,
    stage_points integer GENERATED ALWAYS AS (CASE WHEN degraded THEN 0 WHEN decision_stage = 'decision' THEN 25 WHEN decision_stage = 'consideration' THEN 15 ELSE 0 END) STORED NOT NULL,
    PRIMARY KEY (workspace_id, contact_id),
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts (workspace_id, id) ON DELETE CASCADE
);
SELECT rapport_tenant('contact_assessments');
