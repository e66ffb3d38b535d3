-- rapport: expand
-- Drafts that an agent wrote name its run; a triage says which times a meeting
-- request proposes.

ALTER TABLE drafts ADD COLUMN run_id uuid;
ALTER TABLE email_triage ADD COLUMN meeting jsonb;
