/** A world of a few hosts for tests of what is true in it: nothing happens but what a test says. */
import { Ledger } from '../../../host/emulator/truth/ledger.ts';
import type { Directory, TryEnd } from '../../../host/emulator/truth/witness.ts';

export const SATO = 0;
export const TANAKA = 1;
/** Nobody knows his mail address. */
export const STRANGER = 2;
/** Another machine of Sato's. */
export const LAPTOP = 3;
/** Of the first server. */
export const WEB = 0;
export const SECURE = 1;
/** Of the second. */
export const OTHER = 2;

export const S80 = '172.27.178.80';
export const S81 = '172.27.178.81';

const CLIENTS = [
  { name: 'c151', address: '172.27.179.151', mail: 'sato@example.jp' },
  { name: 'c150', address: '172.27.179.150', mail: 'tanaka@example.jp' },
  { name: 'c153', address: '172.27.179.153', mail: null },
  { name: 'c154', address: '172.27.179.154', mail: 'Sato@example.jp' },
] as const;
const SERVICES = [
  { name: 's80', address: S80, port: 80 },
  { name: 's80', address: S80, port: 443 },
  { name: 's81', address: S81, port: 80 },
] as const;

const DIRECTORY: Directory = {
  clients: CLIENTS.length,
  services: SERVICES.length,
  clientAt: (address) => {
    const at = CLIENTS.findIndex((client) => client.address === address);
    return at < 0 ? null : at;
  },
  servicesAt: (address) => SERVICES.flatMap((service, at) => (service.address === address ? [at] : [])),
  client: (client) => CLIENTS[client] as (typeof CLIENTS)[number],
  service: (service) => SERVICES[service] as (typeof SERVICES)[number],
};

export class Place {
  #nowUs = 0;
  #mails = 0;
  readonly ledger = new Ledger({ directory: DIRECTORY, nowUs: () => this.#nowUs });

  /** Everything answers, and the program runs. */
  constructor() {
    for (let service = 0; service < SERVICES.length; service++) this.ledger.service(service, true);
    this.ledger.program('router', 'begun');
  }

  /** Seconds. */
  at(seconds: number): this {
    this.#nowUs = Math.round(seconds * 1_000_000);
    return this;
  }

  get nowUs(): number {
    return this.#nowUs;
  }

  /** A try that began so many seconds ago ends. */
  tried(client: number, service: number, end: TryEnd, seconds = 0.01): this {
    this.ledger.tried(client, service);
    this.ledger.tryEnded(client, service, end, this.#nowUs - Math.round(seconds * 1_000_000));
    return this;
  }

  down(...services: readonly number[]): this {
    for (const service of services) this.ledger.service(service, false);
    return this;
  }

  up(...services: readonly number[]): this {
    for (const service of services) this.ledger.service(service, true);
    return this;
  }

  says(event: string, fields: Readonly<Record<string, string | number>>): this {
    this.ledger.line('router', 'info', event, fields);
    return this;
  }

  noted(client: number, server: string, port: number): this {
    return this.says('client.waiting', { server, port, client: DIRECTORY.client(client).address });
  }

  opened(server: string, port: number, cause = 'refused'): this {
    return this.says('outage.opened', { server, port, cause });
  }

  closed(server: string, port: number): this {
    return this.says('outage.closed', { server, port, cause: 'refused', clients: 1, people: 1 });
  }

  mailed(to: string, server: string, messageId = `<${++this.#mails}@router.example>`): this {
    const text = `To: ${to}\n\nServer recovery notice\n\nThe server below is back.\n\nServer   : www (${server})\n`;
    this.ledger.mail({ to, subject: 'Server recovery notice', text, messageId, by: 'router' });
    return this;
  }
}
