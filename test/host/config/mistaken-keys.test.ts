import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EXAMPLE } from './example.ts';
import { parseRouterConfiguration } from './parsed.ts';
import { mistake, refusal } from './refusal.ts';

/** Of the example: what counts, from silence to conversations. */
const EXAMPLE_SILENCE = EXAMPLE.slice(
  EXAMPLE.indexOf('unanswered: 30s'),
  EXAMPLE.indexOf('  known_clients_only'),
);

describe('a mistake in the keys', () => {
  it('of an unknown key comes with the nearest known one, at the key', () => {
    mistake('daemon:', 'deamon:', 'deamon:', 'fabric.deamon', /^unknown key; did you mean "daemon"\?$/);
    mistake(
      'known_clients_only',
      'known-clients-only',
      'known-clients-only',
      'detect.known-clients-only',
      /"known_clients_only"/,
    );
    mistake(
      'settle:',
      'colour:',
      'colour:',
      'recover.colour',
      /^unknown key; allowed here: traps, arp, syn_ack, confirm, settle$/,
    );
    mistake('control:', 'toString:', 'toString:', 'toString', /^unknown key; allowed here: state, fabric, /);
    mistake('control:', '__proto__:', '__proto__:', '__proto__', /^unknown key; remove it$/);
    mistake('ask: connect', 'aks: connect', 'aks:', 'detect.aks', /^unknown key; did you mean "ask"\?$/);
    mistake('name: www', 'nmae: www', 'nmae:', 'servers[0].nmae', /"name"/);
    mistake(
      ', language: ja',
      ', lang: ja',
      'lang:',
      'clients[0].lang',
      /^unknown key; allowed here: address, mail, language$/,
    );
  });

  it('of a key that another command reads says which', () => {
    mistake('control:', 'relay:', 'relay:', 'relay', /^belongs to "ringback relay"; /);
    mistake('control:', 'takeover:', 'takeover:', 'takeover', /^belongs to "ringback takeover"; /);
  });

  it('of a missing key is at what should hold it', () => {
    mistake(
      '  watch: [172.27.178.0/24]  ',
      '',
      'unreachable',
      'detect.watch',
      /^is missing; the servers' networks, 1 to 4096/,
    );
    mistake(
      '  interfaces: [lan0, wan0]  ',
      '',
      'daemon:',
      'fabric.interfaces',
      /^is missing; .* or give fabric\.socket$/,
    );
    mistake('host: 172.27.179.25, ', '', '{port: 25', 'smtp.host', /^is missing; a host name or an address/);
    mistake(', from: ringback@router.example', '', '{host:', 'smtp.from', /^is missing; one plain address/);
    mistake(
      'address: 172.27.179.151, ',
      '',
      '{mail: sato',
      'clients[0].address',
      /^is missing; one IPv4 or IPv6/,
    );
    mistake(
      'mail: sato@example.jp, ',
      '',
      '{address: 172.27.179.151',
      'clients[0].mail',
      /^is missing; one plain/,
    );
    mistake(
      'address: 172.27.178.80, ',
      '',
      '{name: www',
      'servers[0].address',
      /^is missing; one IPv4 or IPv6/,
    );
    mistake('{mail: station@example.jp}', '{}', '{}', 'station.mail', /^is missing/);
    mistake('name: ops, ', '', '{auth:', 'recover.traps.users[0].name', /^is missing/);
  });

  it('of a wrong type or an empty value says what is allowed', () => {
    mistake(
      '[lan0, wan0]',
      'lan0',
      'lan0',
      'fabric.interfaces',
      /^a single value is not a list; .*\[lan0, wan0\] or \[lan0, \{name: t1, sees: everything\}\]$/,
    );
    mistake('[lan0, wan0]', '{lan0: 1}', '{lan0', 'fabric.interfaces', /^a mapping is not a list; /);
    mistake(
      '{servers: 1024, clients: 65536, attempts: 65536}',
      'large',
      'large',
      'fabric.capacity',
      /^is not a mapping of keys to values; allowed here: servers, clients, attempts, conversations$/,
    );
    mistake('{mail: station@example.jp}', '', 'station:', 'station', /^is empty; allowed here: mail$/);
    mistake(
      '  - {address: 172.27.179.151, mail: sato@example.jp, language: ja}',
      '',
      'clients:\n',
      'clients',
      /^is empty; a list of/,
    );
    mistake(
      'refused: true',
      'refused: yes',
      'yes\n',
      'detect.refused',
      /^"yes" is not a truth value; true or false$/,
    );
    mistake(
      '172.27.178.0/24]',
      '[172.27.178.0/24]]',
      '[172.27.178.0/24]]',
      'detect.watch[0]',
      /^a list is not a network; /,
    );
    mistake('list-secret', '', 'list_key:', 'list_key', /^is empty; 8 to 255 characters/);
    mistake(
      '/var/lib/ringback  ',
      '{}',
      '{}',
      'state',
      /^a mapping is not a directory; the path of a directory, or false$/,
    );
  });

  it('of a secret behind a colon without its space does not show it', () => {
    const lines = refusal(() =>
      parseRouterConfiguration(EXAMPLE.replace('key: auth-secret', 'key:auth-secret'), 'r.yaml'),
    );
    assert.deepEqual(
      lines.map((line) => line.replace(/^r\.yaml:\d+:\d+: recover\.traps\.users\[0\]\.auth\./, '')),
      [
        'key: is missing; 8 to 255 characters of text without control characters (in quotes if it is digits only or has signs of YAML)',
        'key…: unknown key; write a space behind the colon',
      ],
    );
  });

  it('of something given twice is at the second one, however it is spelt', () => {
    const client = '  - {address: "::ffff:172.27.179.151", mail: tanaka@example.jp}\n';
    mistake(
      'servers:\n',
      `${client}servers:\n`,
      '"::ffff:',
      'clients[1].address',
      /^172\.27\.179\.151 is in the list already, as number 1; keep one of them$/,
    );
    const server = '  - {address: 2001:db8:178::80}\n  - {address: 2001:0DB8:178:0::80}\n';
    mistake(
      'station:',
      `${server}station:`,
      '2001:0DB8',
      'servers[2].address',
      /^2001:db8:178::80 is in the list already, as number 2/,
    );
    mistake(
      '[lan0, wan0]',
      '[lan0, wan0, lan0]',
      'lan0]',
      'fabric.interfaces[2]',
      /^lan0 is in the list already/,
    );
    mistake(
      'users: [{name: ops,',
      'users: [{name: ops}, {name: ops ,',
      'ops ,',
      'recover.traps.users[1].name',
      /^ops is in the list already/,
    );
  });

  it('of keys that do not go together says what to do', () => {
    mistake(
      'daemon: [ringback-fabricd]',
      'daemon: [ringback-fabricd]\n  socket: /run/f',
      '/run/f ',
      'fabric.socket',
      /^stands beside daemon; keep one/,
    );
    mistake(
      EXAMPLE_SILENCE,
      EXAMPLE_SILENCE.replace('30s', 'false').replace('conversations: false', 'conversations: true'),
      'true            # or true',
      'detect.conversations',
      /^can not be true with unanswered: false: silence does not count then; leave one of them away$/,
    );
    mistake(', password: smtp-secret', '', '{host', 'smtp.password', /^is missing; smtp\.user needs it$/);
    mistake('user: ringback, ', '', '{host', 'smtp.user', /^is missing; smtp\.password needs it$/);
    mistake(
      'auth: {protocol: sha256, key: auth-secret}, ',
      '',
      '{name: ops',
      'recover.traps.users[0].auth',
      /^is missing; priv needs auth/,
    );
  });
});
