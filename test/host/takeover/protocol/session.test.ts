import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ActiveSession } from '../../../../host/takeover/protocol/active-session.ts';
import { encode } from '../../../../host/takeover/protocol/datagram.ts';
import type { TakeoverMessage } from '../../../../host/takeover/protocol/messages.ts';
import type { Keys } from '../../../../host/takeover/protocol/session.ts';
import { StandbySessions } from '../../../../host/takeover/protocol/standby-sessions.ts';
import { MACHINE } from '../../tools.ts';

const KEY = 'a secret of the pair';
const NEW = 'the secret of next year';
const keys: Keys = () => [KEY];
const HEARTBEAT: TakeoverMessage = {
  kind: 'heartbeat',
  healthy: true,
  everyMs: 100,
  name: 'web',
  entries: [],
};
const REPORT: TakeoverMessage = { kind: 'report', healthy: true, everyMs: 100, name: 'standby', entries: [] };

function standbyWith(more: { keys?: Keys; name?: string; nowMs?: () => number } = {}): StandbySessions {
  return new StandbySessions({
    keys: more.keys ?? keys,
    name: more.name ?? 'standby',
    identify: (name) => (name === 'web' || name === 'shop' ? name : null),
    time: { nowMs: more.nowMs ?? (() => 0) },
    chance: MACHINE.chance,
  });
}

/** What an active has sent to begin a session, which is up on both sides then. */
function meet(active: ActiveSession, standby: StandbySessions, heartbeat = HEARTBEAT): Buffer[] {
  const hello = active.hello();
  const answer = standby.open(hello, '172.27.178.11');
  assert.ok(answer.is === 'answer');
  assert.equal(active.open(answer.bytes).is, 'welcome');
  const first = active.seal(heartbeat);
  assert.ok(first !== null);
  assert.equal(standby.open(first, '172.27.178.11').is, 'message');
  return [hello, first];
}

function why(reading: { readonly is: string; readonly why?: string }): string | undefined {
  assert.equal(reading.is, 'refused');
  return reading.why;
}

describe('a session', () => {
  it('begins with a greeting, its answer, and a first message that has both nonces', () => {
    const [active, standby] = [new ActiveSession(keys, 'web', MACHINE), standbyWith()];
    assert.equal(active.seal(HEARTBEAT), null);
    assert.equal(standby.seal('web', REPORT), null);
    meet(active, standby);
    const report = standby.seal('web', REPORT);
    assert.ok(report !== null);
    const reading = active.open(report);
    assert.ok(reading.is === 'message');
    assert.deepEqual(reading.message, REPORT);
    assert.equal(reading.seen, 1, 'it tells how far the other side has read');
  });

  it('refuses each message that is sent again', () => {
    const [active, standby] = [new ActiveSession(keys, 'web', MACHINE), standbyWith()];
    const [, first] = meet(active, standby);
    const second = active.seal(HEARTBEAT);
    assert.ok(first !== undefined && second !== null);
    assert.equal(standby.open(second, 'x').is, 'message');
    assert.equal(why(standby.open(second, 'x')), 'replayed');
    assert.equal(why(standby.open(first, 'x')), 'replayed');
    const report = standby.seal('web', REPORT);
    assert.ok(report !== null);
    assert.equal(active.open(report).is, 'message');
    assert.equal(why(active.open(report)), 'replayed');
  });

  it('refuses one that comes after its successor', () => {
    const [active, standby] = [new ActiveSession(keys, 'web', MACHINE), standbyWith()];
    meet(active, standby);
    const [second, third] = [active.seal(HEARTBEAT), active.seal(HEARTBEAT)];
    assert.ok(second !== null && third !== null);
    assert.equal(standby.open(third, 'x').is, 'message');
    assert.equal(why(standby.open(second, 'x')), 'replayed');
  });

  it('is not begun by a whole session that is sent again, to this process or the next', () => {
    const [active, standby] = [new ActiveSession(keys, 'web', MACHINE), standbyWith()];
    const recorded = meet(active, standby);
    const take = active.seal({
      kind: 'take',
      id: 1,
      cause: 'operator',
      entry: {
        address: '172.27.178.80',
        length: 24,
        held: true,
        marked: false,
        mac: '02:00:00:00:11:00',
      },
    });
    assert.ok(take !== null);
    recorded.push(take);
    standby.open(take, 'x');
    const again = new ActiveSession(keys, 'web', MACHINE);
    meet(again, standby);
    for (const bytes of recorded) assert.notEqual(standby.open(bytes, 'x').is, 'message');
    const next = standbyWith();
    for (const bytes of recorded) assert.notEqual(next.open(bytes, 'x').is, 'message');
    const heartbeat = again.seal(HEARTBEAT);
    assert.ok(heartbeat !== null);
    assert.equal(standby.open(heartbeat, 'x').is, 'message', 'and the true one goes on');
  });

  it('goes on while its first greeting is sent again and again', () => {
    const [active, standby] = [new ActiveSession(keys, 'web', MACHINE), standbyWith()];
    const [hello] = meet(active, standby);
    assert.ok(hello !== undefined);
    for (let i = 0; i < 10; i++) {
      const answer = standby.open(hello, 'x');
      assert.ok(answer.is === 'answer');
      assert.equal(why(active.open(answer.bytes)), 'replayed');
      const heartbeat = active.seal(HEARTBEAT);
      assert.ok(heartbeat !== null);
      assert.equal(standby.open(heartbeat, 'x').is, 'message');
    }
  });

  it('answers strangers seldom, and never with more than they sent', () => {
    let nowMs = 0;
    const standby = standbyWith({ nowMs: () => nowMs });
    const hellos = Array.from({ length: 200 }, () => new ActiveSession(keys, 'web', MACHINE).hello());
    const answers = hellos.map((hello) => [hello, standby.open(hello, 'x')] as const);
    const answered = answers.filter(([, { is }]) => is === 'answer');
    assert.equal(answered.length, 50);
    for (const [hello, answer] of answered) {
      assert.ok(answer.is === 'answer' && answer.bytes.length <= hello.length);
    }
    nowMs = 1000;
    assert.equal(standby.open(new ActiveSession(keys, 'web', MACHINE).hello(), 'x').is, 'answer');
  });

  it('is not believed when it is sent back to who said it', () => {
    const [active, standby] = [new ActiveSession(keys, 'web', MACHINE), standbyWith()];
    meet(active, standby);
    const [heartbeat, report] = [active.seal(HEARTBEAT), standby.seal('web', REPORT)];
    assert.ok(heartbeat !== null && report !== null);
    assert.equal(why(active.open(heartbeat)), 'misdirected');
    assert.equal(why(standby.open(report, 'x')), 'misdirected');
  });

  it('is not begun by an active that is not served', () => {
    const [active, standby] = [new ActiveSession(keys, 'mail', MACHINE), standbyWith()];
    const answer = standby.open(active.hello(), 'x');
    assert.ok(answer.is === 'answer');
    active.open(answer.bytes);
    const heartbeat = active.seal({ ...HEARTBEAT, name: 'mail' } as TakeoverMessage);
    assert.ok(heartbeat !== null);
    assert.equal(why(standby.open(heartbeat, 'x')), 'stranger');
  });

  it('is not believed with another key', () => {
    const [active, standby] = [
      new ActiveSession(() => ['somebody else’s secret'], 'web', MACHINE),
      standbyWith(),
    ];
    assert.equal(why(standby.open(active.hello(), 'x')), 'forged');
  });

  it('is begun anew when the standby was started again', () => {
    const [active, standby] = [new ActiveSession(keys, 'web', MACHINE), standbyWith()];
    meet(active, standby);
    const next = standbyWith();
    const heartbeat = active.seal(HEARTBEAT);
    assert.ok(heartbeat !== null);
    const answer = next.open(heartbeat, 'x');
    assert.ok(answer.is === 'answer');
    assert.equal(active.open(answer.bytes).is, 'lost');
    assert.equal(active.isUp, false);
    assert.equal(why(active.open(answer.bytes)), 'replayed');
    meet(active, next);
  });

  it('shows a second standby that takes the first one’s place while that goes on', () => {
    let nowMs = 0;
    const active = new ActiveSession(keys, 'web', { ...MACHINE, time: { nowMs: () => nowMs } });
    const [first, second] = [standbyWith(), standbyWith({ name: 'spare' })];
    meet(active, first);
    const heartbeat = active.seal(HEARTBEAT);
    assert.ok(heartbeat !== null);
    const lost = second.open(heartbeat, 'x');
    assert.ok(lost.is === 'answer');
    active.open(lost.bytes);
    meet(active, second);
    const saidBy = (standby: StandbySessions): Buffer => standby.seal('web', REPORT) ?? Buffer.alloc(0);
    assert.equal(active.open(saidBy(second)).is, 'message');
    nowMs += 5000;
    const report = saidBy(first);
    assert.deepEqual(active.open(report), { is: 'second', standby: 'standby' });
    assert.equal(why(active.open(report)), 'replayed');
  });

  it('shows no second standby by what was on its way when the only one began the next session', () => {
    let nowMs = 0;
    const active = new ActiveSession(keys, 'web', { ...MACHINE, time: { nowMs: () => nowMs } });
    const standby = standbyWith();
    meet(active, standby);
    const said = (): Buffer => standby.seal('web', REPORT) ?? Buffer.alloc(0);
    const [first, second, third] = [said(), said(), said()];
    const open = (bytes: Buffer) => active.open(bytes);
    meet(active, standby);
    assert.equal(why(open(first)), 'replayed', 'before it was heard in the next one');
    nowMs += 60_000;
    assert.equal(why(open(second)), 'replayed', 'however long that takes');
    assert.equal(open(said()).is, 'message');
    nowMs += 900;
    assert.equal(why(open(third)), 'replayed', 'and shortly after that');
    assert.equal(why(open(third)), 'replayed', 'also when it is sent again');
    nowMs += 60_000;
    for (const bytes of [first, second, third]) assert.equal(why(open(bytes)), 'replayed');
  });

  it('asks whether there is another standby, and believes only whoever answers that', () => {
    const active = new ActiveSession(keys, 'web', MACHINE);
    const [standby, spare] = [standbyWith(), standbyWith({ name: 'spare' })];
    meet(active, standby);
    const answered = (question: Buffer): Buffer => {
      const answer = spare.open(question, 'x');
      assert.ok(answer.is === 'answer');
      return answer.bytes;
    };
    const [one, other] = [answered(active.question()), answered(active.question())];
    assert.deepEqual(active.open(one), { is: 'second', standby: 'spare' });
    assert.equal(why(active.open(one)), 'replayed', 'once');
    assert.deepEqual(active.open(other), { is: 'second', standby: 'spare' });
    // The session is none the worse for it, and an answer to a question of long ago is none.
    const report = standby.seal('web', REPORT);
    assert.ok(report !== null);
    assert.equal(active.open(report).is, 'message');
    const old = answered(active.question());
    for (let i = 0; i < 10; i++) active.question();
    assert.equal(why(active.open(old)), 'replayed');
    const stranger = new StandbySessions({
      keys: () => [NEW],
      name: 'x',
      identify: () => 'web',
      ...MACHINE,
    });
    assert.equal(why(stranger.open(active.question(), 'x')), 'forged');
  });

  it('knocks, which proves nothing and begins nothing', () => {
    const [active, standby] = [new ActiveSession(keys, 'web', MACHINE), standbyWith()];
    assert.deepEqual(active.open(standby.knock('web')), { is: 'knock', standby: 'standby' });
    assert.equal(active.isUp, false);
  });

  it('can’t be begun by an instruction', () => {
    const [active, standby] = [new ActiveSession(keys, 'web', MACHINE), standbyWith()];
    const answer = standby.open(active.hello(), 'x');
    assert.ok(answer.is === 'answer');
    active.open(answer.bytes);
    const reclaim = active.seal({ kind: 'reclaim', addresses: [] });
    assert.ok(reclaim !== null);
    assert.equal(why(standby.open(reclaim, 'x')), 'malformed');
  });
});

describe('keys', () => {
  it('are exchanged one node after the other, in either order, without an end of the session', () => {
    for (const activeFirst of [true, false]) {
      let [activeKeys, standbyKeys]: [ReturnType<Keys>, ReturnType<Keys>] = [[KEY], [KEY]];
      const active = new ActiveSession(() => activeKeys, 'web', MACHINE);
      const standby = standbyWith({ keys: () => standbyKeys });
      meet(active, standby);
      const works = (): void => {
        // Who has forgotten the old key refuses what was said with it, until the other side has heard the new one.
        for (const is of [undefined, 'message']) {
          const heartbeat = active.seal(HEARTBEAT);
          assert.ok(heartbeat !== null);
          const heard = standby.open(heartbeat, 'x');
          const report = standby.seal('web', REPORT);
          assert.ok(report !== null);
          const reported = active.open(report);
          if (is !== undefined) assert.deepEqual([heard.is, reported.is], [is, is]);
        }
      };
      const steps = [
        () => (activeKeys = [NEW, KEY]),
        () => (standbyKeys = [NEW, KEY]),
        () => (activeKeys = [NEW]),
        () => (standbyKeys = [NEW]),
      ];
      const order = activeFirst ? steps : [steps[1], steps[0], steps[3], steps[2]];
      for (const step of order) {
        step?.();
        works();
      }
    }
  });

  it('are tried in turn by an active that greets a standby with the old one', () => {
    const active = new ActiveSession(() => [NEW, KEY], 'web', MACHINE);
    const standby = standbyWith();
    assert.equal(why(standby.open(active.hello(), 'x')), 'forged');
    meet(active, standby);
  });
});

describe('a forger with the key', () => {
  it('still can’t answer a greeting that was not his', () => {
    const active = new ActiveSession(keys, 'web', MACHINE);
    active.hello();
    const forged = encode(
      {
        activeNonce: new Uint8Array(16),
        standbyNonce: new Uint8Array(16),
        number: 0,
        seen: 0,
        message: { kind: 'welcome', name: 'x' },
      },
      KEY,
    );
    assert.equal(why(active.open(forged)), 'replayed');
  });

  it('of an active with a key of its own is believed with that only, and speaks for nobody else', () => {
    const OWN = 'a secret of web and the standby';
    const options = {
      keys,
      name: 'standby',
      identify: (name: string) => name,
      ...MACHINE,
      ownKeys: () => new Map([['web', [OWN] as const]]),
    };
    /** What becomes of a first message that says who it is from. */
    const begins = (key: string, name: string): string => {
      const [active, standby] = [new ActiveSession(() => [key], name, MACHINE), new StandbySessions(options)];
      const answer = standby.open(active.hello(), 'x');
      assert.ok(answer.is === 'answer');
      assert.equal(active.open(answer.bytes).is, 'welcome');
      const first = active.seal({ ...HEARTBEAT, name });
      assert.ok(first !== null);
      const reading = standby.open(first, 'x');
      if (reading.is === 'message') {
        const report = standby.seal(name, REPORT);
        assert.ok(report !== null);
        assert.equal(active.open(report).is, 'message');
      }
      return reading.is === 'refused' ? reading.why : reading.is;
    };
    assert.equal(begins(OWN, 'web'), 'message');
    assert.equal(begins(KEY, 'web'), 'forged', 'with the key of the others');
    assert.equal(begins(OWN, 'shop'), 'forged', 'in the name of another');
    assert.equal(begins(KEY, 'shop'), 'message');
    const knock = new StandbySessions(options).knock('web');
    assert.equal(new ActiveSession(() => [OWN], 'web', MACHINE).open(knock).is, 'knock');
  });

  it('ends for an active that gets a key of its own', () => {
    const own = new Map<string, readonly [string, ...string[]]>();
    const standby = new StandbySessions({
      keys,
      name: 'standby',
      identify: (name) => name,
      ...MACHINE,
      ownKeys: () => own,
    });
    const active = new ActiveSession(keys, 'web', MACHINE);
    meet(active, standby);
    own.set('web', ['a secret of web and the standby']);
    const heartbeat = active.seal(HEARTBEAT);
    assert.ok(heartbeat !== null);
    assert.equal(why(standby.open(heartbeat, 'x')), 'forged');
  });
});
