-- rapport: expand
-- What a workspace may do, where it is not the default of the installation. It
-- holds nothing of what a tenant wrote; every process reads all of it.

CREATE SCHEMA limits;
GRANT USAGE ON SCHEMA limits TO rapport_app;

CREATE TABLE limits.workspace_limits (
    workspace_id uuid PRIMARY KEY REFERENCES identity.workspaces (id) ON DELETE CASCADE,
    tier text CHECK (tier IN ('FREE', 'STARTER', 'PRO', 'ENTERPRISE')),
    overrides jsonb NOT NULL DEFAULT '{}',
    shadow boolean NOT NULL DEFAULT false,
    updated_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE, DELETE ON limits.workspace_limits TO rapport_app;
CREATE INDEX workspace_limits_updated ON limits.workspace_limits (updated_at);
