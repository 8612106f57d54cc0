/** Where what root has made can't be given to the user: said, and never waited for. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';

const ROOM = new URL('../../../host/privileges/hand-over.ts', import.meta.url).href;
const ACCOUNT = { name: null, uid: 61_178, gid: 61_178 };
/** It stands still for ever otherwise, and this process with it. */
const PATIENCE_MS = 60_000;

/** What the program is told by that call. */
function told(call: string): string {
  const account = JSON.stringify(ACCOUNT);
  const script = `import { giveControl, giveState } from '${ROOM}';
    const account = ${account};
    const log = { info() {} };
    try { await ${call}; console.log('given'); } catch (error) { console.log(error.message); }`;
  const child = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: PATIENCE_MS,
  });
  assert.equal(child.signal, null, 'it never ends');
  return child.stdout.trim() || child.stderr;
}

describe('Where nobody can make a directory', () => {
  it('the control socket is not given, and the reason is named', () => {
    const message = "control /proc/x/y.sock can't be given to it (/proc takes no directories)";
    assert.equal(told("giveControl('/proc/x/y.sock', account)"), message);
  });

  for (const [what, state] of [
    ['that takes none', '/proc/x'],
    ['that is none', '/dev/null/x'],
  ] as const) {
    it(`there is no state to give: nothing keeps root for one in a place ${what}`, () => {
      assert.equal(told(`giveState('${state}', account, log)`), 'given');
    });
  }
});
