/** A server that says an input: a part when somebody connects, and the next after each line that it hears. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** Between the parts: the record separator of ASCII. */
const SEPARATOR = '\x1e';

export class Dialogue {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #parts: readonly Buffer[] = [];
  /** All that was heard in this dialogue. */
  heard = '';

  private constructor() {
    this.#server = createServer((socket) => this.#speak(socket));
  }

  static async open(): Promise<Dialogue> {
    const dialogue = new Dialogue();
    dialogue.#server.listen(0, '127.0.0.1');
    await once(dialogue.#server, 'listening');
    return dialogue;
  }

  static of(...parts: readonly string[]): Buffer {
    return Buffer.from(parts.join(SEPARATOR), 'latin1');
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  begin(input: Buffer): void {
    this.#parts = input
      .toString('latin1')
      .split(SEPARATOR)
      .map((part) => Buffer.from(part, 'latin1'));
    this.heard = '';
  }

  /** Hangs up. */
  end(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  #speak(socket: Socket): void {
    this.#sockets.add(socket);
    let next = 0;
    const say = (): void => {
      const part = this.#parts[next++];
      if (part !== undefined) socket.write(part);
      if (next >= this.#parts.length) socket.end();
    };
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (chunk) => {
      this.heard += chunk.toString('latin1');
      if (chunk.includes('\n')) say();
    });
    say();
  }

  close(): void {
    this.end();
    this.#server.close();
  }
}
