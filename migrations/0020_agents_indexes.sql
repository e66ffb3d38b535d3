-- rapport: no-transaction
-- How runs of many steps are found: by turn, by what they belong to, by step.

CREATE INDEX CONCURRENTLY IF NOT EXISTS agent_runs_queued ON agent_runs (workspace_id, priority, run_at, id) WHERE program AND state IN ('queued', 'running');
CREATE INDEX CONCURRENTLY IF NOT EXISTS agent_runs_children ON agent_runs (workspace_id, parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS agent_runs_root ON agent_runs (workspace_id, root_id, id) WHERE root_id IS NOT NULL;
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS agent_steps_key ON agent_steps (workspace_id, run_id, key) WHERE key <> '';
