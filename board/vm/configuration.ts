/** `/etc/config/ringback` of a machine that is the lab's router. */
import { address } from '../lab/lab.ts';
import { PEOPLE } from '../lab/ringback.ts';
import type { Files, MachineKind } from './machine.ts';

/** The router that has Node, and what it is the configuration of: devices, or OpenWrt's networks. */
export const ROUTER: MachineKind = process.env.OPENWRT_ROOT ? 'openwrt' : 'router';

/** Short waits, everything else as on a real router. */
export function configuration(): Files {
  const interfaces = ROUTER === 'openwrt' ? ['lan', 'wan'] : ['lan0', 'wan0'];
  const people = Object.entries(PEOPLE).map(
    ([node, mail]) => `config client\n\toption address '${address(node)}'\n\toption mail '${mail}'\n`,
  );
  const servers = ['s80', 's81', 's82'].map(
    (node) =>
      `config server\n\toption address '${address(node)}'\n\toption name '${node}.example.jp'\n\tlist ports '80'\n`,
  );
  const text = `
config ringback 'ringback'
	option enabled '1'
	option state '/etc/ringback/state'

config fabric 'fabric'
${interfaces.map((name) => `\tlist interfaces '${name}'\n`).join('')}
config detect 'detect'
	list watch '172.27.178.0/24'
	option unanswered '4s'

config recover 'recover'
	option settle '1s'
	option traps '0'

config smtp 'smtp'
	option host '${address('mail')}'
	option from 'ringback@router.example'

config page 'page'
	option listen '8480'
	list ports '80'

${[...people, ...servers].join('\n')}`;
  return { '/etc/config/ringback': text };
}
