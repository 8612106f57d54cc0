/** Commands that ask a running program, while its file has a mistake that it has not read. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { recordRoutes } from '../../../host/control/record-routes.ts';
import { NOBODY } from '../../../host/control/records.ts';
import { serveControl } from '../../../host/control/socket.ts';
import { machineTime } from '../../../host/time.ts';
import { opened, over } from '../control/recorded.ts';
import { directory } from '../fabric/scripted.ts';
import { ringbackBeside } from '../router/program.ts';

let place: ReturnType<typeof directory>;
beforeEach(() => {
  place = directory();
});
afterEach(() => place.remove());

const MISTAKES: Readonly<Record<string, readonly string[]>> = {
  'a key that there is not': ['detect: {watch: [172.27.178.0/24], wach: []}', 'fabric: {interfaces: [lan0]}'],
  'a bracket that is open': ['detect: {watch: [172.27.178.0/24]', 'fabric: {interfaces: [lan0]}'],
};

function configure(lines: readonly string[]): string {
  const file = place.path('ringback.yaml');
  writeFileSync(file, [...lines, `control: ${place.path('ringback.sock')}`, ''].join('\n'));
  return file;
}

describe('A file with', () => {
  for (const [name, lines] of Object.entries(MISTAKES)) {
    it(`${name} is a warning where somebody answers, and what is asked is answered`, async (context) => {
      const file = configure(lines);
      const store = await opened(context, null);
      over(store);
      const status = { since: '2026-11-22T07:30:00Z' };
      const control = await serveControl(place.path('ringback.sock'), {
        ...recordRoutes(store, NOBODY, machineTime),
        'GET /status': async () => status,
      });
      context.after(() => control.close());
      for (const [command, answered] of [
        ['status', /"since":"2026-11-22/],
        ['history', /"outages":\[\{/],
        ['outbox', /"notices":\[\]/],
      ] as const) {
        const { status, stdout, stderr } = await ringbackBeside(command, '--json', '-c', file);
        assert.equal(status, 0, stderr);
        assert.match(stdout, answered);
        assert.match(stderr, /^ringback: .*ringback\.yaml:\d+:\d+: /);
        assert.match(
          stderr,
          /ringback\.yaml: what runs has not read that, and was asked at \/.*ringback\.sock$/m,
        );
      }
    });

    it(`${name} is refused where nobody is`, async () => {
      const file = configure(lines);
      for (const command of ['status', 'history', 'outbox']) {
        const { status, stdout, stderr } = await ringbackBeside(command, '-c', file);
        assert.deepEqual([status, stdout], [2, '']);
        assert.match(stderr, /ringback\.yaml:\d+:\d+: /);
        assert.doesNotMatch(stderr, /was asked/);
      }
    });
  }

  it('the mistake of a pair’s node has no outages all the same', async () => {
    const file = place.path('takeover.yaml');
    writeFileSync(file, 'takeover: {role: actve}\n');
    const { status, stderr } = await ringbackBeside('history', '-c', file);
    assert.equal(status, 2);
    assert.match(stderr, /a takeover has no outages and no notices/);
  });

  it('mistakes in UCI names its socket, too', async (context) => {
    const file = place.path('ringback');
    writeFileSync(
      file,
      `config ringback\n  option enabled '1'\n  option control '${place.path('ringback.sock')}'\n  option wach '1'\n`,
    );
    const control = await serveControl(place.path('ringback.sock'), {
      'GET /status': async () => ({ here: true }),
    });
    context.after(() => control.close());
    const { status, stdout, stderr } = await ringbackBeside('status', '--json', '-c', file);
    assert.deepEqual([status, JSON.parse(stdout)], [0, { here: true }]);
    assert.match(stderr, /was asked at/);
  });
});
