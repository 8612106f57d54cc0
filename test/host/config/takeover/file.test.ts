/** The file of `ringback takeover`: the manual's example, and its mistakes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explainTakeover, takeoverWarnings } from '../../../../host/config/takeover/explain.ts';
import { parseTakeoverConfiguration } from '../../../../host/config/takeover/file.ts';
import { refusal } from '../refusal.ts';

const SECRET = 'a shared secret';

const STANDBY = `takeover:
  role: standby                   # or active
  listen: 172.27.178.13:7373      # where a standby takes instructions
  key: ${SECRET}
  adapters: [eth1, eth0]          # a standby's; the one it listens on is used last
  actives: [{name: web, address: 172.27.178.11}]                # whom a standby serves
  heartbeat: {every: 100ms, lost: 3}
`;

const ACTIVE = `takeover:
  role: active
  standby: 172.27.178.13:7373     # whom an active instructs
  key: ${SECRET}
  addresses: [{address: 172.27.178.80/24, adapter: eth0}]       # an active's
  health: [{command: [/usr/libexec/ringback/healthy], every: 1s, failures: 3}]
  heartbeat: {every: 100ms, lost: 3}
`;

const parse = (text: string) => parseTakeoverConfiguration(text, 't.yaml');

/** The one mistake of the example with a part of it replaced. */
function mistake(text: string, part: string, wrong: string): string {
  assert.ok(text.includes(part), part);
  const lines = refusal(() => parse(text.replace(part, wrong)));
  assert.equal(lines.length, 1, lines.join('\n'));
  assert.ok(!lines[0]?.includes(SECRET), lines[0]);
  return lines[0] ?? '';
}

describe('the file of a takeover', () => {
  it('of a standby is as the manual has it', () => {
    const { takeover, daemon, control } = parse(STANDBY);
    assert.deepEqual([daemon, control], [['ringback-fabricd'], '/var/run/ringback-takeover.sock']);
    assert.deepEqual(takeover, {
      role: 'standby',
      name: null,
      listen: { host: '172.27.178.13', port: 7373 },
      key: SECRET,
      oldKey: null,
      interfaces: ['eth1', 'eth0'],
      actives: [{ name: 'web', address: '172.27.178.11', key: null, addresses: [] }],
      share: false,
      warm: true,
      return: 'manual',
      returnAfterMs: 30_000,
      heartbeat: { everyMs: 100, lost: 3 },
      checkMs: 200,
      announce: { forms: ['request'], repeat: 0, everyMs: 1000, paceMs: 5 },
      arp: true,
      realTime: true,
      hooks: [],
    });
  });

  it('of an active is as the manual has it', () => {
    const { takeover } = parse(ACTIVE);
    assert.ok(takeover.role === 'active');
    assert.deepEqual(takeover.standby, { host: '172.27.178.13', port: 7373 });
    assert.deepEqual(takeover.addresses, [{ address: '172.27.178.80', length: 24, ifname: 'eth0' }]);
    assert.deepEqual(takeover.health, [
      { command: ['/usr/libexec/ringback/healthy'], everyMs: 1000, failures: 3 },
    ]);
    assert.deepEqual(
      [takeover.listen, takeover.gateway, takeover.link, takeover.stop],
      [null, null, true, 'keep'],
    );
  });

  it('switches off what can be switched off', () => {
    const off = parse(
      `${STANDBY.replace('heartbeat: {every: 100ms, lost: 3}', 'heartbeat: false')}  check: false\n`,
    );
    assert.deepEqual([off.takeover.heartbeat, off.takeover.checkMs], [null, null]);
    const { takeover } = parse(`${ACTIVE}  gateway: false\n  link: false\n`);
    assert.ok(takeover.role === 'active');
    assert.deepEqual([takeover.gateway, takeover.link], [null, false]);
  });

  it('takes an address without a port as that of the usual one', () => {
    const { takeover } = parse(ACTIVE.replace('172.27.178.13:7373 ', '"2001:db8:178::13" '));
    assert.ok(takeover.role === 'active');
    assert.deepEqual(takeover.standby, { host: '2001:db8:178::13', port: 7373 });
  });

  it('says what is missing, at what should hold it', () => {
    assert.match(
      mistake(STANDBY, '  role: standby                   # or active\n', ''),
      /takeover\.role: is missing; active, standby$/,
    );
    assert.match(mistake(STANDBY, `  key: ${SECRET}\n`, ''), /takeover\.key: is missing; 8 to 255/);
    assert.match(
      mistake(STANDBY, '  listen: 172.27.178.13:7373 ', ' '),
      /takeover\.listen: is missing; ADDRESS:PORT/,
    );
    assert.match(
      mistake(ACTIVE, '  standby: 172.27.178.13:7373 ', ' '),
      /takeover\.standby: is missing; ADDRESS:PORT/,
    );
    assert.match(mistake(ACTIVE, '/24', ''), /addresses\[0\]\.address: .* lacks the length of its network/);
    assert.match(mistake(ACTIVE, ', adapter: eth0', ''), /addresses\[0\]\.adapter: is missing; 1 to 15/);
  });

  it('says which node a key belongs to', () => {
    assert.match(
      mistake(STANDBY, '  heartbeat', '  standby: 172.27.178.14\n  heartbeat'),
      /takeover\.standby: belongs to an active; this is a standby, and there is one standby only$/,
    );
    assert.match(
      mistake(ACTIVE, '  heartbeat', '  adapters: [eth1]\n  heartbeat'),
      /takeover\.adapters: belongs to a standby; this is an active$/,
    );
  });

  it('takes interface and interfaces for adapter and adapters', () => {
    assert.deepEqual(parse(STANDBY.replace('adapters:', 'interfaces:')), parse(STANDBY));
    assert.deepEqual(parse(ACTIVE.replace('adapter:', 'interface:')), parse(ACTIVE));
    assert.match(
      mistake(STANDBY, 'adapters: [eth1, eth0]', 'interfaces: [eth1, eth1]'),
      /takeover\.interfaces\[1\]: eth1 is in the list already/,
    );
    assert.match(
      mistake(ACTIVE, 'adapter: eth0', 'interface: a/b'),
      /addresses\[0\]\.interface: "a\/b" is not/,
    );
    assert.match(
      mistake(ACTIVE, '  heartbeat', '  interfaces: [eth1]\n  heartbeat'),
      /takeover\.interfaces: belongs to a standby; this is an active$/,
    );
  });

  it('takes one of these names, and not both', () => {
    assert.match(
      mistake(STANDBY, '  heartbeat', '  interfaces: [eth1]\n  heartbeat'),
      /^t\.yaml:7:3: takeover\.interfaces: is another name of adapters, which is there, too; leave one of them away$/,
    );
    assert.match(
      mistake(ACTIVE, 'adapter: eth0', 'interface: eth0, adapter: eth0'),
      /^t\.yaml:5:\d+: takeover\.addresses\[0\]\.interface: is another name of adapter, which is there, too/,
    );
    assert.match(
      mistake(STANDBY, '  adapters: [eth1, eth0] ', '  '),
      /takeover\.adapters: is missing; 1 to 32 interfaces in the order of use/,
    );
  });

  it('refuses two standbys', () => {
    const line = mistake(ACTIVE, '172.27.178.13:7373 ', '[172.27.178.13, 172.27.178.14] ');
    assert.match(line, /t\.yaml:3:12: takeover\.standby: a list is not a place on the network/);
  });

  it('says what is wrong with a value, and what is allowed', () => {
    assert.match(mistake(STANDBY, '172.27.178.13:7373', '0.0.0.0:7373'), /is no single address/);
    assert.match(mistake(STANDBY, 'every: 100ms', 'every: 1ms'), /too short; .* 5ms to 1m$/);
    assert.match(mistake(STANDBY, 'lost: 3', 'lost: 1'), /a whole number from 2 to 1,000$/);
    assert.match(
      mistake(STANDBY, 'standby  ', 'both  '),
      /takeover\.role: "both" is not one of .*; active, standby$/,
    );
    assert.match(
      mistake(ACTIVE, '[/usr/libexec/ringback/healthy]', '/usr/bin/true'),
      /a single value is not a list; a command/,
    );
    assert.match(mistake(ACTIVE, '.80/24', '.80/33'), /has a length above 32/);
    assert.match(mistake(STANDBY, 'heartbeat', 'hearbeat'), /unknown key; did you mean "heartbeat"\?$/);
  });

  it('says what does not go together', () => {
    assert.match(
      mistake(STANDBY, '[eth1, eth0]', '[eth1, eth1]'),
      /adapters\[1\]: eth1 is in the list already/,
    );
    assert.match(
      mistake(STANDBY, 'address: 172.27.178.11', 'address: 172.27.178.13'),
      /is where this standby listens/,
    );
    assert.match(mistake(ACTIVE, '172.27.178.80/24', '172.27.178.13/24'), /is the standby's own/);
    assert.match(mistake(ACTIVE, '172.27.178.80/24', '172.27.178.0/24'), /is the network itself/);
    assert.match(mistake(ACTIVE, '172.27.178.80/24', '172.27.178.255/24'), /is its broadcast address/);
    assert.match(
      mistake(ACTIVE, '  health', `  old_key: ${SECRET}\n  health`),
      /old_key: is the same as key/,
    );
    assert.match(
      mistake(STANDBY, '172.27.178.11}', `172.27.178.11, key: ${SECRET}}`),
      /actives\[0\]\.key: is the same as key/,
    );
    assert.match(
      mistake(ACTIVE, '  health', '  gateway: {address: 172.27.178.80}\n  health'),
      /gateway\.address: .* always answers$/,
    );
    assert.match(
      mistake(ACTIVE, '  health', '  listen: "[2001:db8:178::11]:7373"\n  health'),
      /listen: .* can't talk to standby/,
    );
  });

  it('lets a check take a hundred times as long as the heartbeats that are waited for, and no longer', () => {
    const withCheck = (check: string): string => STANDBY.replace('every: 100ms', 'every: 20ms').concat(check);
    const { takeover } = parse(withCheck('  check: 6s\n'));
    assert.ok(takeover.role === 'standby');
    assert.equal(takeover.checkMs, 6000);
    const [line] = refusal(() => parse(withCheck('  check: 6001ms\n')));
    assert.match(
      line ?? '',
      /takeover\.check: 6001ms is out of proportion to heartbeat; at most 6s, or false$/,
    );
  });

  it('belongs to no other command', () => {
    const lines = refusal(() => parse(`${ACTIVE}detect: {watch: [172.27.178.0/24]}\n`));
    assert.match(lines.join('\n'), /detect: belongs to "ringback run"/);
  });

  it('is explained without its secret, and warned of where it is dangerous', () => {
    for (const text of [ACTIVE, STANDBY]) {
      const configuration = parse(`${text}  old_key: ${SECRET} of before\n`);
      const said = [...explainTakeover(configuration), ...takeoverWarnings(configuration)].join('\n');
      assert.ok(!said.includes(SECRET), said);
      assert.match(said, /old_key is accepted/);
    }
    const own = parse(STANDBY.replace('172.27.178.11}', `172.27.178.11, key: ${SECRET} of web}`));
    assert.ok(!explainTakeover(own).join().includes(SECRET));
    assert.match(
      takeoverWarnings(parse(`${STANDBY}  check: false\n`)).join(),
      /two machines have its addresses/,
    );
    assert.match(
      takeoverWarnings(parse(ACTIVE.replace(/ {2}health.*\n/, '  link: false\n'))).join(),
      /no fault is ever noticed/,
    );
  });
});
