/** An SMTP server that fails at random, never for good, and keeps account of every mail that it took. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import type { Journal } from './journal.ts';
import type { Random } from './random.ts';

interface Taken {
  readonly messageId: string;
  readonly to: readonly string[];
  /** The headers X-Ringback-Server and X-Ringback-Client. */
  readonly servers: readonly string[];
  readonly clients: readonly string[];
}

/** Of a recipient, at RCPT. */
const LATER_SHARE = 0.07;
type Fate = 'taken' | 'lost before' | 'refused after' | 'taken and lost';
const FATES: readonly (readonly [Fate, number])[] = [
  ['taken', 0.87],
  ['lost before', 0.03],
  ['refused after', 0.05],
  ['taken and lost', 0.05],
];

function temporary(responseCode: number): Error {
  return Object.assign(new Error('not now'), { responseCode });
}

export class PostOffice {
  readonly port: number;
  readonly taken: Taken[] = [];
  readonly #random: Random;
  readonly #journal: Journal;
  readonly #smtp: SMTPServer;
  readonly #sockets = new Map<number, Socket>();
  #fails = true;
  #listening: Promise<unknown> = Promise.resolve();
  #waiting: (() => void)[] = [];

  private constructor(random: Random, journal: Journal, port: number) {
    this.port = port;
    this.#random = random;
    this.#journal = journal;
    this.#smtp = new SMTPServer({
      authOptional: true,
      hideSTARTTLS: true,
      logger: false,
      closeTimeout: 100,
      onRcptTo: (_address, _session, done) => {
        if (this.#fails && random.chance(LATER_SHARE)) done(temporary(451));
        else done();
      },
      onData: (stream, session, done) => this.#onData(stream, session, done),
    });
    // Connections break off here all the time.
    this.#smtp.on('error', () => undefined);
    this.#smtp.server.on('connection', (socket: Socket) => {
      const { remotePort = 0 } = socket;
      this.#sockets.set(remotePort, socket);
      socket.once('close', () => this.#sockets.delete(remotePort));
    });
  }

  static async open(random: Random, journal: Journal, port: number): Promise<PostOffice> {
    const office = new PostOffice(random, journal, port);
    await office.#listen();
    return office;
  }

  /** Closes its doors now and then, until it is told to stop. */
  async play(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await sleep(this.#random.between(3000, 9000), undefined, { signal: stop }).catch(() => undefined);
      if (stop.aborted) break;
      this.#journal.note('post office: closed');
      this.#smtp.server.close();
      if (this.#random.chance(0.5)) for (const socket of this.#sockets.values()) socket.destroy();
      await sleep(this.#random.between(200, 1500));
      await this.#listen();
      this.#journal.note('post office: open');
    }
  }

  /** It fails no more. */
  heal(): void {
    this.#fails = false;
  }

  /** Resolves when it takes the next mail, before it says so. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    await this.#listening;
    for (const socket of this.#sockets.values()) socket.destroy();
    await new Promise<void>((resolve) => this.#smtp.close(resolve));
  }

  #listen(): Promise<unknown> {
    this.#listening = once(this.#smtp.server, 'listening');
    this.#smtp.listen(this.port, '127.0.0.1');
    return this.#listening;
  }

  #onData(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    done: (error?: Error | null) => void,
  ): void {
    const fate = this.#fails ? this.#random.pick(FATES) : 'taken';
    const chunks: Buffer[] = [];
    if (fate === 'lost before') this.#sockets.get(session.remotePort)?.destroy();
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      if (fate === 'refused after') {
        done(temporary(452));
      } else if (fate !== 'lost before') {
        this.#take(Buffer.concat(chunks).toString('latin1'), session, fate);
        if (fate === 'taken and lost') this.#sockets.get(session.remotePort)?.destroy();
        else done();
      }
    });
  }

  #take(text: string, session: SMTPServerSession, fate: Fate): void {
    const head = text.slice(0, text.indexOf('\r\n\r\n')).replaceAll(/\r\n[ \t]+/g, ' ');
    const header = (name: string): string => {
      const line = head.split('\r\n').find((one) => one.toLowerCase().startsWith(`${name}:`));
      return line?.slice(name.length + 1).trim() ?? '';
    };
    const mail: Taken = {
      messageId: header('message-id'),
      to: session.envelope.rcptTo.map(({ address }) => address),
      servers: header('x-ringback-server').split(', '),
      clients: header('x-ringback-client').split(', '),
    };
    this.taken.push(mail);
    const about = `${mail.servers.join(', ')} for ${mail.clients.join(', ')}`;
    this.#journal.note(`post office: ${fate}: ${mail.messageId} about ${about}`);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
