/** What `ringback check` says of keys, of who can read and write the configuration, and of who can look into the state. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { checkCommand } from '../../../host/cli/check.ts';
import { directory } from '../fabric/scripted.ts';

const place = directory();
after(() => place.remove());

const STRONG = ['5dfaabb7e6cc4b1d9a8f0c3e7b2d4861', 'q/3mW0fLx8ZtR5vKpN2hYc7s', 'vT9+eJq1Uo4BzDk6wXa0HnGr'];
const [LIST_KEY, PAIR_KEY, ACTIVE_KEY] = STRONG;

const SMTP =
  'smtp: {host: 172.27.179.25, user: ringback, password: smtp-word, from: ringback@router.example}';
const ROUTER = `detect: {watch: [172.27.178.0/24]}
fabric: {interfaces: [lo]}
recover: {traps: {users: [{name: ops, auth: {protocol: sha256, key: ${ACTIVE_KEY}}, priv: {protocol: aes, key: ${PAIR_KEY}}}]}}
clients: [{address: 172.27.179.151, mail: sato@example.jp}]
${SMTP}
list_key: ${LIST_KEY}
state: STATE
`;
const RELAY = `relay: {pop: {host: mail.example.jp, user: sav_1, password: pop-word}}
clients: [{address: 172.27.179.151, mail: sato@example.jp}]
${SMTP}
list_key: ${LIST_KEY}
state: STATE
`;
const STANDBY = `takeover:
  role: standby
  listen: 172.27.178.13:7373
  key: ${PAIR_KEY}
  adapters: [eth1]
  actives: [{name: web, address: 172.27.178.11, key: ${ACTIVE_KEY}}]
`;

interface Modes {
  readonly file?: number;
  readonly around?: number;
  readonly state?: number;
}

let made = 0;

function warningsOf(text: string, { file = 0o600, around = 0o700, state = 0o700 }: Modes = {}): string[] {
  const directory = place.path(`${++made}`);
  const [path, kept] = [`${directory}/file.yaml`, `${directory}/state`];
  mkdirSync(kept, { recursive: true });
  writeFileSync(path, text.replace('STATE', kept));
  // Not by the modes of making, which the umask changes.
  for (const [name, mode] of [
    [path, file],
    [kept, state],
    [directory, around],
  ] as const)
    chmodSync(name, mode);
  return JSON.parse(checkCommand({ usual: path, config: undefined, json: true }, [])).warnings;
}

describe('ringback check', () => {
  it('has nothing to say of strong keys in a file of which nobody else knows', () => {
    for (const text of [ROUTER, RELAY, STANDBY]) assert.deepEqual(warningsOf(text), [], text);
  });

  it('names each key that is weak, and why, and none of them', () => {
    const weak = (text: string, strong: string | undefined, by: string, ...said: RegExp[]): void => {
      const found = warningsOf(text.replace(`${strong}`, by));
      assert.equal(found.length, said.length, found.join('\n'));
      for (const [index, pattern] of said.entries()) assert.match(found[index] ?? '', pattern);
      assert.ok(!found.join().includes(by), by);
    };
    weak(ROUTER, LIST_KEY, 'k3Y-x9#z', /^list_key is too short/);
    weak(ROUTER, LIST_KEY, 'changemechangeme', /^list_key repeats itself/);
    weak(ROUTER, LIST_KEY, 'the same long phrase in both files', /^list_key is made of a few words/);
    weak(ROUTER, ACTIVE_KEY, 'auth-secret', /^recover\.traps\.users\[0\]\.auth\.key is made of a few words/);
    weak(ROUTER, PAIR_KEY, 'x7#kQ9!z', /^recover\.traps\.users\[0\]\.priv\.key is too short/);
    weak(RELAY, LIST_KEY, 'k3Y-x9#z', /^list_key is too short/);
    weak(STANDBY, PAIR_KEY, 'a shared secret', /^takeover\.key is made of a few words/);
    weak(STANDBY, ACTIVE_KEY, 'abcdefghijklmnopqrstuv', /^takeover\.actives\[0\]\.key repeats itself/);
  });

  it('names them as the file does where it is in UCI, and says that nobody starts its role', () => {
    const uci = `config ringback 'ringback'
	option enabled '1'
	option list_key 'changemechangeme'
	option state 'STATE'
config fabric 'fabric'
	list interfaces 'lo'
config detect 'detect'
	list watch '172.27.178.0/24'
config smtp 'smtp'
	option host '172.27.179.25'
	option from 'ringback@router.example'
config client
	option address '172.27.179.151'
	option mail 'sato@example.jp'
config recover_traps_user
	option name 'ops'
	option auth_protocol 'sha256'
	option auth_key 'auth-secret'
`;
    const weak = [
      /^ringback\.list_key repeats itself/,
      /^@recover_traps_user\[0\]\.auth_key is made of a few words/,
    ];
    const off = /^config ringback has no option enabled '1': the init script does not start this role\.$/;
    for (const [text, said] of [
      [uci, []],
      [uci.replace("enabled '1'", "enabled '0'"), [off]],
      [uci.replace("\toption enabled '1'\n", ''), [off]],
    ] as const) {
      const found = warningsOf(text).filter((line) => !line.startsWith('recover'));
      for (const pattern of [...said, ...weak])
        assert.ok(
          found.some((line) => pattern.test(line)),
          `${pattern}\n${found.join('\n')}`,
        );
      assert.equal(found.filter((line) => off.test(line)).length, said.length);
    }
  });

  it('says that a configuration with secrets can be read by everybody', () => {
    for (const text of [ROUTER, RELAY, STANDBY]) {
      const [said, ...more] = warningsOf(text, { file: 0o644 });
      assert.match(
        said ?? '',
        /^Everybody on this machine can read .*file\.yaml, which has secrets: chmod o-rwx /,
      );
      assert.deepEqual(more, []);
      assert.deepEqual(warningsOf(text, { file: 0o640 }), []);
    }
    const without = ROUTER.replace(/recover: .*\n/, '')
      .replace(/list_key: .*\n/, '')
      .replace('user: ringback, password: smtp-word, ', '');
    assert.deepEqual(warningsOf(without, { file: 0o644 }), []);
    const [token] = warningsOf(`${without}dashboard: {token: sixteen-or-longer}\n`, { file: 0o644 });
    assert.match(token ?? '', /^Everybody on this machine can read /);
  });

  it('says that a configuration can be written or replaced by others, with secrets or without', () => {
    for (const [modes, pattern] of [
      [{ file: 0o602 }, /^Everybody on this machine can write .*: chmod go-w /],
      [{ file: 0o660 }, /^Its group can write .*: chmod go-w /],
      [{ around: 0o777 }, /^Everybody on this machine can put another file in the place of .*: chmod o-w /],
    ] as const) {
      const found = warningsOf(ROUTER, modes);
      assert.equal(found.length, 1, found.join('\n'));
      assert.match(found[0] ?? '', pattern);
    }
    assert.deepEqual(warningsOf(ROUTER, { around: 0o1777 }), []);
  });

  it('says that others can look into the state', () => {
    for (const text of [ROUTER, RELAY]) {
      for (const state of [0o755, 0o711]) {
        const found = warningsOf(text, { state });
        assert.equal(found.length, 1, found.join('\n'));
        assert.match(found[0] ?? '', /^Others on this machine can look into the state at .*: chmod 700 /);
      }
      assert.deepEqual(warningsOf(text, { state: 0o750 }), []);
    }
  });
});
