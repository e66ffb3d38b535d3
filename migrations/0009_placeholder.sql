-- rapport: expand
-- Stands for a step of another branch; never committed.
SELECT 1;
