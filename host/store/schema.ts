/** The tables of the database, and how older ones become them. */

/**
 * Each entry makes version n + 1 out of version n (`PRAGMA user_version`); entries are never changed once they were
 * part of a release, only followed by others. Each changes a table: by its tables a version is known. Times are
 * milliseconds of the state's clock.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE epochs (
    start_ms REAL PRIMARY KEY, boot TEXT NOT NULL, base_ms REAL NOT NULL, last_ms REAL NOT NULL, wall_ms REAL
  );
  -- Table 71a. A recovery that was told stays until the fabric has freed its chain.
  CREATE TABLE outages (
    id INTEGER PRIMARY KEY, server TEXT NOT NULL, port INTEGER NOT NULL, cause TEXT NOT NULL,
    tried_port INTEGER NOT NULL, from_ms REAL NOT NULL, told INTEGER NOT NULL
  );
  -- Table 72b.
  CREATE TABLE waiting (
    outage INTEGER NOT NULL REFERENCES outages (id), client TEXT NOT NULL,
    first_ms REAL NOT NULL, last_ms REAL NOT NULL, tries INTEGER NOT NULL,
    PRIMARY KEY (outage, client)
  ) WITHOUT ROWID;
  -- Table 74.
  CREATE TABLE registrations (
    client TEXT PRIMARY KEY, mail TEXT NOT NULL, language TEXT NOT NULL, registered_ms REAL NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX registrations_by_age ON registrations (registered_ms);
  CREATE TABLE outbox (
    message_id TEXT PRIMARY KEY, state TEXT NOT NULL, held INTEGER NOT NULL,
    mail TEXT NOT NULL, language TEXT NOT NULL, items TEXT NOT NULL,
    created_ms REAL NOT NULL, due_ms REAL NOT NULL, tries INTEGER NOT NULL, reason TEXT, finished_ms REAL
  );
  CREATE INDEX outbox_by_due ON outbox (due_ms) WHERE state = 'queued';
  CREATE INDEX outbox_by_age ON outbox (created_ms) WHERE state = 'queued';
  CREATE INDEX outbox_held ON outbox (mail) WHERE held = 1;
  CREATE INDEX outbox_finished ON outbox (finished_ms) WHERE state <> 'queued';
  CREATE TABLE history (
    server TEXT NOT NULL, port INTEGER NOT NULL, cause TEXT NOT NULL, sign TEXT,
    from_ms REAL NOT NULL, to_ms REAL NOT NULL, clients INTEGER NOT NULL, told INTEGER NOT NULL
  );
  CREATE INDEX history_by_end ON history (to_ms);
  `,
  `
  -- Single values by name, as JSON.
  CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  -- Who wants no notices any more: mail addresses in their folded form.
  CREATE TABLE stopped (mail TEXT PRIMARY KEY, stopped_ms REAL NOT NULL) WITHOUT ROWID;
  `,
  `
  -- Table 74 again: several people may share one client address.
  ALTER TABLE registrations RENAME TO registrations_before;
  DROP INDEX registrations_by_age;
  CREATE TABLE registrations (
    client TEXT NOT NULL, mail TEXT NOT NULL, language TEXT NOT NULL, registered_ms REAL NOT NULL,
    PRIMARY KEY (client, mail)
  ) WITHOUT ROWID;
  CREATE INDEX registrations_by_age ON registrations (registered_ms);
  INSERT INTO registrations SELECT client, mail, language, registered_ms FROM registrations_before;
  DROP TABLE registrations_before;
  `,
  `
  -- Set where the row is the list of who waited for a server; who that was is kept until it is sent.
  ALTER TABLE outbox ADD COLUMN list TEXT;
  ALTER TABLE outbox ADD COLUMN listed TEXT;
  CREATE INDEX outbox_lists ON outbox (finished_ms) WHERE state = 'given up' AND list IS NOT NULL;
  -- A relay's: parts of lists whose notices are in the outbox.
  CREATE TABLE lists (
    list TEXT NOT NULL, part INTEGER NOT NULL, parts INTEGER NOT NULL, server TEXT NOT NULL,
    clients INTEGER NOT NULL, told INTEGER NOT NULL, received_ms REAL NOT NULL, PRIMARY KEY (list, part)
  );
  CREATE INDEX lists_by_age ON lists (received_ms);
  -- A relay's: what became of messages that are in its mailbox still.
  CREATE TABLE mailbox (uidl TEXT PRIMARY KEY, fate TEXT NOT NULL, rules TEXT) WITHOUT ROWID;
  `,
  `
  -- Mails that count against what a person gets: mail addresses in their folded form.
  CREATE TABLE mailed (message_id TEXT PRIMARY KEY, person TEXT NOT NULL, at_ms REAL NOT NULL) WITHOUT ROWID;
  CREATE INDEX mailed_by_person ON mailed (person, at_ms);
  CREATE INDEX mailed_by_age ON mailed (at_ms);
  -- Who wants to be told on: mail addresses in their folded form.
  CREATE TABLE confirmed (mail TEXT PRIMARY KEY, confirmed_ms REAL NOT NULL) WITHOUT ROWID;
  -- Whether it may be on its way, or was: what is queued now may have been tried. What it waits for is in held.
  ALTER TABLE outbox ADD COLUMN admitted INTEGER NOT NULL DEFAULT 0;
  UPDATE outbox SET admitted = 1 WHERE held = 0;
  DROP INDEX outbox_held;
  CREATE INDEX outbox_held ON outbox (mail) WHERE held > 0;
  CREATE INDEX outbox_sendable ON outbox (created_ms) WHERE state = 'queued' AND held < 2;
  -- Set while who waited is told in portions, as JSON.
  ALTER TABLE outages ADD COLUMN telling TEXT;
  CREATE INDEX history_by_server ON history (server, to_ms);
  `,
  `
  -- Outages that may be none: somebody failed, and the server is being asked.
  ALTER TABLE outages ADD COLUMN suspected INTEGER NOT NULL DEFAULT 0;
  -- Services that have answered a client; admitted: whether this machine's own connections, too (NULL: not known).
  CREATE TABLE services (
    server TEXT NOT NULL, port INTEGER NOT NULL, heard_ms REAL NOT NULL, admitted INTEGER, asked_ms REAL,
    PRIMARY KEY (server, port)
  ) WITHOUT ROWID;
  CREATE INDEX services_by_age ON services (heard_ms);
  `,
  `
  -- Mail addresses that differ in dots or tags are several people's. Who has stopped notices so far is known by the folded
  -- form only: that goes on for all who may be meant.
  ALTER TABLE stopped RENAME TO stopped_folded;
  CREATE TABLE stopped (mail TEXT PRIMARY KEY, stopped_ms REAL NOT NULL) WITHOUT ROWID;
  -- Who has confirmed is known where only one of those who registered may be meant.
  ALTER TABLE confirmed RENAME TO confirmed_folded;
  CREATE TABLE confirmed (mail TEXT PRIMARY KEY, confirmed_ms REAL NOT NULL) WITHOUT ROWID;
  INSERT INTO confirmed
    SELECT min(owner), min(confirmed_ms) FROM (
      SELECT owner, replace(substr(local, 1, instr(local || '+', '+') - 1), '.', '') || domain AS folded FROM (
        SELECT owner, substr(owner, 1, instr(owner, '@') - 1) AS local, substr(owner, instr(owner, '@')) AS domain
        FROM (SELECT DISTINCT lower(mail) AS owner FROM registrations)
      )
    ) JOIN confirmed_folded ON confirmed_folded.mail = folded
    WHERE folded NOT IN (SELECT mail FROM stopped_folded)
    GROUP BY folded HAVING count(*) = 1;
  DROP TABLE confirmed_folded;
  `,
  `
  -- Rows of other tables that make no sense, as JSON: for people.
  CREATE TABLE aside (place TEXT NOT NULL, row TEXT NOT NULL, reason TEXT NOT NULL);
  -- What became of the people who were to be told of something, by its name.
  CREATE TABLE fates (telling TEXT NOT NULL UNIQUE, sent INTEGER NOT NULL, failed INTEGER NOT NULL);
  -- That name, and how many were not to be told, by reason, as JSON; in "told" are those who were to be.
  ALTER TABLE history ADD COLUMN telling TEXT;
  ALTER TABLE history ADD COLUMN untold TEXT;
  -- What was told so far is taken for told.
  INSERT INTO fates SELECT list || '/' || part, told, 0 FROM lists;
  `,
  `
  -- Who was told by a part of a list whose other parts are to come, as JSON: nobody is told by two of them.
  ALTER TABLE lists ADD COLUMN people TEXT;
  CREATE INDEX lists_open ON lists (list) WHERE people IS NOT NULL;
  `,
];

/** Every table, in an order in which rows can be copied. */
export const TABLES = [
  'epochs',
  'outages',
  'waiting',
  'registrations',
  'outbox',
  'history',
  'settings',
  'stopped',
  'stopped_folded',
  'lists',
  'mailbox',
  'mailed',
  'confirmed',
  'services',
  'aside',
  'fates',
] as const;
export type Table = (typeof TABLES)[number];

/** The keys of those whose rows have no number; null: they have one. */
export const KEYS: Readonly<Record<Table, readonly string[] | null>> = {
  ...{ epochs: null, outages: null, outbox: null, history: null, lists: null, aside: null, fates: null },
  waiting: ['outage', 'client'],
  registrations: ['client', 'mail'],
  settings: ['name'],
  stopped: ['mail'],
  stopped_folded: ['mail'],
  mailbox: ['uidl'],
  mailed: ['message_id'],
  confirmed: ['mail'],
  services: ['server', 'port'],
};
