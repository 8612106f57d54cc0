import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DAY_MS } from '../../../host/net/duration.ts';
import { type Epoch, StateClock } from '../../../host/store/clock.ts';
import { machineTime } from '../../../host/time.ts';

const NOON = Date.UTC(2026, 10, 22, 12);

/** A machine whose clocks stand still until the test moves them. */
class Machine {
  starts = 1;
  upMs = 60_000;
  /** What the wall clock shows; it goes on with the other. */
  #wallAtStartMs = NOON - 60_000;

  boot(): string {
    return `boot-${this.starts}`;
  }

  nowMs(): number {
    return this.upMs;
  }

  wallMs(): number {
    return this.#wallAtStartMs + this.upMs;
  }

  pass(ms: number): void {
    this.upMs += ms;
  }

  setWall(date: number): void {
    this.#wallAtStartMs = date - this.upMs;
  }

  /** Off for so long; with `battery` the wall clock goes on meanwhile, without it starts in 1970. */
  reboot(offMs: number, { battery = true, upMs = 10_000 } = {}): void {
    const wall = this.wallMs() + offMs;
    this.starts++;
    this.upMs = 0;
    this.setWall(battery ? wall : 0);
    this.upMs = upMs;
  }
}

/** A clock of the next process, which knows what the last one has stored. */
function next(clock: StateClock, machine: Machine): StateClock {
  // As they come back from a database.
  const epochs = JSON.parse(JSON.stringify(clock.toStore())) as Epoch[];
  return new StateClock(epochs, machine);
}

describe("the state's clock", () => {
  it('goes on while the program does not run, as long as the machine does', () => {
    const machine = new Machine();
    const clock = new StateClock([], machine);
    const before = clock.nowMs();
    const restarted = next(clock, machine);
    assert.equal(restarted.nowMs(), before);
    machine.pass(90_000);
    assert.equal(next(restarted, machine).nowMs(), before + 90_000);
    assert.equal(next(restarted, machine).toStore().length, 1);
  });

  it('goes on where it was after a reboot: only what the machine was up for counts', () => {
    const machine = new Machine();
    const clock = new StateClock([], machine);
    machine.pass(90_000);
    const before = clock.nowMs();
    const stored = clock.toStore();
    machine.reboot(5 * DAY_MS, { upMs: 0 });
    const rebooted = new StateClock(stored, machine);
    assert.equal(rebooted.nowMs(), before);
    machine.pass(1000);
    assert.equal(rebooted.nowMs(), before + 1000);
  });

  it('never goes back, whatever the machine and its clocks do', () => {
    const machine = new Machine();
    let clock = new StateClock([], machine);
    let last = Number.NEGATIVE_INFINITY;
    const moves = [
      () => machine.pass(1234.567),
      // The state came from another machine whose start had the same name, or from a snapshot of this one.
      () => {
        machine.upMs = 5;
      },
      () => machine.reboot(DAY_MS),
      () => machine.reboot(DAY_MS, { battery: false, upMs: 0 }),
      () => machine.setWall(0),
      () => machine.setWall(NOON + 400 * DAY_MS),
    ];
    for (let step = 0; step < 200; step++) {
      const stored = clock.toStore();
      moves[(step * 7) % moves.length]?.();
      clock = new StateClock(stored, machine);
      assert.ok(clock.nowMs() >= last, `step ${step}: ${clock.nowMs()} after ${last}`);
      last = clock.nowMs();
    }
  });

  it('has a time for what this start of the machine saw before the program ran', () => {
    const machine = new Machine();
    const clock = new StateClock([], machine);
    const stored = clock.toStore();
    machine.reboot(DAY_MS, { upMs: 0 });
    const atBoot = machine.wallMs();
    machine.pass(30_000);
    const rebooted = new StateClock(stored, machine);
    const at = rebooted.nowMs() - 20_000;
    assert.equal(rebooted.dateOf(at)?.getTime(), atBoot + 10_000);
  });

  it('takes no notice of a wall clock that jumps', () => {
    const machine = new Machine();
    const clock = new StateClock([], machine);
    const before = clock.nowMs();
    for (const wall of [0, NOON - DAY_MS, NOON + 1000 * DAY_MS]) {
      machine.setWall(wall);
      assert.equal(clock.nowMs(), before);
      assert.equal(next(clock, machine).nowMs(), before);
    }
  });

  it('is that of the kernel', () => {
    const clock = new StateClock([], machineTime);
    const before = clock.nowMs();
    assert.match(machineTime.boot(), /^[0-9a-f-]{36}$/);
    assert.equal(machineTime.boot(), machineTime.boot());
    assert.ok(clock.nowMs() >= before);
    const restarted = new StateClock(clock.toStore(), machineTime);
    assert.ok(restarted.nowMs() >= before);
    assert.equal(restarted.toStore().length, 1, 'the same start of the machine');
  });
});

describe('the date of a moment', () => {
  it('is what the wall clock showed then', () => {
    const machine = new Machine();
    const clock = new StateClock([], machine);
    const at = clock.nowMs();
    machine.pass(DAY_MS);
    assert.equal(clock.dateOf(at)?.getTime(), NOON);
    assert.equal(next(clock, machine).dateOf(at)?.getTime(), NOON);
  });

  it('of an earlier start of the machine is by the wall clock of that time', () => {
    const machine = new Machine();
    let clock = new StateClock([], machine);
    const first = clock.nowMs();
    machine.pass(1000);
    clock = next(clock, machine);
    const stored = clock.toStore();
    machine.reboot(5 * DAY_MS);
    clock = new StateClock(stored, machine);
    const second = clock.nowMs();
    const secondWall = machine.wallMs();
    machine.pass(1000);
    const again = clock.toStore();
    machine.reboot(7 * DAY_MS);
    clock = new StateClock(again, machine);
    assert.equal(clock.dateOf(first)?.getTime(), NOON);
    assert.equal(clock.dateOf(second)?.getTime(), secondWall);
    assert.equal(clock.dateOf(clock.nowMs())?.getTime(), machine.wallMs());
  });

  it('is none while the wall clock shows a year before there was this program', () => {
    const machine = new Machine();
    const clock = new StateClock([], machine);
    for (const wrong of [0, Date.UTC(2025, 11, 31, 23, 59, 59)]) {
      machine.setWall(wrong);
      assert.equal(clock.dateOf(clock.nowMs()), null);
    }
    machine.setWall(Date.UTC(2026, 0, 1));
    assert.deepEqual(clock.dateOf(clock.nowMs()), new Date(Date.UTC(2026, 0, 1)));
  });

  it('comes right for all of this start of the machine when the wall clock is set', () => {
    const machine = new Machine();
    machine.setWall(0);
    const clock = new StateClock([], machine);
    const at = clock.nowMs();
    assert.equal(clock.dateOf(at), null);
    machine.pass(45_000);
    const now = clock.nowMs();
    machine.setWall(NOON);
    assert.equal(clock.nowMs(), now);
    assert.equal(clock.dateOf(at)?.getTime(), NOON - 45_000);
    assert.equal(next(clock, machine).dateOf(at)?.getTime(), NOON - 45_000);
  });

  it('of an earlier start stays unknown if its wall clock never was right', () => {
    const machine = new Machine();
    machine.setWall(0);
    const clock = new StateClock([], machine);
    const at = clock.nowMs();
    machine.pass(1000);
    const stored = clock.toStore();
    machine.reboot(DAY_MS, { battery: false });
    machine.setWall(NOON);
    const rebooted = new StateClock(stored, machine);
    assert.equal(rebooted.dateOf(at), null);
    assert.equal(rebooted.dateOf(rebooted.nowMs())?.getTime(), NOON);
  });

  it('of an earlier start is not lost to a wall clock that is wrong now', () => {
    const machine = new Machine();
    const clock = new StateClock([], machine);
    const at = clock.nowMs();
    machine.pass(1000);
    const stored = clock.toStore();
    machine.reboot(DAY_MS, { battery: false });
    const rebooted = new StateClock(stored, machine);
    assert.equal(rebooted.dateOf(at)?.getTime(), NOON);
    assert.equal(rebooted.dateOf(rebooted.nowMs()), null);
  });

  it('before the last sixteen starts of the machine is not made up', () => {
    const machine = new Machine();
    let clock = new StateClock([], machine);
    const moments: { at: number; wall: number }[] = [];
    for (let start = 0; start < 40; start++) {
      moments.push({ at: clock.nowMs(), wall: machine.wallMs() });
      machine.pass(1000);
      const stored = clock.toStore();
      assert.ok(stored.length <= 16);
      machine.reboot(DAY_MS);
      clock = new StateClock(stored, machine);
    }
    const dates = moments.map(({ at }) => clock.dateOf(at)?.getTime() ?? null);
    assert.deepEqual(dates.slice(0, -15), new Array(25).fill(null));
    assert.deepEqual(
      dates.slice(-15),
      moments.slice(-15).map(({ wall }) => wall),
    );
  });
});
