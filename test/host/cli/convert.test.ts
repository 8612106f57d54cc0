/** `ringback check --as` and `--role`: files in either form, and files of several roles. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { checkCommand } from '../../../host/cli/check.ts';
import { RingbackError } from '../../../host/errors.ts';

const place = mkdtempSync(join(tmpdir(), 'ringback-convert-'));
after(() => rmSync(place, { recursive: true }));

const written = (name: string, text: string): string => {
  const file = join(place, name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
};
const check = (config: string, options: { role?: string; as?: string; json?: boolean } = {}): string =>
  checkCommand({ usual: 'none', config, json: false, ...options }, []);
/** The message of what is refused, and its exit status. */
function refused(action: () => unknown): readonly [string, number] {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof RingbackError, String(error));
    return [error.message, error.exitStatus];
  }
  return assert.fail('it was taken');
}

const YAML = `state: false
fabric:
  interfaces: [lan, {name: t1, sees: everything}]
detect:
  watch: ["172.27.178.0/24"]
  unanswered: "30s"
recover:
  traps: false
smtp:
  host: mail.example.jp
  from: "ringback@example.jp"
clients:
  - address: "172.27.179.150"
    mail: sato@example.jp
`;
const UCI = `config ringback 'ringback'
	option enabled '1'
	option state '0'

config fabric 'fabric'

config fabric_interface
	option name 'lan'

config fabric_interface
	option name 't1'
	option sees 'everything'

config detect 'detect'
	list watch '172.27.178.0/24'
	option unanswered '30s'

config recover 'recover'
	option traps '0'

config smtp 'smtp'
	option host 'mail.example.jp'
	option from 'ringback@example.jp'

config client
	option address '172.27.179.150'
	option mail 'sato@example.jp'
`;
const STANDBY = `
config takeover 'takeover'
	option enabled '1'
	option role 'standby'
	option listen '172.27.178.13'
	option key 'a shared secret'
	list interfaces 'eth1'

config takeover_active
	option name 'web'
	option address '172.27.178.11'
`;

describe('ringback check --as', () => {
  it('prints a file in the other form, and in its own', () => {
    const yaml = written('ringback.yaml', YAML);
    assert.equal(`${check(yaml, { as: 'uci' })}\n`, UCI);
    const uci = written('ringback', UCI);
    assert.equal(`${check(uci, { as: 'uci' })}\n`, UCI);
    const again = written('again.yaml', check(uci, { as: 'yaml' }));
    assert.equal(`${check(again, { as: 'uci' })}\n`, UCI);
    assert.match(
      readFileSync(again, 'utf8'),
      /interfaces: *\n {4}- lan\n {4}- name: t1\n {6}sees: everything\n/,
    );
  });

  it('says of what is wrong what check says, and prints nothing of it', () => {
    const wrong = written('wrong', UCI.replace('30s', '30'));
    const [message, status] = refused(() => check(wrong, { as: 'yaml' }));
    assert.match(message, /^.*wrong:16:20: detect\.unanswered: "30" is not a duration; /);
    assert.deepEqual(
      [message, status],
      refused(() => check(wrong)),
    );
    assert.equal(status, 2);
  });

  it('refuses what UCI cannot say', () => {
    const off = written('off.yaml', YAML.replace('state: false', 'state: "off"'));
    assert.deepEqual(
      refused(() => check(off, { as: 'uci' })),
      [`${off}: state: means no to UCI; write another name, a directory as ./NAME`, 2],
    );
  });

  it('has two forms, and stands alone', () => {
    const yaml = written('ringback.yaml', YAML);
    assert.match(
      refused(() => check(yaml, { as: 'json' }))[0],
      /^check: no form "json"; there are yaml, uci$/,
    );
    assert.match(
      refused(() => check(yaml, { as: 'uci', json: true }))[0],
      /^check: --as and --json exclude each/,
    );
  });
});

describe('a file of several roles', () => {
  it('is that of the first that is enabled, unless --role says whose', () => {
    const both = written('both', `${UCI}${STANDBY}`);
    assert.match(check(both), /^Watches the servers in /m);
    assert.doesNotMatch(check(both, { role: 'takeover' }), /^Watches the servers in /m);
    const second = written('second', `${UCI.replace("enabled '1'", "enabled '0'")}${STANDBY}`);
    assert.equal(check(second), check(second, { role: 'takeover' }));
    const neither = written('neither', `${UCI}${STANDBY}`.replaceAll("enabled '1'", "enabled '0'"));
    assert.match(check(neither), /^Watches the servers in /m);
  });

  it('is asked for a role that there is', () => {
    const uci = written('ringback', UCI);
    assert.deepEqual(
      refused(() => check(uci, { role: 'ruoter' })),
      ['no role "ruoter"; do you mean router?', 2],
    );
    assert.match(
      refused(() => check(uci, { role: 'x' }))[0],
      /^no role "x"; there are router, relay, takeover$/,
    );
    assert.match(
      refused(() => check(uci, { role: 'relay' }))[0],
      /ringback:1:1: relay\.pop_host: is missing; /,
    );
  });
});
