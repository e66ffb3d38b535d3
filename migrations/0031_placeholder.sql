-- rapport: expand
-- The number is that of the time series, which land beside this.
SELECT 1;
