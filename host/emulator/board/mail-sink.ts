/** The mail server of a bench, and of a world in real time: it takes whatever the router sends (RFC 5321, no more of it than that needs), and shows it. */
import { createServer, type Server, type Socket } from 'node:net';
import { messageOf, RingbackError } from '../../errors.ts';
import { type Endpoint, endpointText } from '../../net/endpoint.ts';
import type { TakenMail } from '../truth/witness.ts';

const LINE_END = '\r\n';
const MAX_LINE = 4096;
const MAX_MESSAGE = 1 << 20;
/** At one time, and of one mail: whoever reaches the port may be anybody. */
const MAX_CONNECTIONS = 64;
const MAX_ADDRESSEES = 100;

export class MailSink {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(onMail: (mail: TakenMail) => void) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => void this.#sockets.delete(socket));
      socket.on('error', () => {});
      new Conversation(socket, onMail);
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** Throws RingbackError('unavailable') where it can't listen. */
  static async open({ host, port }: Endpoint, onMail: (mail: TakenMail) => void): Promise<MailSink> {
    const sink = new MailSink(onMail);
    try {
      await new Promise<void>((resolve, reject) => {
        sink.#server.once('error', reject);
        sink.#server.listen(port, host, resolve);
      });
    } catch (error) {
      const where = endpointText({ host, port });
      throw new RingbackError('unavailable', `no mails can be taken at ${where}: ${messageOf(error)}`);
    }
    return sink;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' ? (address?.port ?? 0) : 0;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

class Conversation {
  readonly #socket: Socket;
  readonly #onMail: (mail: TakenMail) => void;
  #rest = '';
  #to: string[] = [];
  /** Lines of the message that is coming; null: commands are. */
  #lines: string[] | null = null;
  #bytes = 0;

  constructor(socket: Socket, onMail: (mail: TakenMail) => void) {
    this.#socket = socket;
    this.#onMail = onMail;
    this.#say('220 bench.example ESMTP');
    socket.setEncoding('latin1').on('data', (text: string) => this.#take(text));
  }

  #say(line: string): void {
    this.#socket.write(line + LINE_END);
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split(LINE_END);
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > MAX_LINE) this.#socket.destroy();
    for (const line of lines) {
      if (this.#socket.destroyed) return;
      if (this.#lines === null) this.#command(line);
      else this.#message(this.#lines, line);
    }
  }

  #command(line: string): void {
    const word = line.slice(0, 4).toUpperCase();
    switch (word) {
      case 'EHLO':
        this.#socket.write('250-bench.example\r\n250-8BITMIME\r\n250 PIPELINING\r\n');
        return;
      case 'HELO':
      case 'NOOP':
        this.#say('250 bench.example');
        return;
      case 'MAIL':
      case 'RSET':
        this.#to = [];
        this.#say('250 OK');
        return;
      case 'RCPT':
        if (this.#to.length === MAX_ADDRESSEES) {
          this.#say('452 too many');
          return;
        }
        this.#to.push(/<([^>]*)>/.exec(line)?.[1] ?? '');
        this.#say('250 OK');
        return;
      case 'DATA':
        this.#lines = [];
        this.#bytes = 0;
        this.#say('354 go on');
        return;
      case 'QUIT':
        this.#socket.end('221 bye\r\n');
        return;
      default:
        this.#say('502 not here');
    }
  }

  #message(lines: string[], line: string): void {
    if (line !== '.') {
      this.#bytes += line.length + LINE_END.length;
      if (this.#bytes > MAX_MESSAGE) {
        this.#socket.destroy();
        return;
      }
      lines.push(line.startsWith('.') ? line.slice(1) : line);
      return;
    }
    this.#lines = null;
    const header = (name: string): string =>
      lines
        .find((one) => one.toLowerCase().startsWith(`${name}:`))
        ?.slice(name.length + 1)
        .trim() ?? '';
    const end = lines.indexOf('');
    const bytes = Buffer.from(lines.join(LINE_END) + LINE_END, 'latin1');
    for (const to of this.#to) {
      const [subject, messageId] = [header('subject'), header('message-id')];
      const text = lines.slice(end + 1).join('\n');
      this.#onMail({ to, subject, text, messageId, by: 'router', bytes: () => bytes });
    }
    this.#say('250 taken');
  }
}
