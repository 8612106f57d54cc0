/** Where programs of this machine listen (TCP), as the kernel tells everybody. */
import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import { canonicalAddress } from '../net/address.ts';
import { type PortSet, portsOfAll } from './ports.ts';

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
const LISTENING = '0A';
const ANY = /^(0{8}|0{32})$/;

/** The ports on which somebody listens at an address of this machine. */
export function listeningPorts(tables = TABLES.map(read)): (address: string) => PortSet {
  const everywhere: number[] = [];
  const ports = new Map<string, number[]>();
  for (const line of tables.flatMap((table) => table.split('\n'))) {
    const [, local = '', , state] = line.trim().split(/\s+/);
    const [, place = '', digits = ''] = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(local) ?? [];
    if (state !== LISTENING || place === '') continue;
    const port = Number.parseInt(digits, 16);
    const address = ANY.test(place) ? null : addressOf(place);
    if (address === null) everywhere.push(port);
    else ports.set(address, [...(ports.get(address) ?? []), port]);
  }
  return (address) =>
    portsOfAll([...everywhere, ...(ports.get(address) ?? [])].map((port) => [port, port] as const));
}

/** The kernel writes words of 32 bits as the processor has them. */
function addressOf(place: string): string | null {
  const bytes = Buffer.from(place, 'hex');
  if (endianness() === 'LE') bytes.swap32();
  const text = bytes.length === 4 ? bytes.join('.') : (bytes.toString('hex').match(/.{4}/g) ?? []).join(':');
  return canonicalAddress(text);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
