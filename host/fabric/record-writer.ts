/** Commands, written into their records. */
import { writeAddress } from '../net/address.ts';
import { LatestAddress } from '../net/address-cache.ts';
import { macBytes } from '../net/mac-address.ts';
import { isOfDatagrams, numberOnWire, type Target } from '../net/target.ts';
import type { Codes } from './module.ts';
import { putU16, putU32, putUs } from './record-bytes.ts';
import { FieldPlaces, type RecordLayout } from './record-layout.ts';
import { CodeNames, camel, dashed } from './record-names.ts';
import { type Cause, type Command, type Form, KEY_BYTES, type Options, type ServerState } from './records.ts';

type Kind = Command['kind'];
type Of<K extends Kind, C = Command> = C extends { readonly kind: Kind }
  ? K extends C['kind']
    ? C
    : never
  : never;

export class CommandWriter {
  readonly #at: FieldPlaces;
  readonly #ofDatagrams: number;
  readonly #triedDatagrams: number;
  readonly #kinds: CodeNames<Kind>;
  readonly #causes: CodeNames<Cause>;
  readonly #states: CodeNames<ServerState>;
  readonly #forms: CodeNames<Form>;
  readonly #options: CodeNames<keyof Options>;
  readonly #servers = new LatestAddress();
  /** The record that is being written begins there. */
  #bytes: Uint8Array = new Uint8Array(0);
  #from = 0;

  constructor(codes: Codes, layout: RecordLayout) {
    this.#at = new FieldPlaces(layout);
    this.#ofDatagrams = layout.ofDatagrams;
    this.#triedDatagrams = codes.number('Transport.TriedDatagrams');
    this.#kinds = new CodeNames(codes, 'Command', camel);
    this.#causes = new CodeNames(codes, 'Cause', dashed);
    this.#states = new CodeNames(codes, 'ServerState', dashed);
    this.#forms = new CodeNames(codes, 'Form', dashed);
    this.#options = new CodeNames(codes, 'Option', camel);
  }

  /** Into the zeroed bytes of a record that begins there. */
  write(command: Command, bytes: Uint8Array, from: number): void {
    this.#bytes = bytes;
    this.#from = from;
    this.#u8(this.#at.kind, this.#kinds.number(command.kind));
    this.#fields(command);
  }

  #fields(command: Command): void {
    switch (command.kind) {
      case 'restore':
        this.#restore(command);
        break;
      case 'knowClient':
      case 'unknowClient':
      case 'own':
      case 'disown':
        this.#address(this.#at.client, command.client);
        break;
      case 'knowService':
      case 'unknowService':
      case 'unforward':
      case 'stillDown':
      case 'release':
      case 'forget':
      case 'confirm':
      case 'acquit':
      case 'lives':
      case 'askMet':
      case 'askEnd':
        this.#target(command);
        break;
      case 'foundSilent':
      case 'restoreService':
        this.#target(command);
        this.#us(this.#at.firstUs, command.atUs);
        break;
      case 'ask':
        this.#target(command);
        this.#u16(this.#at.probePort, command.localPort);
        break;
      case 'configure':
        this.#configure(command);
        break;
      case 'watch':
      case 'unwatch':
        this.#address(this.#at.server, command.address);
        this.#u8(this.#at.code, command.bits);
        break;
      case 'forward':
        this.#target(command);
        this.#address(this.#at.client, command.real.server);
        this.#u16(this.#at.realPort, command.real.port);
        break;
      case 'answerFor':
      case 'datagrams':
        this.#u16(this.#at.port, command.port);
        this.#u8(this.#at.code, command.on ? 1 : 0);
        break;
      case 'sweep':
        this.#us(this.#at.firstUs, command.olderThanUs);
        break;
      case 'announce':
        this.#announce(command);
        break;
      case 'claim':
        this.#holder(command);
        break;
      case 'unclaim':
        this.#address(this.#at.server, command.address);
        break;
      case 'sync':
      case 'counters':
      case 'flush':
      case 'learnt':
        break;
    }
  }

  #restore(command: Of<'restore'>): void {
    this.#target(command);
    this.#address(this.#at.client, command.client);
    this.#u8(this.#at.code, this.#causes.number(command.cause));
    this.#u16(this.#at.tries, command.tries);
    this.#u16(this.#at.restoredPort, numberOnWire(command.triedPort));
    if (isOfDatagrams(command.triedPort)) this.#u8(this.#at.restoredTransports, this.#triedDatagrams);
    if (command.suspected) this.#u8(this.#at.restoredState, this.#states.number('suspected'));
    this.#us(this.#at.firstUs, command.firstUs);
    this.#us(this.#at.lastUs, command.lastUs);
  }

  #configure(command: Of<'configure'>): void {
    const { options, sizes } = command;
    let flags = 0;
    for (const [name, on] of Object.entries(options))
      if (on) flags |= this.#options.number(name as keyof Options);
    this.#u32(this.#at.flags, flags);
    this.#us(this.#at.waitUs, command.waitUs);
    this.#u32(this.#at.servers, sizes.servers);
    this.#u32(this.#at.clients, sizes.clients);
    this.#u32(this.#at.attempts, sizes.attempts);
    this.#u32(this.#at.known, sizes.known);
    this.#u32(this.#at.prefixes, sizes.prefixes);
    this.#u32(this.#at.everything, command.everything ?? 0);
    this.#bytes.set(command.key.subarray(0, KEY_BYTES), this.#from + this.#at.key);
    this.#u16(this.#at.programPort, command.programPorts?.first ?? 0);
    this.#u16(this.#at.programPorts, command.programPorts?.count ?? 0);
  }

  #announce(command: Of<'announce'>): void {
    this.#holder(command);
    this.#u8(this.#at.code, this.#forms.number(command.form));
    this.#u16(this.#at.ticket, command.ticket);
    if (command.form === 'request') this.#address(this.#at.client, command.target);
    if (command.form === 'neighbour') this.#u8(this.#at.router, command.router ? 1 : 0);
  }

  #holder(held: Of<'claim' | 'announce'>): void {
    this.#address(this.#at.server, held.address);
    this.#bytes.set(macBytes(held.hardware), this.#from + this.#at.hardware);
    this.#u16(this.#at.interface, held.interface);
  }

  #target({ server, port }: Target): void {
    this.#servers.write(server, this.#bytes, this.#from + this.#at.server);
    this.#u16(this.#at.port, numberOnWire(port));
    if (isOfDatagrams(port)) {
      const at = this.#from + this.#at.kind;
      this.#bytes[at] = (this.#bytes[at] ?? 0) | this.#ofDatagrams;
    }
  }

  #address(at: number, text: string): void {
    writeAddress(text, this.#bytes, this.#from + at);
  }

  #u8(at: number, value: number): void {
    this.#bytes[this.#from + at] = value;
  }

  #u16(at: number, value: number): void {
    putU16(this.#bytes, this.#from + at, value);
  }

  #u32(at: number, value: number): void {
    putU32(this.#bytes, this.#from + at, value);
  }

  #us(at: number, us: number): void {
    putUs(this.#bytes, this.#from + at, us);
  }
}
