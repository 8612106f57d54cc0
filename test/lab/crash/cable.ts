/** A cable from a network namespace of its own to where the tests run: a card that hears what the test sends. */
import { execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const WIRE = fileURLToPath(new URL('../../../board/lab/wire', import.meta.url));

const ip = (...argv: readonly string[]): Promise<unknown> => promisify(execFile)('ip', argv);

export class Cable {
  /** The name of the card. */
  readonly card: string;
  readonly #sender: ReturnType<typeof spawn>;

  private constructor(card: string) {
    this.card = card;
    const argv = ['netns', 'exec', card, 'perl', WIRE, 'send', 'eth0'];
    this.#sender = spawn('ip', argv, { stdio: ['pipe', 'ignore', 'inherit'] });
  }

  /** `name` becomes the name of the card and of the namespace at the other end. */
  static async lay(name: string): Promise<Cable> {
    await ip('netns', 'add', name);
    await ip('link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
    await ip('link', 'set', name, 'up');
    await ip('-n', name, 'link', 'set', 'eth0', 'up');
    return new Cable(name);
  }

  /** They arrive in this order, before all that is sent later. */
  send(frames: readonly Buffer[]): void {
    this.#sender.stdin?.write(frames.map((frame) => `${frame.toString('hex')}\n`).join(''));
  }

  async remove(): Promise<void> {
    this.#sender.kill('SIGKILL');
    await ip('link', 'delete', this.card);
    await ip('netns', 'delete', this.card);
  }
}
