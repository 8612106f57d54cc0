/** The file that the package brings to a router. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { refusal } from '../refusal.ts';
import { FILE, ROLES } from './files.ts';

const SHIPPED = readFileSync(
  new URL('../../../../board/openwrt/ringback/files/etc/config/ringback', import.meta.url),
  'utf8',
);

/** What people fill in of each role, and what is said until then. */
const GIVEN: Readonly<Record<(typeof ROLES)[number]['command'], readonly [missing: RegExp, text: string]>> = {
  run: [/^detect\.watch: is missing$/, "config detect 'detect'\n\tlist watch '172.27.178.0/24'\n"],
  relay: [
    /^(?:relay\.(?:pop_host|pop_user|pop_password|list_key): is missing|smtp: is switched off)$/,
    `config relay 'relay'
	option list_key 'the same as the router'
	option pop_host 'mail.example.jp'
	option pop_user 'ringback'
	option pop_password 'secret'
config smtp 'smtp'
	option enabled '1'
`,
  ],
  takeover: [
    /^takeover\.role: is missing$/,
    `config takeover 'takeover'
	option role 'standby'
	option listen '172.27.178.13'
	option key 'the same on both'
	list interfaces 'eth1'
config takeover_active
	option name 'web'
	option address '172.27.178.11'
`,
  ],
};

describe('the configuration of a fresh package', () => {
  for (const { command, read } of ROLES) {
    const [missing, given] = GIVEN[command];

    it(`starts nothing, and lacks only what nobody else can know: ${command}`, () => {
      const lines = refusal(() => read(SHIPPED, FILE)).map((line) =>
        line.replace(/^\S+: /, '').replace(/;.*/, ''),
      );
      for (const line of lines) assert.match(line, missing);
      assert.match(
        SHIPPED,
        new RegExp(`config ${command === 'run' ? 'ringback' : command} .*\n\toption enabled '0'`),
      );
    });

    it(`is right once that is given: ${command}`, () => {
      assert.equal(typeof read(SHIPPED + given, FILE).configuration, 'object');
    });
  }

  it('is right with everything that stands there as a comment', () => {
    const all = SHIPPED.replaceAll(/^(\t?)#(?=config |option |\t(?:option|list) |list )/gm, '$1');
    assert.notEqual(all, SHIPPED);
    for (const { command, read } of ROLES) {
      if (command === 'relay') continue;
      assert.equal(
        typeof read(`${all}config smtp 'smtp'\n\toption enabled '1'\n`, FILE).configuration,
        'object',
        command,
      );
    }
  });
});
