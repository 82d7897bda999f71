-- What the adjuster asks every two seconds, at a cost that doesn't grow with the ledger.
--
-- Neither the time at which an entry was made nor the request that made it is in the sorting key. Parts that were there
-- before get the indices in the background; until then they are read as before.
ALTER TABLE ${database}.ledger ${on_cluster}
    ADD INDEX IF NOT EXISTS by_recording recorded_at TYPE minmax GRANULARITY 1,
    ADD INDEX IF NOT EXISTS by_late startsWith(request_id, 'late:') TYPE set(2) GRANULARITY 4;

ALTER TABLE ${database}.ledger ${on_cluster} MATERIALIZE INDEX by_recording, MATERIALIZE INDEX by_late;

-- Records that came when what they change was no longer held, recorded at {since} or later, that no request has applied
-- yet: late_records(since = '2026-11-22 12:00:00'). Of the deletions among them the event may be one that the ledger doesn't
-- know; pending_corrections, which reads the whole ledger, leaves those out. A request is recorded after what it applies.
CREATE OR REPLACE VIEW ${database}.late_records ${on_cluster}
SQL SECURITY INVOKER
AS SELECT
    l.event_id AS event_id,
    l.entry_id AS entry_id,
    l.revision AS revision,
    l.recorded_at AS recorded_at,
    l.record AS record,
    l.src_topic AS src_topic,
    l.src_partition AS src_partition,
    l.src_offset AS src_offset,
    l.src_element AS src_element
FROM ${database}.ledger AS l
WHERE l.recorded_at >= {since:DateTime64(6, 'UTC')}
    AND l.status IN ('position_expired', 'deleted')
    AND isNotNull(l.record)
    AND concat('late:', l.entry_id) NOT IN (
        SELECT r.request_id
        FROM ${database}.ledger AS r
        WHERE r.recorded_at >= {since:DateTime64(6, 'UTC')} AND startsWith(r.request_id, 'late:'));
