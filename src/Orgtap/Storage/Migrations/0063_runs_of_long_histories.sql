-- Every half minute each process asks for each connection's newest run of each purpose, and for the runs under way: both without reading the history of all.
CREATE INDEX runs_by_purpose ON runs (connection_id, purpose, id);
CREATE INDEX runs_under_way ON runs (connection_id) WHERE outcome = 'Running';
