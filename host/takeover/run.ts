/** `ringback takeover`: puts one half together, and takes it apart again. */
import { canonicalAddress } from '../config/address.ts';
import { warnings } from '../config/takeover/explain.ts';
import { loadTakeoverConfiguration } from '../config/takeover/file.ts';
import type { TakeoverConfiguration } from '../config/takeover/types.ts';
import { messageOf, RingbackError } from '../errors.ts';
import type { Signals } from '../foreground.ts';
import type { Log } from '../log.ts';
import { type Question, type Routes, serveControl } from '../router/control.ts';
import { ActiveHalf } from './active-half.ts';
import type { Half } from './half.ts';
import { StandbyHalf } from './standby-half.ts';
import { hurry } from './urgency.ts';

/** Runs until `stop` aborts. Throws a RingbackError when it cannot start. */
export async function run(file: string, log: Log, signals: Signals): Promise<void> {
  const { stop } = signals;
  // From the beginning: the system's own answer to SIGHUP is to end the program.
  let reload: (() => void) | null = null;
  let reloadAsked = false;
  signals.onReload(() => {
    if (reload === null) reloadAsked = true;
    else if (!stop.aborted) reload();
  });
  const configuration = loadTakeoverConfiguration(file);
  for (const message of warnings(configuration)) log.warn('configuration', { message });
  const { takeover, control } = configuration;
  hurry(takeover.realTime, log);
  // The socket shows that no other process has the same adapters in hand.
  let half: Half | null = null;
  const startedAt = new Date();
  const server = await serveControl(
    control,
    routes(() => half, startedAt),
  );
  try {
    half =
      takeover.role === 'active'
        ? await ActiveHalf.open(configuration, takeover, log)
        : await StandbyHalf.open(configuration, takeover, log);
    log.info('ready', { ...half.about, pid: process.pid });
    const running = half;
    reload = () => reconfigure(running, configuration, file, log);
    if (reloadAsked) reload();
    await new Promise<void>((resolve) => {
      if (stop.aborted) resolve();
      else stop.addEventListener('abort', () => resolve(), { once: true });
    });
  } finally {
    await half?.close();
    await server.close();
  }
}

/** A file that is bad changes nothing. */
function reconfigure(half: Half, first: TakeoverConfiguration, file: string, log: Log): void {
  try {
    const next = loadTakeoverConfiguration(file);
    const fixed = [...half.reconfigure(next)];
    if (next.control !== first.control) fixed.push('control');
    if (next.daemon.join(' ') !== first.daemon.join(' ')) fixed.push('fabric');
    if (fixed.length > 0) log.warn('configuration.restart', { needed: fixed.join(' ') });
    log.info('configuration.reloaded');
  } catch (error) {
    log.error('configuration.rejected', { message: messageOf(error) });
  }
}

function routes(half: () => Half | null, startedAt: Date): Routes {
  const started = (): Half => {
    const running = half();
    if (running === null) throw new RingbackError('unavailable', 'it has not begun yet; ask again');
    return running;
  };
  return {
    'GET /status': () => ({ since: startedAt.toISOString(), ...started().status() }),
    'POST /give': async (question) => ({ addresses: await started().give(named(question)) }),
    'POST /return': async (question) => ({ addresses: await started().giveBack(named(question)) }),
  };
}

/** What the operator named; addresses in their one spelling. */
function named({ body }: Question): string[] {
  if (!Array.isArray(body) || !body.every((one) => typeof one === 'string')) {
    throw new RingbackError('usage', 'give a list of addresses or names');
  }
  return body.map((one: string) => canonicalAddress(one) ?? one);
}
