import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readlinkSync } from 'node:fs';
import { before, describe, it, type TestContext } from 'node:test';
import { address, Lab } from '../../board/lab/lab.ts';
import { Ringback, ringbackCommand } from '../../board/lab/ringback.ts';
import type { StoreHealth } from '../../host/store/store.ts';
import { until } from '../host/tools.ts';
import { Disk } from './disk.ts';
import { Program, SATO } from './state-program.ts';
import { STUCK_MS, story, turnedAway } from './support.ts';

/** The router itself tries a disk again that often. */
const BACK_MS = 60_000;

/** Files on the disk that this process has open. */
function openFiles(disk: Disk): number {
  return readdirSync('/proc/self/fd').filter((file) => {
    try {
      return readlinkSync(`/proc/self/fd/${file}`).startsWith(disk.path);
    } catch {
      return false;
    }
  }).length;
}

function newDisk(test: TestContext, options?: { image: boolean }): Disk {
  const disk = new Disk(options);
  test.after(() => disk.remove());
  return disk;
}

/** The next program finds all that the last one knew, once. */
async function assertAllThere(test: TestContext, disk: Disk, last: Program): Promise<void> {
  const content = last.content();
  await last.stop();
  const endMs = last.store.clock.nowMs();
  const next = await Program.start(test, disk);
  assert.equal(next.store.health.place, 'disk');
  assert.deepEqual(next.content(), content);
  assert.ok(next.store.clock.nowMs() >= endMs);
  next.outbox.wake();
  next.work(200);
  await next.sent(2);
  assert.deepEqual(next.sender.mails.map(({ to }) => to).toSorted(), [
    'sato@example.jp',
    'tanaka@example.jp',
  ]);
}

describe('the state', () => {
  before(() => void Lab.given());

  for (const [name, image, fail, mend] of [
    ['is full', false, (disk: Disk) => disk.fill(), (disk: Disk) => disk.empty()],
    ['the kernel gave up', true, (disk: Disk) => disk.break(), (disk: Disk) => disk.repair()],
  ] as const) {
    it(`of a disk that ${name} goes on in memory, and is on disk again as soon as that works`, {
      skip: image && Disk.noImages,
    }, async (test) => {
      const disk = newDisk(test, { image });
      const program = await Program.start(test, disk);
      program.work(1);
      await program.sent(2);
      fail(disk);
      program.work(10);
      assert.equal(program.store.health.place, 'memory');
      assert.notEqual(program.store.health.reason, null);
      await program.sent(4);
      program.recover(2);
      await program.sent(5);
      assert.deepEqual(program.said, ['state.failed'], 'once');
      assert.equal(program.lines[0]?.level, 'error');
      mend(disk);
      await until('the disk in use', () => program.store.health.place === 'disk');
      assert.deepEqual(program.said, ['state.failed', 'state.back']);
      program.work(20);
      await program.sent(7);
      assert.equal(new Set(program.sender.mails.map(({ messageId }) => messageId)).size, 7);
      await assertAllThere(test, disk, program);
    });
  }

  it('returns to a disk every time that it was full, and leaves no file open', async (test) => {
    const disk = newDisk(test);
    const program = await Program.start(test, disk);
    program.work(1);
    const files = openFiles(disk);
    assert.ok(files > 0);
    for (let time = 1; time <= 4; time++) {
      disk.fill();
      program.work(10 * time);
      assert.equal(program.store.health.place, 'memory');
      disk.empty();
      await until('the disk in use', () => program.store.health.place === 'disk');
      assert.equal(openFiles(disk), files);
    }
    await program.sent(10);
    assert.equal(program.said.length, 8);
    await assertAllThere(test, disk, program);
  });

  it('is saved at the end if the disk has room again by then', async (test) => {
    const disk = newDisk(test);
    const program = await Program.start(test, disk);
    program.work(1);
    disk.fill();
    program.work(10);
    await program.sent(4);
    assert.equal(program.store.health.place, 'memory');
    disk.empty();
    await assertAllThere(test, disk, program);
  });

  it('begins in memory on a disk that is read-only, and moves there when that ends', async (test) => {
    const disk = newDisk(test);
    disk.setReadOnly(true);
    const program = await Program.start(test, disk);
    assert.deepEqual(program.said, ['state.failed']);
    assert.equal(program.store.health.reason, `${disk.path} is on a disk that is mounted read-only`);
    program.work(1);
    await program.sent(2);
    disk.setReadOnly(false);
    await until('the disk in use', () => program.store.health.place === 'disk');
    // From now on it is like any other.
    program.sender.answer = null;
    program.work(10);
    program.sender.answer = () => ({ outcome: 'delivered' });
    disk.fill();
    program.work(20);
    for (const { finish } of [...program.sender.sendings]) finish({ outcome: 'delivered' });
    await program.sent(6);
    disk.empty();
    await until('the disk in use', () => program.store.health.place === 'disk');
    await assertAllThere(test, disk, program);
  });

  it('says that a directory is on a disk that is read-only, though nobody ever used it', async (test) => {
    const disk = newDisk(test);
    mkdirSync(`${disk.path}/state`);
    disk.setReadOnly(true);
    const { store } = await Program.start(test, disk);
    assert.equal(store.health.reason, `${disk.path}/state is on a disk that is mounted read-only`);
  });

  for (const [name, fail, mend] of [
    ['read-only', (disk: Disk) => disk.setReadOnly(true), (disk: Disk) => disk.setReadOnly(false)],
    ['full', (disk: Disk) => disk.fill(), (disk: Disk) => disk.empty()],
  ] as const) {
    it(`of an earlier program is known although its disk is ${name}, and goes on from there`, async (test) => {
      const disk = newDisk(test);
      const earlier = await Program.start(test, disk);
      earlier.work(1);
      await earlier.sent(2);
      earlier.wait(3, SATO);
      // A mail that this one did not get rid of.
      earlier.sender.answer = null;
      earlier.recover(3);
      const content = earlier.content();
      await earlier.stop();
      const endMs = earlier.store.clock.nowMs();
      fail(disk);

      const program = await Program.start(test, disk);
      assert.deepEqual(program.content(), content);
      assert.ok(program.store.clock.nowMs() >= endMs);
      const busy = { code: 'unavailable', message: /another ringback has it/ };
      await assert.rejects(Program.start(test, disk), busy);
      program.outbox.wake();
      await program.sent(1);
      program.recover(2);
      await program.sent(2);
      assert.deepEqual(program.said, ['state.failed']);
      mend(disk);
      await until('the disk in use', () => program.store.health.place === 'disk');
      assert.deepEqual(program.said, ['state.failed', 'state.back']);
      await assertAllThere(test, disk, program);
    });
  }
});

describe('ringback run', { concurrency: 3 }, () => {
  const people = ['sato@example.jp', 'tanaka@example.jp'];

  /** The server is back, and says so. */
  async function comeBack(lab: Lab): Promise<void> {
    await lab.powerOn('s80');
    await lab.start('s80');
    await lab.trap('s80');
  }

  async function health(lab: Lab, { configuration }: Ringback): Promise<StoreHealth> {
    const { stdout } = await lab.run('router', ringbackCommand('status', configuration, '--json'));
    return (JSON.parse(stdout) as { state: StoreHealth }).state;
  }

  /** Both have had their mail, and no program to come sends another one. */
  async function assertToldOnce(lab: Lab): Promise<void> {
    const mails = (await lab.mails()).flatMap(({ to }) => to);
    assert.deepEqual(mails.toSorted(), people);
  }

  story('tells whoever was turned away although the disk became full meanwhile', async (lab) => {
    const disk = new Disk();
    await lab.start('mail');
    const ringback = await Ringback.start(lab, { state: `${disk.path}/state` });
    await turnedAway(lab, ringback, 'c151', 's80');
    disk.fill();
    await lab.tryTo('c150', 's80');
    await ringback.event({ event: 'state.failed' });
    assert.equal((await health(lab, ringback)).place, 'memory');
    await comeBack(lab);
    for (const mail of people) await ringback.event({ event: 'notice.sent', mail });
    disk.empty();
    await ringback.event({ event: 'state.back' }, BACK_MS);
    assert.equal((await health(lab, ringback)).place, 'disk');
    await ringback.stop('SIGKILL');
    const next = await Ringback.start(lab, { state: `${disk.path}/state` });
    await next.noEventFor({ event: 'notice.sent' }, 3000);
    await assertToldOnce(lab);
  });

  it('tells whoever was turned away although the kernel gave up the disk meanwhile', {
    skip: Disk.noImages,
    timeout: STUCK_MS,
  }, async (context) => {
    const lab = await Lab.create();
    context.after(() => lab.remove());
    const disk = new Disk({ image: true });
    await lab.start('mail');
    const ringback = await Ringback.start(lab, { state: `${disk.path}/state` });
    await turnedAway(lab, ringback, 'c151', 's80');
    disk.break();
    await lab.tryTo('c150', 's80');
    await ringback.event({ event: 'state.failed' });
    await comeBack(lab);
    for (const mail of people) await ringback.event({ event: 'notice.sent', mail });
    assert.equal((await health(lab, ringback)).place, 'memory');
    assert.equal(await ringback.stop(), 0, ringback.report());
    await assertToldOnce(lab);
  });

  story('tells whoever an earlier one saw turned away although the disk is read-only by now', async (lab) => {
    const disk = new Disk();
    await lab.start('mail');
    const earlier = await Ringback.start(lab, { state: `${disk.path}/state` });
    await turnedAway(lab, earlier, 'c151', 's80');
    assert.equal(await earlier.stop(), 0, earlier.report());
    disk.setReadOnly(true);
    const ringback = await Ringback.start(lab, { state: `${disk.path}/state` });
    await ringback.event({ event: 'state.failed' });
    await lab.tryTo('c150', 's80');
    await ringback.event({ event: 'client.waiting', client: address('c150') });
    await comeBack(lab);
    for (const mail of people) await ringback.event({ event: 'notice.sent', mail });
    assert.equal((await health(lab, ringback)).place, 'memory');
    disk.setReadOnly(false, Number((await ringback.event({ event: 'ready' })).pid));
    await ringback.event({ event: 'state.back' }, BACK_MS);
    await ringback.stop('SIGKILL');
    const next = await Ringback.start(lab, { state: `${disk.path}/state` });
    await next.noEventFor({ event: 'notice.sent' }, 3000);
    await assertToldOnce(lab);
  });
});
