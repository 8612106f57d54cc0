/** Who lives in a town, and the configuration of its router. */

import type { RouterConfiguration } from '../../../host/config/types.ts';
import type { Target } from '../../../host/net/target.ts';
import { parseRouterConfiguration } from '../config/parsed.ts';

export const SERVER = '172.27.178.80';
export const WEB: Target = { server: SERVER, port: 80 };
export const SECURE: Target = { server: SERVER, port: 443 };
export const SHELL: Target = { server: SERVER, port: 22 };
export const SATO = '172.27.179.151';
/** Another machine of Sato's. */
export const LAPTOP = '172.27.179.161';
export const TANAKA = '172.27.179.150';
export const NAKAMURA = '172.27.179.152';

export interface TownOptions {
  /** Sections of the configuration. */
  readonly more?: string;
  readonly ask?: 'connect' | 'none';
  readonly confirm?: 'connect' | 'none';
  readonly settle?: string;
  readonly page?: readonly number[];
  /** Services that have answered an earlier process, and its clients. */
  readonly known?: readonly Target[];
  /** For so many who wait. */
  readonly room?: number;
}

export function configurationOf({
  more = '',
  ask = 'connect',
  confirm = 'connect',
  settle = '5s',
  page = [80, 443],
  room = 65_536,
}: TownOptions): RouterConfiguration {
  const text = `
detect: {watch: [172.27.176.0/21], ask: ${ask}}
recover: {confirm: ${confirm}, settle: ${settle}, traps: {listen: false}}
fabric: {socket: /fabric.sock, capacity: {servers: 4096, clients: ${room}}}
smtp: {host: 127.0.0.1, from: ringback@router.example}
page: {listen: 8480, ports: [${page.join(', ')}]}
clients:
  - {address: ${SATO}, mail: sato@example.jp}
  - {address: ${LAPTOP}, mail: sato@example.jp}
  - {address: ${TANAKA}, mail: tanaka@example.jp}
  - {address: ${NAKAMURA}, mail: nakamura@example.jp}
${more}
`;
  return parseRouterConfiguration(text, 'test.yaml');
}
