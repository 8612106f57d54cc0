/** Questions about the state: to the process that has it, or, if none runs, to the database itself. */
import { messageOf, RingbackError } from '../errors.ts';
import { createLog } from '../log/log.ts';
import { TakenError } from '../store/lock.ts';
import { Store } from '../store/store.ts';
import { pause, type Time } from '../time.ts';
import { recordRoutes } from './record-routes.ts';
import { NOBODY, type RecordState } from './records.ts';
import { askControl, type ControlRoutes, isNobodyThere } from './socket.ts';

/** Where a role can be asked, or what it has left. */
export interface RolePlace {
  /** How it is started: `ringback COMMAND`. */
  readonly command: string;
  /** Its control socket. */
  readonly control: string;
  /** Its directory; null: memory. */
  readonly state: string | null;
}

interface Asked extends RolePlace {
  readonly time: Time;
}

interface Answered {
  readonly answer: unknown;
  /** Whether a process that runs has answered. */
  readonly isLive: boolean;
}

/** So often a state is asked for that somebody else has: another question, which takes a moment, or a process that starts. */
const TRIES = 50;
const BETWEEN_MS = 100;

/**
 * The answer of the process that runs; else, by the same routes, that of the state itself. `routesOf`: what this
 * question is answered by.
 */
export async function ask(
  place: Asked,
  what: string,
  body?: unknown,
  routesOf: (store: RecordState) => ControlRoutes = (store) => recordRoutes(store, NOBODY, place.time),
): Promise<Answered> {
  for (let tries = 1; ; tries++) {
    try {
      return await askOnce(place, what, body, routesOf);
    } catch (error) {
      const isTaken = error instanceof RingbackError && error.cause instanceof TakenError;
      if (!isTaken || tries >= TRIES) throw error;
    }
    await pause(place.time, BETWEEN_MS);
  }
}

async function askOnce(
  { command, control, state, time }: Asked,
  what: string,
  body: unknown,
  routesOf: (store: RecordState) => ControlRoutes,
): Promise<Answered> {
  try {
    return { answer: await askControl(control, what, body, command), isLive: true };
  } catch (error) {
    if (!isNobodyThere(error)) throw error;
    const neither = (reason: string, cause: unknown): RingbackError =>
      new RingbackError('unavailable', `${messageOf(error)}, and ${reason}`, { cause });
    if (state === null) throw neither('with state: false nothing outlives it', error);
    try {
      return { answer: await lookInto({ directory: state, time }, what, body, routesOf), isLive: false };
    } catch (closed) {
      if (closed instanceof RingbackError && closed.code === 'unavailable')
        throw neither(closed.message, closed);
      throw closed;
    }
  }
}

async function lookInto(
  { directory, time }: { directory: string; time: Time },
  what: string,
  body: unknown,
  routesOf: (store: RecordState) => ControlRoutes,
): Promise<unknown> {
  const log = createLog({
    write: (line) => process.stderr.write(line),
    terminal: process.stderr.isTTY === true,
    now: () => new Date(time.wallMs()),
  });
  const store = await Store.open({ directory, log, time, existing: true });
  try {
    const [path = '', query] = what.split('?', 2);
    const handler = routesOf(store)[`${body === undefined ? 'GET' : 'POST'} ${path}`];
    return await handler?.({ query: new URLSearchParams(query), body: body ?? null });
  } finally {
    store.close();
  }
}
