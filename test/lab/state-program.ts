/** What a program does with its state, without its network: people wait, servers come back, mails go out. */

import type { TestContext } from 'node:test';
import { machineChance } from '../../host/chance.ts';
import { Outbox } from '../../host/mail/outbox.ts';
import { DAY_MS } from '../../host/net/duration.ts';
import { addToHistory } from '../../host/store/history.ts';
import {
  loadOutages,
  removeClients,
  removeOutage,
  saveClients,
  saveOutage,
} from '../../host/store/outages.ts';
import { register } from '../../host/store/registrations.ts';
import { TABLES } from '../../host/store/schema.ts';
import { Store } from '../../host/store/store.ts';
import { machineTime } from '../../host/time.ts';
import { FROM, noticeTo, PlayedSender } from '../host/mail/support.ts';
import { type LoggedLine, recordingLog, until } from '../host/tools.ts';
import type { Disk } from './disk.ts';

const RETRY_MS = 100;
export const SATO = '172.27.179.151';
const TANAKA = '172.27.179.150';
const NAKAMURA = '172.27.179.152';
const MAILS = new Map([
  [SATO, 'sato@example.jp'],
  [TANAKA, 'tanaka@example.jp'],
  [NAKAMURA, 'nakamura@example.jp'],
]);

/** The state of one program after the other, with an outbox that delivers everything. */
export class Program {
  readonly store: Store;
  readonly lines: LoggedLine[];
  readonly sender = new PlayedSender();
  readonly outbox: Outbox;

  private constructor(store: Store, lines: LoggedLine[]) {
    this.store = store;
    this.lines = lines;
    this.sender.answer = () => ({ outcome: 'delivered' });
    const { log } = recordingLog();
    const { sender } = this;
    this.outbox = new Outbox({
      store,
      sender,
      from: FROM,
      giveUpMs: DAY_MS,
      stopUrl: () => null,
      log,
      time: machineTime,
      chance: machineChance,
    });
  }

  static async start(test: TestContext, disk: Disk): Promise<Program> {
    const { log, lines } = recordingLog();
    const store = await Store.open({
      directory: `${disk.path}/state`,
      log,
      retryMs: RETRY_MS,
      time: machineTime,
    });
    const program = new Program(store, lines);
    test.after(() => program.stop());
    return program;
  }

  async stop(): Promise<void> {
    await this.outbox.close(0);
    this.store.close();
  }

  get said(): string[] {
    return this.lines.map(({ event }) => event);
  }

  /** Somebody waits for a server. */
  wait(id: number, client: string): void {
    this.store.write((sql) => {
      const outage = { id, server: `172.27.178.${id}`, port: 0, triedPort: 80, fromMs: id };
      saveOutage(sql, { ...outage, cause: 'unreachable', told: false, telling: null, suspected: false });
      saveClients(sql, id, [[client, { firstMs: id, lastMs: id, tries: 1 }]]);
    });
  }

  /** The server is back, and everybody is told. */
  recover(id: number): void {
    const server = `172.27.178.${id}`;
    const queued = this.store.write((sql) => {
      const clients = [
        ...(loadOutages(sql)
          .find((outage) => outage.id === id)
          ?.clients.keys() ?? []),
      ];
      removeOutage(sql, id);
      const past = { server, port: 0, cause: 'unreachable', sign: 'trap', fromMs: id, toMs: id + 1 };
      addToHistory(sql, {
        ...past,
        clients: clients.length,
        people: clients.length,
        telling: null,
        untold: null,
      });
      const notices = clients.map((client) => {
        return { ...noticeTo(MAILS.get(client) ?? '', { server, client }, { outage: id }), holdMs: 0 };
      });
      return this.outbox.enter(sql, notices);
    });
    this.outbox.announce(queued);
  }

  /** Something for every table. */
  work(from: number): void {
    this.wait(from, SATO);
    this.wait(from, TANAKA);
    this.wait(from + 1, NAKAMURA);
    this.wait(from + 1, SATO);
    this.store.write((sql) => removeClients(sql, from + 1, [SATO]));
    this.recover(from);
    const mail = `client-${from}@example.jp`;
    this.store.write((sql) =>
      register(sql, { client: `172.27.180.${from % 256}`, mail, language: 'en', registeredMs: from }),
    );
  }

  async sent(mails: number): Promise<void> {
    await until(`${mails} mails on their way`, () => this.outbox.counts().sent === mails);
    const unwritten = `SELECT count(*) FROM outbox WHERE state = 'queued'`;
    await until('their fate written down', () => this.store.read((sql) => sql.number(unwritten)) === 0);
  }

  /** Every row but the times that the machine was up. */
  content(): unknown {
    const tables = TABLES.filter((table) => table !== 'epochs');
    return this.store.read((sql) => tables.map((table) => sql.all(`SELECT * FROM ${table} ORDER BY 1, 2`)));
  }
}
