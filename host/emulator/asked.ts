/**
 * By which the router of a world in real time is asked from outside, as the one on a machine is: its control socket, in a directory of its
 * own, and a file in which `ringback status` and its like find it. Where a real one may be asked it is not.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ControlRoutes, type ControlServer, serveControl } from '../control/socket.ts';
import { messageOf, RingbackError } from '../errors.ts';

const FILE = 'ringback.yaml';
const SOCKET = 'ringback.sock';

export class AskedRouter {
  readonly #directory: string;

  /** Throws RingbackError('unavailable') where no directory can be made. */
  constructor() {
    try {
      this.#directory = mkdtempSync(join(tmpdir(), 'ringback-emulated-'));
      const control = JSON.stringify(join(this.#directory, SOCKET));
      const text = `# The router of a world that ringback emulate plays: for ringback status, history, outbox and message.
control: ${control}
state: false
fabric: {interfaces: [lan0, wan0]}
detect: {watch: [172.27.178.0/24]}
`;
      writeFileSync(this.file, text);
    } catch (error) {
      const reason = `${tmpdir()}: ${messageOf(error)}; TMPDIR can name another directory`;
      throw new RingbackError('unavailable', reason, { cause: error });
    }
  }

  /** For `-c`. */
  get file(): string {
    return join(this.#directory, FILE);
  }

  /** Throws RingbackError('unavailable'). */
  serve(routes: ControlRoutes): Promise<ControlServer> {
    return serveControl(join(this.#directory, SOCKET), routes);
  }

  close(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
