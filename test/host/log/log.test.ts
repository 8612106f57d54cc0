import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type LineSettings, type Say, writer } from '../../../host/log/log.ts';

const NOON = new Date(2026, 4, 1, 12, 34, 56, 789);

function logged(use: (say: Say) => void, options: { terminal: boolean; verbose?: boolean }): string[] {
  const lines: string[] = [];
  use(writer({ write: (line) => lines.push(line), now: () => NOON, ...options }));
  return lines;
}

const forMachines = (use: (say: Say) => void): string[] => logged(use, { terminal: false });
const forPeople = (use: (say: Say) => void): string[] => logged(use, { terminal: true });

/** Everything but what a terminal takes for a command: C0, DEL and C1, in a string of one of each. */
const CONTROLS = String.fromCharCode(
  ...Array.from({ length: 32 }, (_, i) => i),
  ...Array.from({ length: 33 }, (_, i) => 127 + i),
);
/** Control characters that are not the log's own: its colours, and the end of the line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what it looks for
const CONTROL = /[\x00-\x1f\x7f-\x9f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the log's own colours
const OWN = /\x1b\[\d+m|\n$/g;

describe('The log for machines', () => {
  it('has one JSON object a line, with the time, the level and the event first', () => {
    const [line = ''] = forMachines((say) =>
      say('info', 'client.waiting', { server: '172.27.178.80', port: 0 }),
    );
    assert.ok(line.endsWith('\n'), 'a whole line');
    const object = JSON.parse(line);
    const expected = { time: NOON.toISOString(), level: 'info', event: 'client.waiting' };
    assert.deepEqual(object, { ...expected, server: '172.27.178.80', port: 0 });
    assert.deepEqual(Object.keys(object), ['time', 'level', 'event', 'server', 'port']);
  });

  it('has every level', () => {
    const lines = forMachines((say) => {
      say('info', 'a', {});
      say('warn', 'b', {});
      say('error', 'c', {});
    });
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).level),
      ['info', 'warn', 'error'],
    );
  });

  it('keeps what is null and leaves out what is undefined', () => {
    const [line = ''] = forMachines((say) => say('info', 'x', { a: null, b: undefined, c: false }));
    const { a, c, ...rest } = JSON.parse(line);
    assert.deepEqual([a, c, 'b' in rest], [null, false, false]);
  });

  it('is one line whatever a field contains, and no command to a terminal that shows it', () => {
    const [line = '', ...more] = forMachines((say) => say('warn', 'fabric.message', { message: CONTROLS }));
    assert.deepEqual(more, []);
    assert.doesNotMatch(line.replace(OWN, ''), CONTROL);
    assert.equal(JSON.parse(line).message, CONTROLS);
  });
});

describe('The log for people', () => {
  it('has a readable line, with the time of day', () => {
    const [line = ''] = forPeople((say) =>
      say('info', 'outage.opened', { server: '172.27.178.80', port: 0 }),
    );
    const plain = line.replaceAll(OWN, '');
    assert.match(plain, /^12:34:56 outage\.opened +server=172\.27\.178\.80 port=0$/);
  });

  it('shows the levels by colour', () => {
    const colours = forPeople((say) => {
      say('info', 'a', {});
      say('warn', 'a', {});
      say('error', 'a', {});
    }).map((line) => line.match(OWN)?.[0]);
    assert.equal(new Set(colours).size, 3);
  });

  for (const [value, shown] of [
    ['plain', 'plain'],
    ['two words', '"two words"'],
    ['', '""'],
    ['say "hello"', '"say \\"hello\\""'],
    ['two\nlines', '"two\\nlines"'],
    ['サーバ', '"サーバ"'],
    [0, '0'],
    [false, 'false'],
    [null, 'null'],
  ] as const) {
    it(`shows ${JSON.stringify(value)} as ${shown}`, () => {
      const [line = ''] = forPeople((say) => say('info', 'x', { value, left: undefined }));
      assert.equal(
        line.replaceAll(OWN, '').slice(line.replaceAll(OWN, '').indexOf('value')),
        `value=${shown}`,
      );
    });
  }

  it('shows no command to the terminal, whatever a field contains', () => {
    for (const character of CONTROLS) {
      const [line = ''] = forPeople((say) =>
        say('error', 'notice.failed', { reason: `550 ${character}[2J` }),
      );
      assert.doesNotMatch(line.replace(OWN, ''), CONTROL, JSON.stringify(character));
    }
  });
});

describe('What is said only when asked for more', () => {
  it('is left out otherwise', () => {
    for (const terminal of [true, false]) {
      assert.deepEqual(
        logged((say) => say('debug', 'x', {}), { terminal }),
        [],
      );
      assert.equal(logged((say) => say('debug', 'x', {}), { terminal, verbose: true }).length, 1);
    }
  });
});

describe('The lines of the log', () => {
  const all = (settings: LineSettings): string[] => {
    const lines: string[] = [];
    const say = writer({
      write: (line) => lines.push(line),
      now: () => NOON,
      terminal: false,
      settings: () => settings,
    });
    for (const level of ['debug', 'info', 'warn', 'error'] as const)
      say(level, 'page.failed', { reason: `so ${level}` });
    return lines;
  };

  it('begin with their priority where that is wanted, in any form', () => {
    const lines = all({ form: 'message', hasPriority: true, least: 'debug' });
    assert.deepEqual(lines, [
      '<7>page.failed reason="so debug"\n',
      '<6>page.failed reason="so info"\n',
      '<4>page.failed reason="so warn"\n',
      '<3>page.failed reason="so error"\n',
    ]);
    const [json = ''] = all({ form: 'json', hasPriority: true, least: 'error' });
    assert.match(json, /^<3>\{"time":/);
  });

  it('are none below the least that is said', () => {
    const lines = all({ form: 'text', hasPriority: false, least: 'warn' });
    assert.deepEqual(lines, [
      `${NOON.toISOString()} warn page.failed reason="so warn"\n`,
      `${NOON.toISOString()} error page.failed reason="so error"\n`,
    ]);
  });
});
