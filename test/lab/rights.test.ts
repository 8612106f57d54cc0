/** `ringback run` started as root goes on as a user that has nothing but what the network asks for. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe } from 'node:test';
import { PEOPLE, Ringback, ringbackCommand, writeConfiguration } from '../../board/lab/ringback.ts';
import { comeBack, PAGE, page, served, urlOf, VISITOR } from './curl.ts';
import { Disk } from './disk.ts';
import { needsRoot } from './root.ts';
import { story, turnedAway } from './support.ts';

/** Of linux/capability.h: CAP_NET_BIND_SERVICE, CAP_NET_ADMIN and CAP_NET_RAW. */
const NETWORK = (1n << 10n) | (1n << 12n) | (1n << 13n);
const SETS = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'] as const;

/** A field of /proc/PID/status. */
function field(pid: number, name: string): string {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return new RegExp(`^${name}:[ \\t]*(.*?)[ \\t]*$`, 'm').exec(text)?.[1] ?? '';
}

const user = (pid: number): number => Number(field(pid, 'Uid').split('\t')[0]);

async function pidOf(ringback: Ringback): Promise<number> {
  return Number((await ringback.event({ event: 'ready' })).pid);
}

describe('ringback run, started as root', {
  concurrency: 4,
  skip: needsRoot('a program that was root gives that up'),
}, () => {
  story(
    'is the same process as another user, with the privileges of the network, and does all it did',
    async (lab) => {
      await lab.start('mail');
      const ringback = await Ringback.start(lab, { page: PAGE });
      const [pid, daemon] = [await pidOf(ringback), ringback.daemon().pid];
      assert.deepEqual(ringback.matching({ event: 'privileges.kept' }), []);
      assert.ok(user(pid) > 0, 'not root');
      for (const set of SETS) assert.equal(BigInt(`0x${field(pid, set)}`), NETWORK, set);
      assert.deepEqual([field(pid, 'Groups'), field(pid, 'NoNewPrivs')], ['', '1']);
      assert.equal(user(daemon), user(pid));
      for (const set of SETS.filter((name) => name !== 'CapBnd'))
        assert.match(field(daemon, set), /^0+$/, set);
      assert.deepEqual([field(daemon, 'NoNewPrivs'), field(daemon, 'Seccomp')], ['1', '2']);

      await turnedAway(lab, ringback, 'c151', 's80');
      assert.match((await page(lab, VISITOR, urlOf('s80', 4))).body, /<form/, 'nft and ip may');
      assert.equal((await ringback.status()).outages.length, 1, 'the operator may ask');
      await comeBack(lab, 's80');
      await ringback.event({ event: 'notice.sent', mail: PEOPLE.c151 }, 60_000);
      await served(lab, urlOf('s80', 4));
      assert.equal(await ringback.stop(), 0, ringback.report());
      const { stdout } = await lab.run('router', ['nft', 'list', 'tables']);
      assert.ok(!stdout.includes('ringback'), 'nothing is left');
      const state = statSync(`${lab.directory}/state`);
      assert.deepEqual([state.uid > 0, state.mode & 0o777], [true, 0o700]);
    },
  );

  story('takes over what a version left that was root, once, and tells of it', async (lab) => {
    const control = `/var/run/upgrade-${process.pid}.sock`;
    const first = await Ringback.start(lab, { control });
    await turnedAway(lab, first, 'c151', 's80');
    await first.stop();
    // As such a version leaves it: everything root's, and a socket that nobody serves.
    const state = `${lab.directory}/state`;
    for (const name of ['', ...readdirSync(state)]) chownSync(`${state}/${name}`, 0, 0);
    await lab.run('router', ['rm', control]);
    const leave = `const s = require('net').createServer().listen('${control}', () => process.kill(process.pid, 'SIGKILL'))`;
    await lab.run('router', [process.execPath, '-e', leave]);
    assert.ok(lstatSync(control).isSocket());
    chmodSync(first.configuration, 0o600);

    const told = { event: 'state.given', directory: state };
    const second = await Ringback.starting(lab, first.configuration);
    assert.deepEqual(second.matching({ event: 'privileges.kept' }), []);
    const pid = await pidOf(second);
    assert.equal(second.matching(told).length, 1);
    assert.equal(second.matching({ event: 'configuration.given', file: first.configuration }).length, 1);
    for (const name of ['', ...readdirSync(state)])
      assert.equal(statSync(`${state}/${name}`).uid, user(pid), `state/${name}`);
    assert.equal((await second.status()).outages.length, 1, 'who waited then waits now');
    second.signal('SIGHUP');
    await second.event({ event: 'configuration.reloaded' });
    await second.stop();

    const third = await Ringback.starting(lab, first.configuration);
    for (const event of ['state.given', 'configuration.given', 'privileges.kept'])
      assert.deepEqual(third.matching({ event }), [], event);
    assert.equal((await third.status()).outages.length, 1);
  });

  story('has what root has put into its state since', async (lab) => {
    const first = await Ringback.start(lab, {});
    const account = user(await pidOf(first));
    await turnedAway(lab, first, 'c151', 's80');
    await first.stop();
    const state = `${lab.directory}/state`;
    for (const name of readdirSync(state)) chownSync(`${state}/${name}`, 0, 0);
    writeFileSync(`${lab.directory}/secret`, '', { mode: 0o600 });
    symlinkSync(`${lab.directory}/secret`, `${state}/ringback.db.copy`);

    const second = await Ringback.starting(lab, first.configuration);
    assert.equal(user(await pidOf(second)), account);
    for (const name of ['lock', 'ringback.db']) assert.equal(statSync(`${state}/${name}`).uid, account, name);
    assert.deepEqual(second.matching({ event: 'state.failed' }), []);
    assert.equal((await second.status()).outages.length, 1, 'who waited then waits now');
    assert.equal(statSync(`${lab.directory}/secret`).uid, 0, 'where a link leads to');
  });

  story('stays root with one warning where it has to, and works', async (lab) => {
    const state = `${lab.directory}/shared`;
    mkdirSync(state);
    writeFileSync(`${state}/accounts.txt`, 'of somebody else');
    const ringback = await Ringback.start(lab, { state, page: PAGE });
    assert.equal(user(await pidOf(ringback)), 0);
    const [kept, ...more] = ringback.matching({ event: 'privileges.kept' });
    assert.match(
      String(kept?.message),
      /works on as root, .*shared has other things than the state, as accounts\.txt/,
    );
    assert.deepEqual(more, []);
    assert.equal(statSync(`${state}/accounts.txt`).uid, 0);
    await turnedAway(lab, ringback, 'c151', 's80');
    await page(lab, VISITOR, urlOf('s80', 4));
    await ringback.status();
  });

  story('is a user, with its state in memory, where nobody can have one on disk', async (lab) => {
    const disk = new Disk();
    mkdirSync(`${disk.path}/empty`);
    disk.setReadOnly(true);
    for (const state of ['/proc/x', `${disk.path}/missing`, `${disk.path}/empty`]) {
      const ringback = await Ringback.start(lab, { state });
      assert.ok(user(await pidOf(ringback)) > 0, `not root for ${state}`);
      assert.deepEqual(ringback.matching({ event: 'privileges.kept' }), []);
      assert.equal(ringback.matching({ event: 'state.failed', directory: state }).length, 1);
      assert.equal(await ringback.stop(), 0, ringback.report());
    }
  });

  story('stays root where what it has on disk could not be given to anybody', async (lab) => {
    const disk = new Disk();
    const state = `${disk.path}/state`;
    const first = await Ringback.start(lab, { state });
    await turnedAway(lab, first, 'c151', 's80');
    await first.stop();
    for (const name of ['', ...readdirSync(state)]) chownSync(`${state}/${name}`, 0, 0);
    disk.setReadOnly(true);
    const second = await Ringback.starting(lab, first.configuration);
    assert.equal(user(await pidOf(second)), 0);
    assert.match(String(second.matching({ event: 'privileges.kept' })[0]?.reason), /EROFS/);
    assert.equal((await second.status()).outages.length, 1, 'who waited then waits now');
  });

  story('stays root where another user could not reach what it needs', async (lab) => {
    const closed = `${lab.directory}/closed`;
    mkdirSync(closed, { mode: 0o700 });
    const cases: [Record<string, unknown>, RegExp][] = [
      [{ state: `${closed}/state` }, /closed, above the state, is closed to it/],
      [{ fabric: { daemon: ['env', `${process.cwd()}/dist/ringback-fabricd`] } }, /fabric\.daemon is env/],
    ];
    for (const [sections, reason] of cases) {
      const ringback = await Ringback.start(lab, sections);
      assert.match(String(ringback.matching({ event: 'privileges.kept' })[0]?.message), reason);
      assert.equal(user(await pidOf(ringback)), 0);
      assert.equal(await ringback.stop(), 0);
    }
  });

  story('never gives away what a link leads to, nor a file that has another name', async (lab) => {
    const state = `${lab.directory}/state`;
    const precious = `${lab.directory}/precious`;
    writeFileSync(precious, 'root’s');
    mkdirSync(state);
    await lab.run('router', ['ln', '-s', precious, `${state}/ringback.db.old`]);
    await lab.run('router', ['ln', precious, `${state}/lock`]);
    const ringback = await Ringback.start(lab);
    assert.equal(statSync(precious).uid, 0);
    assert.equal(ringback.matching({ event: 'privileges.kept' }).length, 1);
  });
});

describe('ringback run, started as a user', { skip: needsRoot('a user is made of root') }, () => {
  story('has its socket where it may, and is found there', async (lab) => {
    const uid = 61_178;
    mkdirSync('/run/ringback', { recursive: true });
    chownSync('/run/ringback', uid, uid);
    mkdirSync(`${lab.directory}/state`);
    chownSync(`${lab.directory}/state`, uid, uid);
    const control = `/var/run/as-user-${process.pid}.sock`;
    const rights = '+net_admin,+net_raw,+net_bind_service';
    const by = [
      'setpriv',
      `--reuid=${uid}`,
      `--regid=${uid}`,
      '--clear-groups',
      `--inh-caps=${rights}`,
      `--ambient-caps=${rights}`,
    ];
    const ringback = await Ringback.starting(lab, writeConfiguration(lab, { control }), by);
    assert.ok(lstatSync(`/run/ringback/as-user-${process.pid}.sock`).isSocket());
    await ringback.status();
    await turnedAway(lab, ringback, 'c151', 's80');
    await ringback.stop();
    const argv = ringbackCommand('status', ringback.configuration, '--json');
    const { code, stderr } = await lab.run('router', argv);
    assert.equal(code, 1);
    assert.match(stderr, /no `ringback run` is running here/);
  });
});
