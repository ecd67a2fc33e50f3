/**
 * A run as the first version of the relay stored it: its tables, and rows that it wrote. Never change this: it stands for what lies on
 * people's disks. The run is `old`, life `life-1` (base 1), with two lives, two numberings, three chunks of one write each, a sample
 * whose line was trimmed, and three commands of which two are open.
 */
export const FIRST_SCHEMA = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE lives (id INTEGER PRIMARY KEY, life TEXT NOT NULL, base INTEGER NOT NULL, start_seq INTEGER NOT NULL);
CREATE TABLE logs (id INTEGER PRIMARY KEY, log_id TEXT NOT NULL, first_offset INTEGER NOT NULL);
CREATE TABLE chunks (first_offset INTEGER PRIMARY KEY, last_offset INTEGER NOT NULL, life INTEGER NOT NULL, last_seq INTEGER NOT NULL,
  stored_at INTEGER NOT NULL, bytes INTEGER NOT NULL, bytes_end INTEGER NOT NULL, events TEXT NOT NULL, state TEXT);
CREATE TABLE samples (offset INTEGER PRIMARY KEY, sample_id TEXT NOT NULL, event TEXT NOT NULL);
CREATE TABLE commands (id TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('schema', '1'), ('run', 'old'), ('created_at', '2026-11-20T10:00:00.000Z'),
  ('run_info', '{"timestamp":"2026-11-20T10:00:00.000Z","name":"an old run","type":"run_info"}');
INSERT INTO lives VALUES (1, 'life-0', 0, 0), (2, 'life-1', 3, 0);
INSERT INTO logs VALUES (1, 'numbering0', 1), (2, 'numbering1', 4);
INSERT INTO chunks VALUES
  (2, 3, 1, 3, 1763632801000, 182, 282, '{"type":"log","timestamp":"2026-11-20T10:00:01.000Z","level":"info","message":"2","offset":2}
{"type":"log","timestamp":"2026-11-20T10:00:01.000Z","level":"info","message":"3","offset":3}', '{"training_status":null,"samples":[]}'),
  (4, 4, 2, 1, 1763632802000, 91, 373, '{"type":"log","timestamp":"2026-11-20T10:00:02.000Z","level":"info","message":"4","offset":4}',
    '{"training_status":null,"samples":[]}'),
  (5, 5, 2, 2, 1763632803000, 109, 482,
    '{"type":"training_status","timestamp":"2026-11-20T10:00:03.000Z","status":"running","phase":"training","offset":5}',
    '{"training_status":{"type":"training_status","timestamp":"2026-11-20T10:00:03.000Z","status":"running","phase":"training","offset":5},"samples":[]}');
INSERT INTO samples VALUES (1, 's1', '{"type":"sample_generated","timestamp":"2026-11-20T10:00:00.500Z","sample_id":"s1","offset":1}');
INSERT INTO commands VALUES
  ('done', '{"request":{"id":"done","command":"backup"},"record":{"id":"done","command":"backup","state":"applied","by":"ann","requested_at":"2026-11-20T10:00:00.000Z","global_step":1,"error":null},"expires_at":1763632860000}'),
  ('waits', '{"request":{"id":"waits","command":"save"},"record":{"id":"waits","command":"save","state":"queued","by":"ann","requested_at":"2026-11-20T10:00:01.000Z","global_step":null,"error":null},"expires_at":4102444800000}'),
  ('sent', '{"request":{"id":"sent","command":"stop"},"record":{"id":"sent","command":"stop","state":"delivered","by":"ann","requested_at":"2026-11-20T10:00:02.000Z","global_step":null,"error":null},"expires_at":4102444800000}');
`;
