/** The live view, as a terminal gets it. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { TerminalPort } from '../../../host/emulator/show/screen.ts';
import { Moments } from '../../../host/emulator/show/spoken.ts';
import { Terminal } from '../../../host/emulator/show/terminal.ts';
import type { Gauges } from '../../../host/emulator/truth/witness.ts';
import { machineTime } from '../../../host/time.ts';
import { DIRECTORY, SCENARIO, sampleChronicle } from './sample.ts';

const GAUGES: Gauges = {
  ...{ waiting: 38_214, down: 1, outbox: 112 },
  tables: { clients: [38_214, 1_048_576], attempts: [3, 100], servers: [1, 100] },
};
const ESC = '\x1b';
const SEQUENCE = new RegExp(`${ESC}\\[[\\d;?]*[A-Za-z]`, 'g');
const COLOUR = new RegExp(`${ESC}\\[(?:1;)?3\\dm`);
const moments = new Moments(SCENARIO);

class FakeTerminal implements TerminalPort {
  columns = 120;
  rows = 24;
  hasColour = true;
  written = '';
  keys: (keys: string) => void = () => {};
  hears = false;

  write(text: string): void {
    this.written += text;
  }

  onKeys(hear: (keys: string) => void): () => void {
    this.keys = hear;
    this.hears = true;
    return () => {
      this.hears = false;
    };
  }

  /** What stands there, without paint. */
  get lines(): string[] {
    const [last = ''] = this.written.split('\x1b[H').slice(-1);
    return last.replace(SEQUENCE, '').split('\r\n');
  }
}

function terminalOf(test: TestContext, fake = new FakeTerminal()) {
  const pace = {
    speed: null,
    isPaused: false,
    isOver: false,
    said: '',
    pause(isPaused: boolean) {
      this.isPaused = isPaused;
    },
    faster() {
      this.said += '+';
    },
    slower() {
      this.said += '-';
    },
  };
  const done: string[] = [];
  const chronicle = sampleChronicle();
  // One that is still down.
  chronicle.outages.line('outage.opened', { server: '172.27.178.81', port: 80, cause: 'refused' });
  const terminal = new Terminal({
    ...{ port: fake, time: machineTime, pace, chronicle, directory: DIRECTORY, moments },
    ...{ title: 'embodiment-1 · seed 1', nowUs: () => 60_000_000, endUs: 60_000_000, broken: () => 0 },
    showsMails: false,
    carryOut: (text) => {
      if (text !== 'unplug s80') return `${text} is no step`;
      done.push(text);
      return null;
    },
  });
  terminal.begin();
  test.after(() => terminal.end());
  return { terminal, fake, pace, done };
}

describe('The live view', () => {
  it('shows how it stands, who is down, and what has just happened', (test) => {
    const { terminal, fake } = terminalOf(test);
    terminal.gauged(GAUGES);
    for (let i = 0; i < 3; i++) terminal.tryEnded(0, 2, 'refused');
    terminal.line('router', 'info', 'recovery.signal', {
      server: '172.27.178.81',
      port: 80,
      sign: 'connect',
    });
    terminal.line('router', 'debug', 'service.asked', { server: '172.27.178.81' });
    fake.keys('x');
    const [title = '', counts = '', ...rest] = fake.lines;
    assert.match(title, /^ embodiment-1 · seed 1 +1:00\.0 {3}×[\d,]+ {3}█{20} 100 % /);
    assert.match(
      counts,
      /^ waiting 38,214 of 1,048,576 {3}down 1 {3}told 2 {3}outbox 112 {3}broken promises 0/,
    );
    const text = rest.join('\n');
    assert.match(text, /^ s81 {2}172\.27\.178\.81 :80 +\d.* +refused +3 {2} {9}█/m);
    assert.match(text, /^ 1:00\.0 {2}recovery\.signal +172\.27\.178\.81 {2}80 {2}connect/m);
    assert.ok(!text.includes('service.asked'));
    assert.match(fake.lines.at(-1) ?? '', /space pause .* q end with report/);
  });

  it('says where something is to be found on this machine, the latest of it', (test) => {
    const { terminal, fake } = terminalOf(test);
    for (const name of ['s80', 's81', 's82', 's80', 'web', 'shop'])
      terminal.note(`page for ${name}: http://127.0.0.1:1/`);
    fake.keys('x');
    const text = fake.lines.join('\n');
    for (const name of ['s82', 's80', 'web', 'shop']) assert.match(text, new RegExp(`page for ${name}:`));
    assert.doesNotMatch(text, /page for s81:/);
  });

  it('fits, whatever the size', (test) => {
    const { terminal, fake } = terminalOf(test);
    for (let i = 0; i < 300; i++) terminal.step(`step ${i} ${'x'.repeat(200)}`);
    for (const [columns, rows] of [
      [120, 24],
      [40, 8],
      [300, 100],
      [10, 1],
    ] as const) {
      Object.assign(fake, { columns, rows });
      fake.keys('x');
      assert.ok(fake.lines.length <= rows, `${fake.lines.length} of ${rows}`);
      for (const line of fake.lines)
        assert.ok(line.length <= columns, `${line.length} of ${columns}: ${line}`);
    }
  });

  it('hears keys', (test) => {
    const { fake, pace, done } = terminalOf(test);
    fake.keys(' ');
    assert.ok(pace.isPaused);
    assert.match(fake.lines[0] ?? '', /paused/);
    fake.keys(' ++-');
    assert.deepEqual([pace.isPaused, pace.said], [false, '++-']);
    fake.keys('us9');
    assert.match(fake.lines.at(-1) ?? '', /^ unplug s9 {4}enter: do it/);
    fake.keys('\r');
    assert.match(fake.lines.at(-1) ?? '', /unplug s9 is no step/);
    fake.keys('\x7f80\r');
    assert.deepEqual(done, ['unplug s80']);
    fake.keys('t\x1bq');
    assert.ok(pace.isOver);
  });

  it('has no colour where none is wanted, and leaves the terminal as it was', (test) => {
    const fake = new FakeTerminal();
    fake.hasColour = false;
    const { terminal } = terminalOf(test, fake);
    fake.keys('x');
    assert.ok(!COLOUR.test(fake.written));
    assert.ok(fake.written.startsWith('\x1b[?1049h\x1b[?25l'));
    terminal.end();
    assert.ok(fake.written.endsWith('\x1b[?25h\x1b[?1049l'));
    assert.ok(!fake.hears);
  });

  it('lets no text of others do anything with the terminal', (test) => {
    const { terminal, fake } = terminalOf(test);
    terminal.step('a\x1b[2Jb\x07\x9b1mc');
    fake.keys('x');
    assert.ok(fake.lines.some((line) => line.includes('a [2Jb  1mc')));
  });
});
