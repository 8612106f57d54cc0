import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RouterConfiguration } from '../../../../host/config/types.ts';
import { refusal } from '../refusal.ts';
import { FILE, ROLES } from './files.ts';

const [router] = ROLES;
assert.ok(router !== undefined);
const BASE = `config fabric
	list interfaces 'lan'
config smtp
	option host 'mail.example.jp'
	option from 'ringback@example.jp'
`;
const read = (text: string): RouterConfiguration =>
  router.read(`${BASE}${text}`, FILE).configuration as RouterConfiguration;
const detect = (lines: string): RouterConfiguration =>
  read(`config detect 'detect'\n\tlist watch '172.27.178.0/24'\n${lines}\n`);

describe('a value in UCI is read', () => {
  for (const [truth, words] of [
    [true, ['1', 'on', 'true', 'yes', 'enabled']],
    [false, ['0', 'off', 'false', 'no', 'disabled']],
  ] as const) {
    it(`as ${truth}: ${words.join(', ')}`, () => {
      for (const word of words) {
        assert.equal(detect(`\toption refused '${word}'`).detect.refused, truth, word);
        const traps = detect(`config recover\n\toption traps '${word}'\n\toption traps_listen '10162'`)
          .recover.traps;
        assert.equal(traps === null ? null : traps.listen.port, truth ? 10_162 : null, word);
        const page = detect(`config page\n\toption enabled '${word}'`).page;
        assert.equal(page !== null, truth, word);
        if (truth) continue;
        const { unansweredMs } = detect(`\toption unanswered '${word}'`).detect;
        assert.equal(unansweredMs, null, word);
        assert.equal(detect(`config ringback\n\toption state '${word}'`).state, null, word);
      }
    });
  }

  it('as one of the words beside a duration', () => {
    assert.equal(detect("\toption unanswered 'auto'").detect.learnsWait, true);
    assert.equal(detect("\toption unanswered '10s'").detect.learnsWait, false);
  });

  it('as a number where one is taken, and as text where that is', () => {
    const { fabric, servers } = detect(`config server
	option address '172.27.178.80'
	option name '12345'
	list ports '80'
config fabric_interface
	option name '8021'`);
    assert.deepEqual(servers[0]?.ports, [80]);
    assert.equal(servers[0]?.name, '12345');
    assert.deepEqual(fabric.interfaces, ['lan', '8021']);
  });

  it('as a list of words, of one text, or of nothing', () => {
    const { servers, recover, fabric } = detect(`config server
	option address '172.27.178.80'
	option ports '80  443'
config recover
	option traps_communities 'one community'
	option traps_relays '0'
config recover_traps_user
	option name 'ops'
config fabric_interface
	option name 'wan'`);
    assert.deepEqual(servers[0]?.ports, [80, 443]);
    assert.deepEqual(recover.traps?.communities, ['one community']);
    assert.deepEqual(recover.traps?.relays, []);
    assert.deepEqual(fabric.interfaces, ['lan', 'wan']);
    const none = detect(
      "config recover\n\toption traps_communities '0'\nconfig recover_traps_user\n\toption name 'ops'",
    );
    assert.deepEqual(none.recover.traps?.communities, []);
  });

  it('not at all where its section is switched off, and those behind it are counted with it', () => {
    const off = `config client
	option enabled '0'
	option address 'nonsense'
config client 'tanaka'
	option address '172.27.179.151'
	option mail 'tanaka@example.jp'
config client
	option address '172.27.179.152'
	option mail 'nakamura@example.jp'`;
    assert.deepEqual(
      detect(off).clients.map(({ mail }) => mail),
      ['tanaka@example.jp', 'nakamura@example.jp'],
    );
    const lines = refusal(() => detect(off.replace('nakamura@', 'nakamura')));
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /: @client\[2\]\.mail: "nakamuraexample\.jp" is not a mail address; /);
    const smtp = refusal(() =>
      detect(
        `config client\n\toption address '172.27.179.151'\n\toption mail 'a@example.jp'\nconfig smtp 's'`,
      ),
    );
    assert.match(smtp.join('\n'), /: s: is a second section smtp; keep one of them$/m);
  });
});
