-- rapport: expand
-- Which operations an agent always asks for, at which hours it acts by itself,
-- and which version of its policy somebody has changed.

ALTER TABLE agent_policies
    ADD COLUMN asks text[] NOT NULL DEFAULT '{}',
    ADD COLUMN hours_from smallint NOT NULL DEFAULT 0,
    ADD COLUMN hours_to smallint NOT NULL DEFAULT 24,
    ADD COLUMN weekends boolean NOT NULL DEFAULT true,
    ADD COLUMN version bigint NOT NULL DEFAULT 1;

-- An approval that is asked for whatever the policy says.
ALTER TABLE approvals ADD COLUMN always boolean NOT NULL DEFAULT false;
