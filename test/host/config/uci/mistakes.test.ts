/** Every option wrong in turn, as the schemas have them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readUciText } from '../../../../host/config/uci/text.ts';
import { refusal } from '../refusal.ts';
import { FILE, inUci, ROLES, type Role } from './files.ts';

/** Right for no key there is: it has an end of line in it, and is no word, number or address. */
const WRONG = 'no\nvalue';

interface Changed {
  readonly text: string;
  /** What messages call the section. */
  readonly section: string;
  /** The line of the option that was put in, from 1. */
  readonly line: number;
}

/** A text with other lines in its first section of a type, or in a new one; `without`: an option that it loses. */
function changed(text: string, type: string, without: string, lines: readonly string[]): Changed {
  const { sections } = readUciText(text);
  const there = sections.find((section) => section.type === type);
  const rows = text.split('\n');
  const name = there?.name ?? (there === undefined ? null : `@${type}[0]`);
  const start = there === undefined ? -1 : text.slice(0, there.offset).split('\n').length - 1;
  if (start === -1) {
    const all = [...rows, `config ${type} 'made'`, ...lines];
    return { text: all.join('\n'), section: 'made', line: rows.length + 2 };
  }
  const end = rows.indexOf('', start);
  const own = rows
    .slice(start + 1, end)
    .filter((row) => !new RegExp(`^\\s(?:option|list) ${without} `).test(row));
  const all = [...rows.slice(0, start + 1), ...lines, ...own, ...rows.slice(end)];
  return { text: all.join('\n'), section: name ?? type, line: start + 2 };
}

/** What is said of it. */
const said = (role: Role, text: string): string[] => refusal(() => role.read(text, FILE));

for (const role of ROLES) {
  const { command, layout } = role;
  const [example = ''] = role.examples;

  describe(`a mistake in UCI for ringback ${command}`, () => {
    const base = inUci(role, example);

    for (const { type, options } of layout.sections.values()) {
      for (const { name, kind } of options.values()) {
        it(`is named with file, line, section and option: ${type}.${name}`, () => {
          const keyword = kind === 'list' ? 'list' : 'option';
          // Of two nodes of a pair each has options of its own.
          const own = role.examples.flatMap((example) => {
            const lines = [`\t${keyword} ${name} '${WRONG}'`];
            const { text, section, line } = changed(inUci(role, example), type, name, lines);
            const start = `${FILE}:${line}:${keyword.length + name.length + 4}: ${section}.${name}: `;
            return said(role, text).filter((one) => one.startsWith(start));
          });
          assert.notEqual(own.length, 0);
          for (const one of own) assert.match(one, /; ./, 'and what is allowed');
        });
      }

      it(`is named where an option of ${type} is misspelled`, () => {
        const [name = ''] = options.keys();
        const { text, section, line } = changed(base, type, name, [`\toption ${name}_x 'y'`]);
        const start = `${FILE}:${line}:9: ${section}.${name}_x: unknown option; `;
        const own = said(role, text).filter((one) => one.startsWith(start));
        assert.equal(own.length, 1, said(role, text).join('\n'));
      });

      it(`is named where the type of a section ${type} is misspelled`, () => {
        const text = `${base}\nconfig ${type.slice(0, -1)}x\n`;
        const line = base.split('\n').length + 1;
        const lines = said(role, text);
        assert.equal(lines.length, 1, lines.join('\n'));
        assert.ok(
          lines[0]?.startsWith(
            `${FILE}:${line}:1: config ${type.slice(0, -1)}x: unknown type of a section; did you mean "`,
          ),
          lines[0],
        );
      });
    }
  });
}

describe('a mistake in UCI', () => {
  const [router] = ROLES;
  assert.ok(router !== undefined);
  const lines = (text: string): string[] => said(router, text);

  it('is found beside all others', () => {
    assert.deepEqual(
      lines(`config ringback 'ringback'
	option enabled 'perhaps'
	option state_ 'x'
config fabric
	list interfaces 'lan0'
	list interfaces 'lan 1'
config detect 'detect'
	option watch '172.27.178.0/24 172.27.178.0/33'
	list unanswered '30s'
config client
	option address '172.27.179.150'
	option mail 'sato'
config client 'tanaka'
	option enabled '0'
	option mial 'tanaka@example.jp'
config client 'nakamura'
	option address '172.27.179.150'
config detect
`).map((line) => line.replace(/; .*/, '')),
      [
        `${FILE}:2:17: ringback.enabled: is not a truth value`,
        `${FILE}:3:9: ringback.state_: unknown option`,
        `${FILE}:6:18: @fabric[0].interfaces: this text is not the name of a network interface`,
        `${FILE}:8:15: detect.watch: "172.27.178.0/33" has a length above 32`,
        `${FILE}:9:7: detect.unanswered: is one value and no list`,
        `${FILE}:12:14: @client[0].mail: "sato" is not a mail address`,
        `${FILE}:15:9: tanaka.mial: unknown option`,
        `${FILE}:16:1: nakamura.mail: is missing`,
        `${FILE}:18:1: @detect[1]: is a second section detect`,
      ],
    );
  });

  it('of two that do not go together is named, too', () => {
    assert.deepEqual(
      lines(`config fabric 'fabric'
	list interfaces 'lan0'
	list interfaces 'lan0'
config detect 'detect'
	list watch '172.27.178.0/24'
config client
	option address '172.27.179.150'
	option mail 'sato@example.jp'
config client
	option address '172.27.179.150'
	option mail 'tanaka@example.jp'
`),
      [
        `${FILE}:1:1: smtp: is missing; notices to clients go out by it: give option host '…', option from '…'`,
        `${FILE}:3:18: fabric.interfaces: lan0 is in the list already, as number 1; keep one of them`,
        `${FILE}:10:17: @client[1].address: 172.27.179.150 is in the list already, as number 1; keep one of them`,
      ],
    );
  });

  it('that is a missing section is said of what the section would be called', () => {
    assert.deepEqual(
      lines("config ringback 'ringback'\n"),
      [
        `${FILE}:1:1: fabric.interfaces: is missing; name the interfaces to listen on, as in 'lan0', 'wan0', or give fabric.socket`,
        `${FILE}:1:1: detect.watch: is missing; the servers' networks, 1 to 4096, as in '172.27.178.0/24'`,
      ].slice(1),
    );
  });

  it('that is a section switched off is said where the section is', () => {
    const text = `config ringback 'ringback'
	option list_key 'eight or more'
config fabric 'fabric'
	list interfaces 'lan0'
config detect 'detect'
	list watch '172.27.178.0/24'
config client
	option address '172.27.179.150'
	option mail 'sato@example.jp'
config smtp 'smtp'
	option enabled '0'
	option host '172.27.179.25'
config notify 'notify'
	option via 'station'
config station 'station'
	option enabled '0'
`;
    assert.deepEqual(lines(text), [
      `${FILE}:10:1: smtp: is switched off; notices to clients go out by it: write option enabled '1' there`,
      `${FILE}:15:1: station: is switched off; notify.via 'station' needs it: write option enabled '1' there`,
    ]);
  });

  it('is advised upon as UCI has it, and not as YAML', () => {
    const said = lines(`config fabric 'fabric'
	list interfaces 'lan0'
config detect 'detect'
	list watch '172.27.178.0/24'
config recover_traps_user
	option name 'ops'
	option priv_protocol 'aes'
	option priv_key 'four-four'
config recover 'recover'
	option traps_listen 'everywhere'
config hook
	option command ''
config server
	option address '172.27.178.80'
	option ports 'http'
	option name ''
config station 'station'
config ringback 'ringback'
	option list_key 'seven'
`);
    assert.equal(said.length, 5, said.join('\n'));
    for (const line of said)
      assert.doesNotMatch(line.replace(/^[^:]*:\d+:\d+: \S+: /, ''), /[{}]|\[[^I]|quotes|YAML/, line);
  });

  it('is an empty file', () => {
    assert.deepEqual(lines(''), [
      `${FILE}:1:1: is empty; give at least detect.watch, and fabric.interfaces or fabric.socket`,
    ]);
  });

  it('shows no secret', () => {
    const text = `config smtp 'smtp'
	option host 'smtp://ringback:smtp-secret@mail.example'
	option password 'smtp-secret
'
	option smtp-secret 1
`;
    assert.ok(!lines(text).join('\n').includes('secret'), lines(text).join('\n'));
    const without = text.replace('\toption smtp-secret 1\n', '');
    assert.ok(!lines(without).join('\n').includes('secret'), lines(without).join('\n'));
    assert.ok(lines(without).some((line) => line.includes('smtp.password: this value is not a password')));
  });

  it('is a NUL, or another sign that no text has', () => {
    assert.deepEqual(lines("config detect 'detect'\n\tlist watch 'a\0b'\n"), [
      `${FILE}:2:15: is not a text file; a configuration is text, without control characters`,
    ]);
  });

  it('is none in what another role has', () => {
    const text = `config relay 'relay'
	option nonsense '1'
config takeover_active
	option name ''
${inUci(router, router.examples[0] ?? '')}`;
    assert.equal(typeof router.read(text, FILE).configuration, 'object');
  });
});

describe('the sections of several roles in one file', () => {
  it('are known to each other: nothing of one is a mistake to another', () => {
    for (const one of ROLES) {
      for (const { type, options } of one.layout.sections.values()) {
        for (const other of ROLES) {
          const lines = [...options.values()].map(
            ({ name, kind }) => `\t${kind === 'list' ? 'list' : 'option'} ${name} '1'`,
          );
          const { mistakes } = other.said(`config ${type}\n${lines.join('\n')}\n`);
          assert.deepEqual(mistakes, [], `${type} of ${one.command} to ${other.command}`);
        }
      }
    }
  });
});
