-- rapport: expand
-- Stands for what lands here in a moment.
SELECT 1;
