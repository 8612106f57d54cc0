/**
 * A configuration that is read again while the program runs. A long one, of many clients, is read by a thread: everybody else
 * would wait for it.
 */
import { statSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { loadRelayConfiguration } from '../config/relay/file.ts';
import { loadRouterConfiguration } from '../config/router/file.ts';
import { type ErrorCode, messageOf, RingbackError } from '../errors.ts';
import { tables } from '../fabric/module.ts';

/** A shorter file takes less time than a thread. */
const LONG_BYTES = 16_384;
/** Clients that are taken over at once: no longer than others can wait. */
const CLIENTS_AT_ONCE = 1000;

const READERS = {
  run: (file: string, fabric?: string) => loadRouterConfiguration(file, tables.limits, fabric),
  relay: (file: string) => loadRelayConfiguration(file),
};
type Reader = keyof typeof READERS;
type Configuration<R extends Reader> = ReturnType<(typeof READERS)[R]>;
type Clients = Configuration<Reader>['clients'][number][];

/** What the thread is to do. */
interface Task {
  readonly reader: Reader;
  readonly file: string;
  readonly fabric: string | undefined;
}

/** What the thread says, each time that it is asked: first all but the clients, then some of those. */
type Said =
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'read'; readonly configuration: unknown }
  | { readonly kind: 'clients'; readonly clients: Clients };

/** Whether this is such a thread, and not the program. */
export const isReadingThread = !isMainThread && (workerData as Partial<Task> | null)?.reader !== undefined;

/** Rejects with what reading it throws. */
export async function readAgain<R extends Reader>(
  reader: R,
  file: string,
  fabric?: string,
): Promise<Configuration<R>> {
  const read = (): Configuration<R> => READERS[reader](file, fabric) as Configuration<R>;
  const [, program] = process.argv;
  const { size } = statSync(file, { throwIfNoEntry: false }) ?? { size: 0 };
  if (size < LONG_BYTES || program === undefined) return read();
  try {
    return (await readInThread(program, { reader, file, fabric })) as Configuration<R>;
  } catch (error) {
    if (error instanceof RingbackError) throw error;
    // There is no memory for a thread, for instance.
    return read();
  }
}

function readInThread(program: string, task: Task): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(program, { workerData: task });
    let configuration: object = {};
    const clients: Clients = [];
    thread.on('message', (said: Said) => {
      if (said.kind === 'refused') reject(new RingbackError(said.code, said.message));
      else if (said.kind === 'read') configuration = said.configuration as object;
      else clients.push(...said.clients);
      if (said.kind === 'clients' && said.clients.length === 0) resolve({ ...configuration, clients });
      else thread.postMessage('more');
    });
    thread.on('error', reject);
    thread.on('exit', () => reject(new Error('the thread has ended')));
  });
}

/** What such a thread does. */
export function readForOthers(): void {
  const { reader, file, fabric } = workerData as Task;
  const port = parentPort;
  const say = (said: Said): void => port?.postMessage(said);
  try {
    const { clients, ...configuration } = READERS[reader](file, fabric);
    let from = 0;
    port?.on('message', () => {
      const some = clients.slice(from, from + CLIENTS_AT_ONCE);
      from += CLIENTS_AT_ONCE;
      say({ kind: 'clients', clients: some });
      if (some.length === 0) port.close();
    });
    say({ kind: 'read', configuration });
  } catch (error) {
    const code = error instanceof RingbackError ? error.code : 'configuration';
    say({ kind: 'refused', code, message: messageOf(error) });
  }
}
