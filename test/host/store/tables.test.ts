import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { confirmAddress, loadConfirmed } from '../../../host/store/confirmed.ts';
import type { Sql } from '../../../host/store/database.ts';
import { addToHistory, listHistory, type PastOutage } from '../../../host/store/history.ts';
import {
  loadOutages,
  type OutageRow,
  removeClients,
  removeOutage,
  saveClients,
  saveOutage,
} from '../../../host/store/outages.ts';
import { loadRegistrations, type Registration, register } from '../../../host/store/registrations.ts';
import { loadServices, removeService, type ServiceRow, saveService } from '../../../host/store/services.ts';
import { loadUnsubscribed, resubscribe, unsubscribe } from '../../../host/store/unsubscribed.ts';
import { directoryFor, openStore } from './support.ts';

const OUTAGE: OutageRow = {
  id: 281_474_976_710_655,
  server: '172.27.178.80',
  port: 80,
  cause: 'refused',
  triedPort: 80,
  fromMs: 1234.567,
  told: false,
  telling: null,
  suspected: false,
};

/** Runs each step on a database that was closed and opened since the one before. */
async function steps(test: TestContext, ...all: readonly ((sql: Sql) => void)[]): Promise<void> {
  const directory = directoryFor(test);
  for (const step of all) {
    const { store, lines } = await openStore(test, directory);
    store.write(step);
    store.close();
    assert.deepEqual(lines, []);
  }
}

describe('outages on disk', () => {
  it('come back as they were, each with its clients in order of registration', async (test) => {
    const host: OutageRow = {
      ...OUTAGE,
      id: 1,
      server: '2001:db8:178::80',
      port: 0,
      cause: 'unreachable',
      triedPort: 0,
      fromMs: 1000,
      told: true,
    };
    await steps(
      test,
      (sql) => {
        saveOutage(sql, OUTAGE);
        saveOutage(sql, host);
        saveClients(sql, OUTAGE.id, [['172.27.179.9', { firstMs: 3000.25, lastMs: 3000.25, tries: 1 }]]);
        saveClients(sql, OUTAGE.id, [['172.27.179.151', { firstMs: 2000, lastMs: 9000, tries: 4 }]]);
        saveClients(sql, OUTAGE.id, [['2001:db8:179::1', { firstMs: 1234.567, lastMs: 9000, tries: 2 }]]);
      },
      (sql) => {
        const [first, second, ...more] = loadOutages(sql);
        assert.deepEqual(more, []);
        assert.deepEqual(first, { ...host, clients: new Map() });
        assert.ok(second !== undefined);
        const { clients, ...outage } = second;
        assert.deepEqual(outage, OUTAGE);
        assert.deepEqual(
          [...clients],
          [
            ['2001:db8:179::1', { firstMs: 1234.567, lastMs: 9000, tries: 2 }],
            ['172.27.179.151', { firstMs: 2000, lastMs: 9000, tries: 4 }],
            ['172.27.179.9', { firstMs: 3000.25, lastMs: 3000.25, tries: 1 }],
          ],
        );
      },
    );
  });

  it('are written anew when something about them changes, and keep their clients', async (test) => {
    await steps(
      test,
      (sql) => {
        saveOutage(sql, OUTAGE);
        saveClients(sql, OUTAGE.id, [['172.27.179.151', { firstMs: 1, lastMs: 2, tries: 1 }]]);
      },
      (sql) => {
        saveOutage(sql, { ...OUTAGE, cause: 'unanswered', told: true });
        saveClients(sql, OUTAGE.id, [['172.27.179.151', { firstMs: 1, lastMs: 7, tries: 3 }]]);
      },
      (sql) => {
        const clients = new Map([['172.27.179.151', { firstMs: 1, lastMs: 7, tries: 3 }]]);
        assert.deepEqual(loadOutages(sql), [{ ...OUTAGE, cause: 'unanswered', told: true, clients }]);
      },
    );
  });

  it('keep a crowd, each of it with its latest tries, and let a part of it go', async (test) => {
    const address = (n: number): string => `172.27.${n >> 8}.${n & 0xff}`;
    const crowd = (tries: number) =>
      Array.from({ length: 100 }, (_, n) => [address(n), { firstMs: n, lastMs: n + tries, tries }] as const);
    await steps(
      test,
      (sql) => {
        saveOutage(sql, OUTAGE);
        saveClients(sql, OUTAGE.id, crowd(1));
      },
      (sql) => {
        saveClients(sql, OUTAGE.id, crowd(2).slice(0, 70));
        removeClients(
          sql,
          OUTAGE.id,
          crowd(1)
            .slice(50)
            .map(([client]) => client)
            .slice(0, 45),
        );
      },
      (sql) => {
        const clients = new Map([...crowd(2).slice(0, 50), ...crowd(1).slice(95)]);
        assert.deepEqual(loadOutages(sql), [{ ...OUTAGE, clients }]);
      },
    );
  });

  it('go with all their clients, a client goes alone', async (test) => {
    const other = { ...OUTAGE, id: 2, port: 443 };
    const tried = { firstMs: 1, lastMs: 2, tries: 1 };
    await steps(
      test,
      (sql) => {
        for (const outage of [OUTAGE, other]) {
          saveOutage(sql, outage);
          for (const client of ['172.27.179.150', '172.27.179.151'])
            saveClients(sql, outage.id, [[client, tried]]);
        }
        removeClients(sql, other.id, ['172.27.179.150']);
        removeOutage(sql, OUTAGE.id);
      },
      (sql) => {
        assert.deepEqual(loadOutages(sql), [{ ...other, clients: new Map([['172.27.179.151', tried]]) }]);
        assert.equal(sql.number('SELECT count(*) FROM waiting'), 1);
      },
    );
  });

  it('have no client without an outage', async (test) => {
    const { store } = await openStore(test, directoryFor(test));
    const tried = { firstMs: 1, lastMs: 2, tries: 1 };
    assert.throws(
      () => store.write((sql) => saveClients(sql, 99, [['172.27.179.151', tried]])),
      /FOREIGN KEY/,
    );
  });
});

describe('the history on disk', () => {
  const past: PastOutage = {
    server: '172.27.178.80',
    port: 80,
    cause: 'refused',
    sign: 'trap',
    fromMs: 1.5,
    toMs: 2.5,
    clients: 3,
    people: 2,
    telling: null,
    untold: null,
  };

  it('comes back as it was, what ended last first', async (test) => {
    const outages = [
      { ...past, toMs: 10 },
      { ...past, toMs: 30, sign: null, server: '2001:db8:178::80', port: 0 },
      { ...past, toMs: 20 },
      { ...past, toMs: 20, server: '172.27.178.81' },
    ];
    await steps(
      test,
      (sql) => {
        for (const outage of outages) addToHistory(sql, outage);
      },
      (sql) => {
        const expected = [1, 3, 2, 0].map((n) => ({
          ...outages[n],
          fates: null,
          handedOverFates: null,
          limited: 0,
        }));
        assert.deepEqual(listHistory(sql, 100), expected);
        assert.deepEqual(listHistory(sql, 2), expected.slice(0, 2));
      },
    );
  });

  it('is the latest ten thousand outages', async (test) => {
    const { store } = await openStore(test, null);
    store.write((sql) => {
      for (let n = 0; n < 10_050; n++) addToHistory(sql, { ...past, toMs: n });
    });
    const kept = store.read((sql) => listHistory(sql, 20_000));
    assert.equal(kept.length, 10_000);
    assert.equal(kept[0]?.toMs, 10_049);
    assert.equal(kept.at(-1)?.toMs, 50);
  });
});

describe('who wants no notices', () => {
  it('is remembered whatever the case of the mail address, until it is taken back', async (test) => {
    const owners = (sql: Sql): ReadonlySet<string> => loadUnsubscribed(sql).owners;
    await steps(
      test,
      (sql) => {
        unsubscribe(sql, 'Sato@example.jp', 1);
        unsubscribe(sql, 'sato@example.jp', 2);
        unsubscribe(sql, 's.ato+x@example.jp', 3);
      },
      (sql) => {
        assert.deepEqual(owners(sql), new Set(['sato@example.jp', 's.ato+x@example.jp']));
        resubscribe(sql, 'SATO@example.jp');
      },
      (sql) => assert.deepEqual(owners(sql), new Set(['s.ato+x@example.jp'])),
    );
  });
});

describe('who confirmed his address', () => {
  it('is remembered whatever its case', async (test) => {
    await steps(
      test,
      (sql) => {
        confirmAddress(sql, 'Sato@example.jp', 1);
        confirmAddress(sql, 'sato@example.jp', 2);
        confirmAddress(sql, 'Sa.to+x@example.jp', 3);
      },
      (sql) => assert.deepEqual(loadConfirmed(sql), new Set(['sato@example.jp', 'sa.to+x@example.jp'])),
    );
  });
});

describe('registrations on disk', () => {
  const sato: Registration = {
    client: '172.27.179.151',
    mail: 'sato@example.jp',
    language: 'ja',
    registeredMs: 20.5,
  };
  const tanaka: Registration = {
    client: '2001:db8:179::150',
    mail: 'tanaka@example.jp',
    language: 'en',
    registeredMs: 10,
  };

  it('come back as they were, the oldest first', async (test) => {
    await steps(
      test,
      (sql) => {
        register(sql, sato);
        register(sql, tanaka);
      },
      (sql) => assert.deepEqual(loadRegistrations(sql), [tanaka, sato]),
    );
  });

  it('are one for each person at a client, the latest', async (test) => {
    const again = { ...sato, mail: 'Sato@example.jp', language: 'en', registeredMs: 30 } as const;
    const neighbour = { ...sato, mail: 's.ato@example.jp', registeredMs: 40 };
    await steps(
      test,
      (sql) => {
        assert.deepEqual(
          [sato, tanaka, again, neighbour].map((registration) => register(sql, registration)),
          [[], [], [sato], []],
        );
      },
      (sql) => assert.deepEqual(loadRegistrations(sql), [tanaka, again, neighbour]),
    );
  });

  it('are 32 at one client; the oldest goes', async (test) => {
    const { store } = await openStore(test, null);
    const one = (n: number): Registration => ({ ...sato, mail: `sato${n}@example.jp`, registeredMs: n });
    store.write((sql) => {
      register(sql, { ...tanaka, registeredMs: 0 });
      for (let n = 0; n < 32; n++) assert.deepEqual(register(sql, one(n)), []);
      assert.deepEqual(register(sql, { ...one(5), registeredMs: 40 }), [one(5)], 'pushes nobody out');
      assert.deepEqual(register(sql, one(50)), [one(0)]);
      assert.equal(loadRegistrations(sql).length, 33);
    });
  });

  it('are the latest 65,536 clients; who registers anew pushes nobody out', async (test) => {
    const { store } = await openStore(test, null);
    store.write((sql) => {
      // The same in one statement, for it takes a while otherwise.
      sql.run(
        `WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 65535)
         INSERT INTO registrations SELECT 'client ' || n, 'sato@example.jp', 'ja', 100 + n FROM n`,
      );
      const count = (): number => sql.number('SELECT count(*) FROM registrations');
      const has = (client: string): boolean =>
        sql.get('SELECT 1 FROM registrations WHERE client = ?', client) !== null;
      register(sql, { ...sato, client: 'client 65535', registeredMs: 70_000 });
      assert.equal(count(), 65_536);
      assert.ok(has('client 0'));
      const displaced = register(sql, { ...tanaka, registeredMs: 70_001 });
      assert.deepEqual(
        displaced.map(({ client }) => client),
        ['client 0'],
      );
      assert.equal(count(), 65_536);
      assert.ok(has(tanaka.client));
      assert.ok(!has('client 0'));
      assert.ok(has('client 1'));
    });
  });
});

describe('services on disk', () => {
  const web: ServiceRow = {
    ...{ server: '172.27.178.80', port: 80, heardMs: 2000.5 },
    ...{ admitted: null, askedMs: null },
  };
  const ours: ServiceRow = { ...web, port: 443, heardMs: 1000, admitted: true, askedMs: 1500.25 };
  const theirs: ServiceRow = { ...ours, server: '2001:db8:178::80', heardMs: 3000, admitted: false };

  it('come back as they were, the one heard of last at the end', async (test) => {
    await steps(
      test,
      (sql) => {
        for (const one of [web, theirs, ours]) saveService(sql, one);
      },
      (sql) => {
        assert.deepEqual(loadServices(sql), [ours, web, theirs]);
        saveService(sql, { ...ours, heardMs: 4000, admitted: false });
        removeService(sql, web.server, web.port);
      },
      (sql) => assert.deepEqual(loadServices(sql), [theirs, { ...ours, heardMs: 4000, admitted: false }]),
    );
  });
});
