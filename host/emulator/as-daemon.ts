/**
 * `--as-daemon SOCKET`: a world in real time whose router's frames go to an unmodified `ringback run`. That program is none of the
 * world's: its own connections and mails leave by its machine's kernel, so the servers of the world answer on the wire alone.
 */
import type { Fields } from '../log/log.ts';
import type { Time } from '../time.ts';
import { SocketBoard } from './board/daemon.ts';
import { inRealTime } from './board/pace.ts';
import { play } from './play.ts';
import type { Scenario } from './scenario/types.ts';
import type { MakeWorld, RunningPlay } from './stage.ts';
import type { Directory, Witness } from './truth/witness.ts';

interface AsDaemonOptions {
  readonly path: string;
  readonly make: MakeWorld;
  readonly time: Time;
  readonly signal: AbortSignal;
  /** What happens in the world, and who comes. */
  readonly say: (event: string, fields: Fields) => void;
  /** For whoever pulls cables in it. */
  readonly onBegun?: (play: RunningPlay) => void;
}

/** Until the scenario's end, or until somebody aborts. Throws RingbackError('unavailable') where the socket can't be. */
export async function serveAsDaemon(scenario: Scenario, options: AsDaemonOptions): Promise<void> {
  const { path, make, time, signal, say, onBegun } = options;
  const beganUs = Math.round(time.nowMs() * 1000);
  let worldUs = (): number => 0;
  const board = await SocketBoard.open({
    ...{ path, time },
    interfaces: scenario.interfaces.map((name, index) => ({ name, hardware: macOf(index + 1) })),
    nowUs: () => beganUs + worldUs(),
    onProgram: (isThere) => say(isThere ? 'program.connected' : 'program.gone', { socket: path }),
  });
  try {
    // The program in the world is somebody else's.
    await play({ ...scenario, router: null }, ({ directory }) => witnessOf(board, directory, say), {
      ...{ make, machine: time, isOver: () => signal.aborted },
      onBegun: (own) => onBegun?.(own),
      run: (stage, endUs) => {
        worldUs = () => stage.calendar.nowUs;
        const { calendar, loop } = stage;
        return inRealTime({ calendar, loop, time, onStep: () => board.settle() }, endUs, signal);
      },
    });
  } finally {
    await board.close();
  }
}

/** As the world's router has them. */
function macOf(iface: number): string {
  return `02:00:00:00:00:${iface.toString(16).padStart(2, '0')}`;
}

function witnessOf(board: SocketBoard, directory: Directory, say: AsDaemonOptions['say']): Witness {
  const about = (service: number): Fields => {
    const { name, address, port } = directory.service(service);
    return { name, server: address, port };
  };
  return {
    tried: () => {},
    tryEnded: (client, service, end) => {
      if (end !== 'served')
        say('try.ended', { client: directory.client(client).address, ...about(service), end });
    },
    service: (service, answers) => say(answers ? 'service.answers' : 'service.silent', about(service)),
    path: (service, isOpen) => say(isOpen ? 'path.open' : 'path.closed', about(service)),
    line: () => {},
    mail: () => {},
    steered: () => {},
    program: () => {},
    step: (text) => say('step', { text }),
    frame: (iface, isOut, bytes) => board.frame(iface, isOut, bytes),
  };
}
