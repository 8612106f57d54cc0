/**
 * A router for LuCI's tests: a real `ringback run` with its control socket, behind a board that plays its frames, beside an
 * /etc/config and the stand-ins of rpcd and uhttpd.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { SocketBoard } from '../../../host/emulator/board/daemon.ts';
import { machineTime } from '../../../host/time.ts';
import type { End } from '../../frames.ts';
import { refusal, SERVER, syn, synAck } from '../../host/fabric/fabric.ts';
import { directory } from '../../host/fabric/scripted.ts';
import { Running } from '../../host/router/program.ts';
import { freePort } from '../../ports.ts';
import { UCI_SAMPLE } from '../../uci-sample.ts';
import { rpcd } from './rpcd.ts';
import { LuciServer } from './server.ts';

const BEGAN_US = 3_600_000_000;

interface Wishes {
  /** More lines of the program's file. */
  readonly lines?: readonly string[];
  /** /etc/config/ringback. */
  readonly uci?: string;
  /** Whether the program reads that itself. */
  readonly readsUci?: boolean;
  readonly reload?: () => Promise<readonly string[]>;
  /** As the stand-in of rpcd takes them. */
  readonly recorded?: Readonly<Record<string, object>>;
  readonly interfaces?: readonly string[];
  /** Where its mails go; without it nobody is there, and they wait. */
  readonly smtpPort?: number;
}

/** With Sato at the address that frames have here. */
export const UCI = `${UCI_SAMPLE.replace('172.27.179.150', '172.27.179.151')}	option language 'ja'

config recover 'recover'
	option traps '0'

config notify 'notify'
	option fresh '12h'

config server
	option address '172.27.178.80'
	option name 'www.example.jp'
	list ports '80'
`;

export class Router {
  readonly luci: LuciServer;
  readonly place: ReturnType<typeof directory>;
  readonly file: string;
  readonly etc: string;
  readonly #board: SocketBoard;
  readonly #test: TestContext;
  #sequence = 0;
  program: Running | null = null;

  private constructor(
    made: Pick<Router, 'luci' | 'place' | 'file' | 'etc'> & { board: SocketBoard; test: TestContext },
  ) {
    this.luci = made.luci;
    this.place = made.place;
    this.file = made.file;
    this.etc = made.etc;
    this.#board = made.board;
    this.#test = made.test;
  }

  /** All of it but the program, which begins with start(). */
  static async open(
    test: TestContext,
    { lines = [], uci = UCI, interfaces = ['lan0', 'wan0'], smtpPort, readsUci, ...wishes }: Wishes = {},
  ): Promise<Router> {
    const place = directory();
    const startMs = machineTime.nowMs();
    const board = await SocketBoard.open({
      path: place.path('fabric.sock'),
      interfaces: interfaces.map((name, i) => ({ name, hardware: `02:00:00:00:00:0${i + 1}` })),
      nowUs: () => Math.round((machineTime.nowMs() - startMs) * 1000) + BEGAN_US,
      time: machineTime,
      onProgram: () => {},
      onFrame: () => {},
    });
    const etc = place.path('config');
    mkdirSync(etc);
    writeFileSync(`${etc}/ringback`, uci);
    writeFileSync(`${etc}/luci`, "config core 'main'\n");
    writeFileSync(
      `${etc}/network`,
      "config interface 'loopback'\n\nconfig interface 'lan'\n\nconfig interface 'wan'\n",
    );
    const control = place.path('ringback.sock');
    const luci = await LuciServer.open(rpcd({ etc, control, reload: async () => [], ...wishes }));
    const file = readsUci ? `${etc}/ringback` : place.path('ringback.yaml');
    const all = [
      'detect: {watch: [172.27.178.0/24], ask: none}',
      'recover: {confirm: none, traps: false, settle: 1s}',
      `fabric: {socket: ${place.path('fabric.sock')}}`,
      `smtp: {host: 127.0.0.1, port: ${smtpPort ?? (await freePort())}, tls: none, from: ringback@router.example}`,
      `servers: [{address: ${SERVER.address}, name: www.example.jp, ports: [80]}]`,
      `state: ${place.path('state')}`,
      `control: ${control}`,
      ...lines,
    ];
    if (!readsUci) writeFileSync(file, `${all.join('\n')}\n`);
    else writeFileSync(file, withPlaces(uci, place.path('fabric.sock'), place.path('state'), control));
    test.after(async () => {
      await luci.close();
      await board.close();
      place.remove();
    });
    return new Router({ luci, place, file, etc, board, test });
  }

  async start(): Promise<Running> {
    const program = new Running('run', '-c', this.file);
    this.#test.after(() => program.child.kill('SIGKILL'));
    this.program = program;
    await program.logged('ready');
    return program;
  }

  /** A connection of a client that the server's kernel refuses. */
  refuses(client: End, server: End = SERVER): void {
    const sequence = ++this.#sequence;
    this.#board.frame(1, false, syn(client, server, sequence));
    this.#board.frame(2, false, refusal(server, client, sequence));
    this.#board.settle();
  }

  /** One that it accepts. */
  accepts(client: End, server: End = SERVER): void {
    const sequence = ++this.#sequence;
    this.#board.frame(1, false, syn(client, server, sequence));
    this.#board.frame(2, false, synAck(server, client, sequence));
    this.#board.settle();
  }
}

/** The same file for a program that runs here: its daemon, state and socket are the test's. */
function withPlaces(uci: string, socket: string, state: string, control: string): string {
  return uci
    .replace("option state '/etc/ringback/state'", `option state '${state}'\n\toption control '${control}'`)
    .replace("list interfaces 'lan'\n\tlist interfaces 'wan'", `option socket '${socket}'`);
}
