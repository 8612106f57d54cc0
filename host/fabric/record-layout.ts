/** Where the fields of a record are: the module's `Field`, and for the carrier's own records its `CarrierField` as well. */
import type { Codes } from './module.ts';

export class RecordLayout {
  readonly recordBytes: number;
  /** The bit of a kind that says that its port is one of UDP. */
  readonly ofDatagrams: number;
  readonly #offsets: ReadonlyMap<string, number>;

  /** `groups`: enums of the module's; of two fields with one name the later one counts. */
  constructor(codes: Codes, ...groups: readonly string[]) {
    this.recordBytes = codes.number('RECORD_BYTES');
    this.ofDatagrams = codes.number('OF_DATAGRAMS');
    this.#offsets = new Map(groups.flatMap((group) => codes.entries(group)));
  }

  /** An unknown field is a mistake in this program. */
  at(field: string): number {
    const offset = this.#offsets.get(field);
    if (offset === undefined) throw new Error(`no field ${field}`);
    return offset;
  }
}

/** The places of the fields of events and commands, for whoever has hundreds of thousands of those. */
export class FieldPlaces {
  readonly kind: number;
  readonly code: number;
  readonly port: number;
  readonly serial: number;
  readonly tries: number;
  readonly nowUs: number;
  readonly server: number;
  readonly client: number;
  readonly firstUs: number;
  readonly lastUs: number;
  readonly sequence: number;
  readonly clientPort: number;
  readonly triedPort: number;
  readonly restoredPort: number;
  readonly state: number;
  readonly answeredPort: number;
  readonly transports: number;
  readonly restoredState: number;
  readonly restoredTransports: number;
  readonly probePort: number;
  readonly realPort: number;
  readonly counters: number;
  readonly interface: number;
  readonly ticket: number;
  readonly router: number;
  readonly hardware: number;
  readonly flags: number;
  readonly waitUs: number;
  readonly servers: number;
  readonly clients: number;
  readonly attempts: number;
  readonly known: number;
  readonly prefixes: number;
  readonly everything: number;
  readonly key: number;
  readonly programPort: number;
  readonly programPorts: number;

  constructor(layout: RecordLayout) {
    this.kind = layout.at('Kind');
    this.code = layout.at('Code');
    this.port = layout.at('Port');
    this.serial = layout.at('Serial');
    this.tries = layout.at('Tries');
    this.nowUs = layout.at('NowUs');
    this.server = layout.at('Server');
    this.client = layout.at('Client');
    this.firstUs = layout.at('FirstUs');
    this.lastUs = layout.at('LastUs');
    this.sequence = layout.at('Sequence');
    this.clientPort = layout.at('ClientPort');
    this.triedPort = layout.at('TriedPort');
    this.restoredPort = layout.at('RestoredPort');
    this.state = layout.at('State');
    this.answeredPort = layout.at('AnsweredPort');
    this.transports = layout.at('Transports');
    this.restoredState = layout.at('RestoredState');
    this.restoredTransports = layout.at('RestoredTransports');
    this.probePort = layout.at('ProbePort');
    this.realPort = layout.at('RealPort');
    this.counters = layout.at('Counters');
    this.interface = layout.at('Interface');
    this.ticket = layout.at('Ticket');
    this.router = layout.at('Router');
    this.hardware = layout.at('Hardware');
    this.flags = layout.at('Flags');
    this.waitUs = layout.at('WaitUs');
    this.servers = layout.at('Servers');
    this.clients = layout.at('Clients');
    this.attempts = layout.at('Attempts');
    this.known = layout.at('Known');
    this.prefixes = layout.at('Prefixes');
    this.everything = layout.at('Everything');
    this.key = layout.at('KeyLow');
    this.programPort = layout.at('ProgramPort');
    this.programPorts = layout.at('ProgramPorts');
  }
}
