/**
 * What a world in real time has of the machine that plays it: its mails go over SMTP, to a mail server here that takes them all,
 * or to that of somebody's own configuration; and the page is for browsers here.
 */

import { createServer } from 'node:net';
import type { Chance } from '../chance.ts';
import type { SmtpConfiguration } from '../config/types.ts';
import type { ControlRoutes, ControlServer } from '../control/socket.ts';
import type { Mail } from '../mail/mail.ts';
import { MailSender } from '../mail/smtp.ts';
import { pause, type Time } from '../time.ts';
import { AskedRouter } from './asked.ts';
import { MailSink } from './board/mail-sink.ts';
import { type BrowserDoor, HERE } from './edges/browser.ts';
import type { Carried } from './edges/mail-host.ts';
import type { Outside } from './stage.ts';

interface OutsideOptions {
  /** The machine's. */
  readonly time: Time;
  readonly chance: Chance;
  /** Where the router's mails go; null: they stay here. */
  readonly smtp: SmtpConfiguration | null;
}

/** From whom the mail server here is greeted. */
const FROM = 'ringback@router.example';
const PATIENCE_MS = 20;
/** So long the end waits for what a mail server has not answered yet. */
const MAX_WAIT_MS = 10_000;

export class RealOutside implements Outside {
  readonly #time: Time;
  readonly #sink: MailSink;
  /** What the mail server here has, until it is told of: by Message-ID and addressee. */
  readonly #taken: Map<string, Buffer>;
  readonly #near: MailSender;
  readonly #far: MailSender | null;
  #underWay = 0;
  readonly #asked: AskedRouter;
  readonly door: BrowserDoor;
  /** Hears what whoever looks should know. */
  onNote: (text: string) => void = () => {};

  /** Throws RingbackError where nobody can listen here. */
  static async open(options: OutsideOptions): Promise<RealOutside> {
    const taken = new Map<string, Buffer>();
    const sink = await MailSink.open({ host: HERE, port: 0 }, ({ messageId, to, bytes }) => {
      if (bytes !== undefined) taken.set(`${messageId} ${to}`, Buffer.from(bytes()));
    });
    return new RealOutside(options, { sink, taken, ownPort: await freePort(), asked: new AskedRouter() });
  }

  private constructor(
    { time, chance, smtp }: OutsideOptions,
    {
      sink,
      taken,
      ownPort,
      asked,
    }: { sink: MailSink; taken: Map<string, Buffer>; ownPort: number; asked: AskedRouter },
  ) {
    const here = {
      host: HERE,
      port: sink.port,
      tls: 'none',
      user: null,
      password: null,
      from: FROM,
    } as const;
    this.#time = time;
    this.#asked = asked;
    this.#sink = sink;
    this.#taken = taken;
    this.door = { time, chance, ownPort, ports: new Map(), say: (text) => this.onNote(text) };
    this.#near = new MailSender(here, time);
    this.#far = smtp === null ? null : new MailSender(smtp, time);
  }

  serve(routes: ControlRoutes): Promise<ControlServer> {
    return this.#asked.serve(routes);
  }

  /** A configuration by which the router is found. */
  get askedBy(): string {
    return this.#asked.file;
  }

  /** Relays are the scenario's, and so are their mails. */
  isNear(by: string): boolean {
    return this.#far === null || by !== 'router';
  }

  async carry(mail: Mail, by: string): Promise<Carried> {
    const sender = this.#far !== null && !this.isNear(by) ? this.#far : this.#near;
    this.#underWay++;
    try {
      const delivery = await sender.send(mail);
      const name = `${mail.messageId} ${mail.to}`;
      const bytes = this.#taken.get(name) ?? null;
      this.#taken.delete(name);
      return { delivery, bytes };
    } finally {
      this.#underWay--;
    }
  }

  /** Until mail servers have answered, or for as long as anybody wants to wait for them. */
  async settled(): Promise<void> {
    const untilMs = this.#time.nowMs() + MAX_WAIT_MS;
    while (this.#underWay > 0 && this.#time.nowMs() < untilMs) await pause(this.#time, PATIENCE_MS);
  }

  async close(): Promise<void> {
    this.#near.close(true);
    this.#far?.close(true);
    await this.#sink.close();
    this.#asked.close();
  }
}

/** One that is free now, and likely for as long as a world lasts. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, HERE, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}
