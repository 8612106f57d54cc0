PRAGMA user_version = 4;
CREATE TABLE epochs (
    start_ms REAL PRIMARY KEY, boot TEXT NOT NULL, base_ms REAL NOT NULL, last_ms REAL NOT NULL, wall_ms REAL
  );
CREATE TABLE outages (
    id INTEGER PRIMARY KEY, server TEXT NOT NULL, port INTEGER NOT NULL, cause TEXT NOT NULL,
    tried_port INTEGER NOT NULL, from_ms REAL NOT NULL, told INTEGER NOT NULL
  );
CREATE TABLE waiting (
    outage INTEGER NOT NULL REFERENCES outages (id), client TEXT NOT NULL,
    first_ms REAL NOT NULL, last_ms REAL NOT NULL, tries INTEGER NOT NULL,
    PRIMARY KEY (outage, client)
  ) WITHOUT ROWID;
CREATE TABLE outbox (
    message_id TEXT PRIMARY KEY, state TEXT NOT NULL, held INTEGER NOT NULL,
    mail TEXT NOT NULL, language TEXT NOT NULL, items TEXT NOT NULL,
    created_ms REAL NOT NULL, due_ms REAL NOT NULL, tries INTEGER NOT NULL, reason TEXT, finished_ms REAL
  , list TEXT, listed TEXT);
CREATE TABLE history (
    server TEXT NOT NULL, port INTEGER NOT NULL, cause TEXT NOT NULL, sign TEXT,
    from_ms REAL NOT NULL, to_ms REAL NOT NULL, clients INTEGER NOT NULL, told INTEGER NOT NULL
  );
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE stopped (mail TEXT PRIMARY KEY, stopped_ms REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE registrations (
    client TEXT NOT NULL, mail TEXT NOT NULL, language TEXT NOT NULL, registered_ms REAL NOT NULL,
    PRIMARY KEY (client, mail)
  ) WITHOUT ROWID;
CREATE TABLE lists (
    list TEXT NOT NULL, part INTEGER NOT NULL, parts INTEGER NOT NULL, server TEXT NOT NULL,
    clients INTEGER NOT NULL, told INTEGER NOT NULL, received_ms REAL NOT NULL, PRIMARY KEY (list, part)
  );
CREATE TABLE mailbox (uidl TEXT PRIMARY KEY, fate TEXT NOT NULL, rules TEXT) WITHOUT ROWID;
CREATE INDEX outbox_by_due ON outbox (due_ms) WHERE state = 'queued';
CREATE INDEX outbox_by_age ON outbox (created_ms) WHERE state = 'queued';
CREATE INDEX outbox_held ON outbox (mail) WHERE held = 1;
CREATE INDEX outbox_finished ON outbox (finished_ms) WHERE state <> 'queued';
CREATE INDEX history_by_end ON history (to_ms);
CREATE INDEX registrations_by_age ON registrations (registered_ms);
CREATE INDEX outbox_lists ON outbox (finished_ms) WHERE state = 'given up' AND list IS NOT NULL;
CREATE INDEX lists_by_age ON lists (received_ms);
INSERT INTO epochs VALUES (0, '11111111-2222-4333-8444-555555555555', 0, 2521277.917, 1795997805919.078);
INSERT INTO outages VALUES (235319560028298, '172.27.178.80', 0, 'unanswered', 80, 2518162.889, 0);
INSERT INTO waiting VALUES (235319560028298, '172.27.179.151', 2518166.074, 2520196.028, 3);
INSERT INTO waiting VALUES (235319560028298, '172.27.179.153', 2521246.708, 2521246.712, 1);
INSERT INTO outbox VALUES ('<5e40f61f258221f178f13a1d6949b6e4.ringback@router.example>', 'queued', 0, 'nakamura@example.jp', 'en', '[{"server":"172.27.178.81","serverName":"s81.example.jp","client":"172.27.179.152","fromMs":2513983.342,"recoveredMs":2518110.833,"firstMs":2513982.331,"lastMs":2517063.461,"tries":3}]', 2518117.323, 2524153.4135427075, 3, 'connect ECONNREFUSED 172.27.179.25:25', NULL, NULL, NULL);
INSERT INTO history VALUES ('172.27.178.81', 0, 'unanswered', 'announcement', 2513983.342, 2518116.233, 1, 1);
INSERT INTO settings VALUES ('stop key', '"432b58de64cf5842740b74ab52f31ade9f89ebbefb821a9b503ea4846c01d378"');
INSERT INTO registrations VALUES ('172.27.179.153', 'suzuki@example.jp', 'en', 2521277.087);
