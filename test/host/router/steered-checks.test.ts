import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Dialled } from '../../../host/recovery/dial.ts';
import type { Outage } from '../../../host/router/outages.ts';
import { until } from '../tools.ts';
import { LOOPBACK, nobody, outage, pageOn, Said, type SaidOptions, service } from './checking.ts';

/** The checks wait so long before they look again; the other timers are as they are. */
const LOOK_MS = 5500;

let said: Said;
let maxMs = Number.POSITIVE_INFINITY;

function looksAtOnce(): void {
  maxMs = LOOK_MS;
}
afterEach(() => {
  said.checks.close();
  maxMs = Number.POSITIVE_INFINITY;
});

/** What is answered for on these ports in place of what is down. */
function steering(ports: readonly number[], more: SaidOptions = {}): Said {
  said = new Said({ more: pageOn(...ports), maxMs, ...more });
  return said;
}

function down(port: number, triedPort = 0, server = LOOPBACK): Outage {
  const one = outage(port, triedPort, server);
  said.outages.add(one);
  return one;
}

/** Ports of which was said that they answer. */
const answered = (): number[] => [...new Set(said.answers.map(([, port]) => port))];

describe('What is answered for', () => {
  beforeEach(looksAtOnce);

  it('is looked at although nobody waits for it', async () => {
    const { port } = await service();
    steering([port]).awaited = false;
    const one = down(0, 1);
    said.checks.watch(one);
    await until('it lives', () => said.alive.length > 0);
    assert.deepEqual([said.answers[0], said.alive[0]], [[one, port], one]);
    assert.deepEqual(new Set(said.looks), new Set([`${LOOPBACK} ${port}`]), 'and nothing else is');
  });

  it('is looked at although signs are believed', async () => {
    const { port } = await service();
    const more = pageOn(port).replace('connect', 'none');
    steering([], { more });
    const one = down(0, 1);
    said.checks.watch(one);
    await until('it lives', () => said.alive.length > 0);
    assert.deepEqual(said.answers[0], [one, port]);
    assert.deepEqual(new Set(said.looks), new Set([`${LOOPBACK} ${port}`]), 'and nothing else is');
  });

  it('is looked at where people tried another port', async () => {
    const [web, tried] = [await service(), await nobody()];
    steering([web.port]).knows([web.port, tried]);
    const one = down(0, tried);
    said.checks.watch(one);
    await until('it lives', () => said.alive.length > 0);
    assert.deepEqual(answered(), [web.port]);
    assert.ok(said.looks.includes(`${LOOPBACK} ${tried}`));
  });

  it('is not answered for any more at each port for itself', async () => {
    const [web, other] = [await service(), await nobody()];
    steering([web.port, other]).knows([web.port, other]);
    said.checks.watch(down(0, other));
    await until('several looks', () => said.looks.length > 6);
    assert.deepEqual(answered(), [web.port]);
    await service(other);
    await until('it lives there, too', () => answered().length === 2);
    assert.deepEqual(
      new Set(said.probed),
      new Set([web.port, other].map((port) => `${LOOPBACK} ${port}`)),
      'what answered is said by its service',
    );
  });

  it('is not looked at on a port that its entry leaves out', async () => {
    const { port, connections } = await service();
    const entry = `servers: [{address: ${LOOPBACK}, ports: [${port === 1 ? 2 : 1}]}]`;
    steering([], { more: `${pageOn(port)}\n${entry}` });
    said.checks.watch(down(0, port));
    await until('several times to look', () => said.waits.length > 3);
    assert.deepEqual([said.looks, connections()], [[], 0]);
  });

  it('was tried after the first look, whatever that found', async () => {
    steering([await nobody()]).knows(said.steered.portsOf(outage(0)), true);
    const one = down(0);
    said.checks.watch(one, true);
    await until('it was tried', () => said.tried.length > 0);
    assert.deepEqual([said.tried[0], said.alive], [one, []]);
  });
});

describe('A port that nobody ever knew a service at, and that refuses', () => {
  beforeEach(looksAtOnce);

  it('is as it always was once it has for the settle time: its page goes, and the outage with it', async () => {
    const port = await nobody();
    steering([port]).settleMs = 5000;
    const one = down(0);
    said.checks.watch(one);
    await until('several looks', () => said.looks.length > 3);
    assert.deepEqual([said.answers, said.alive], [[], []]);
    said.nowMs += 5000;
    await until('it is as it was', () => said.alive.length > 0);
    assert.deepEqual([said.closed[0], said.alive[0]], [[one, port], one]);
    assert.deepEqual(said.answers, [], 'it has answered nobody');
  });

  it('says nothing of a known service that was tried', async () => {
    const [port, tried] = [await nobody(), await nobody()];
    steering([port]).knows([tried], true);
    const one = down(0, tried);
    said.checks.watch(one);
    await until('its page is gone', () => said.closed.length > 0);
    said.steered.back(one, port);
    const looks = said.looks.length;
    await until('further looks', () => said.looks.length > looks + 2);
    assert.deepEqual([said.closed[0], said.answers, said.alive], [[one, port], [], []]);
    assert.ok(said.closed.length <= 2, 'no further one after that');
  });

  it('is known by now, if it has answered: then it is down', async () => {
    const port = await nobody();
    steering([port]).knows([port], true);
    said.checks.watch(down(0));
    await until('several looks', () => said.looks.length > 3);
    assert.deepEqual([said.answers, said.alive], [[], []]);
  });

  it('is down when it was the service that went down', async () => {
    const port = await nobody();
    steering([port]);
    said.checks.watch(down(port));
    await until('several looks', () => said.looks.length > 3);
    assert.deepEqual([said.answers, said.alive], [[], []]);
  });

  it('that is silent in between has not refused for all that time', async () => {
    let isSilent = false;
    steering([80], { dialled: () => (isSilent ? 'silent' : 'refused') }).settleMs = 5000;
    said.checks.watch(down(0));
    const looks = async (): Promise<void> => {
      const before = said.looks.length;
      await until('further looks', () => said.looks.length > before + 2);
    };
    await looks();
    isSilent = true;
    said.nowMs += 4000;
    await looks();
    isSilent = false;
    said.nowMs += 4000;
    await looks();
    assert.deepEqual([said.answers, said.alive], [[], []]);
  });
});

describe('What is looked into', () => {
  it('was tried after the first connection of a check that a sign began before that', async () => {
    const port = await nobody();
    steering([port]).knows([port], true);
    const one = down(0);
    said.checks.watch(one, true);
    said.checks.check(one, 'arp');
    await until('it was tried', () => said.tried.length > 0);
    assert.deepEqual([said.tried[0], said.checked, said.looks], [one, [], []]);
  });

  it('is over when a port that nobody knows refuses, where nothing else was tried', async () => {
    const port = await nobody();
    steering([port]);
    const one = down(0, port);
    said.checks.check(one, 'arp');
    await until('it is checked', () => said.checked.length > 0);
    assert.deepEqual(said.checked, [[one, port]]);
  });
});

describe('While what has answered settles', () => {
  it('its page is gone at the first answer, and comes back at the first connection that fails', async () => {
    let isBack = true;
    const dialled = (): Dialled => (isBack ? 'answered' : 'silent');
    steering([80], { checkSettleMs: 1000, dialled });
    const one = down(0, 80);
    said.checks.check(one, 'arp');
    await until('the first answer', () => said.answers.length > 0);
    assert.deepEqual([said.answers, said.silences, said.checked], [[[one, 80]], [], []]);
    isBack = false;
    await until('the failure', () => said.silences.length > 0);
    assert.deepEqual([said.silences[0], said.checked], [one, []]);
    isBack = true;
    await until('it is checked', () => said.checked.length > 0);
    assert.deepEqual([said.checked, said.answers.length], [[[one, 80]], 2]);
    assert.deepEqual(new Set(said.probed), new Set([`${LOOPBACK} 80`]));
  });

  it('it is not said of a service beside what it is about', async () => {
    steering([80], { dialled: () => 'answered' });
    said.checks.check(down(80), 'arp');
    await until('it is checked', () => said.checked.length > 0);
    assert.deepEqual([said.answers.length, said.probed], [1, []]);
  });
});

describe('A server that answers others and not this machine', () => {
  const dialled = () => 'silent' as const;

  it('is back when it has answered a client and the settle time has passed, and counts as such', async () => {
    steering([80], { dialled }).knows([80], true);
    said.settleMs = 200;
    const one = down(0, 80);
    said.checks.check(one, 'syn-ack');
    assert.deepEqual(said.answers, [[one, 80]], 'its page goes at once');
    await until('it is checked', () => said.checked.length > 0);
    assert.deepEqual([said.checked, said.silences, said.probed], [[[one, 0]], [], []]);
    assert.equal(said.services.isShut({ server: LOOPBACK, port: 80 }), true);
  });

  it('counts as such at no other port than the one that has answered a client', async () => {
    steering([80, 443], { dialled }).knows([80, 443, 22], true);
    for (const one of [down(0, 80), down(443)]) {
      said.checked.length = 0;
      said.checks.check(one, 'syn-ack');
      await until('it is checked', () => said.checked.length > 0);
      const shut = [80, 443, 22].filter((port) => said.services.isShut({ server: LOOPBACK, port }));
      assert.deepEqual(shut, one.port === 0 ? [80] : [80, 443]);
    }
  });

  it('counts as such at the port that was answered, whatever people tried', async () => {
    steering([80, 443], { dialled }).knows([80, 443], true);
    const one = down(0, 80);
    said.checks.check(one, 'syn-ack', 443);
    assert.deepEqual(said.answers, [[one, 443]], 'the page of the other port stays');
    await until('it is checked', () => said.checked.length > 0);
    assert.deepEqual(
      [80, 443].map((port) => said.services.isShut({ server: LOOPBACK, port })),
      [false, true],
    );
  });

  it('is back although it was being looked into for another sign when it answered a client', async () => {
    steering([80], { dialled }).knows([80], true);
    const one = down(0, 80);
    said.checks.check(one, 'trap');
    await until('nobody answers', () => said.silences.length > 0);
    assert.deepEqual(said.answers, []);
    said.checks.check(one, 'syn-ack');
    assert.deepEqual(said.answers, [[one, 80]]);
    await until('it is checked', () => said.checked.length > 0);
    assert.deepEqual(said.checked, [[one, 0]]);
  });

  it('is back with the first answer to a client, however many follow', async () => {
    steering([80], { dialled }).knows([80], true);
    said.settleMs = 300;
    const one = down(0, 80);
    await until('it is checked', () => {
      said.checks.check(one, 'syn-ack');
      return said.checked.length > 0;
    });
    assert.deepEqual(said.checked, [[one, 0]]);
  });

  for (const sign of ['trap', 'arp', 'announcement', 'neighbour'] as const) {
    it(`is back a settle time after a sign that is news: ${sign}`, async () => {
      steering([80], { dialled }).knows([80], false);
      said.settleMs = 100;
      const one = down(0, 80);
      said.checks.check(one, sign);
      assert.deepEqual(said.answers, [], 'nobody has been answered');
      await until('it is checked', () => said.checked.length > 0);
      assert.deepEqual(said.checked, [[one, 0]]);
    });
  }

  it('counts as such at no other port after a sign that is no answer', async () => {
    steering([80, 443], { dialled }).knows([80], false);
    said.knows([443]);
    said.checks.check(down(0, 80), 'arp');
    await until('it is checked', () => said.checked.length > 0);
    assert.equal(said.services.isShut({ server: LOOPBACK, port: 443 }), false);
  });

  for (const [what, admitted] of [
    ['answers this machine', true],
    ['was never found not to', null],
  ] as const) {
    it(`is asked itself when it ${what}: a sign alone is not enough`, async () => {
      steering([80], { dialled }).knows([80], admitted);
      const one = down(0, 80);
      said.checks.check(one, 'trap');
      await until('it was looked into', () => said.silences.length > 1);
      assert.deepEqual([said.checked, said.answers], [[], []]);
      said.checks.stop(one);
    });
  }

  it('is asked itself as soon as it answers one of our connections', async () => {
    const web = await service();
    steering([web.port], { checkSettleMs: 200 }).knows([web.port], false);
    said.settleMs = 100;
    const one = down(0, web.port);
    said.checks.check(one, 'trap');
    await until('it is checked', () => said.checked.length > 0);
    assert.deepEqual([said.answers, said.checked], [[[one, web.port]], [[one, web.port]]]);
    assert.equal(said.services.isShut({ server: LOOPBACK, port: web.port }), true, 'as it was');
  });
});

describe('With confirm: none', () => {
  it('the page of what answered a client goes at once, and the outage with it after the settle time', async () => {
    steering([], { more: pageOn(80).replace('connect', 'none') }).settleMs = 100;
    const one = down(0, 80);
    said.checks.check(one, 'syn-ack');
    assert.deepEqual(said.answers, [[one, 80]]);
    await until('it is checked', () => said.checked.length > 0);
    assert.deepEqual(said.checked, [[one, 0]]);
  });

  it('the page stays for the settle time after any other sign', async () => {
    steering([], { more: pageOn(80).replace('connect', 'none') }).settleMs = 100;
    said.checks.check(down(0, 80), 'arp');
    await until('it is checked', () => said.checked.length > 0);
    assert.deepEqual(said.answers, []);
  });
});

describe('Looks at what is answered for', () => {
  beforeEach(looksAtOnce);

  const dialled = () => 'silent' as const;

  /** Of so many that are down: the longest wait for the first look, the shortest and the longest of later ones. */
  async function pace(many: number): Promise<[number, number, number]> {
    steering([80], { dialled });
    const all = Array.from({ length: many }, (_, n) => down(80, 80, `10.0.${n >> 8}.${n & 255}`));
    for (const one of all) said.checks.watch(one);
    const first = said.waits.length;
    await until('several rounds', () => said.looks.length > 8 * many);
    assert.equal(new Set(said.looks).size, many, 'none is left out');
    return [
      Math.max(...said.waits.slice(0, first)),
      Math.min(...said.waits.slice(-many)),
      Math.max(...said.waits.slice(-many)),
    ];
  }

  it('come about every 8 s, so that up to 100 give way within 15 s, with the 3 s of a dead neighbour', async () => {
    const [first, least, most] = await pace(100);
    assert.ok(first <= 10_000 && least >= 6000 && most <= 10_000, `${first}; ${least} to ${most} ms`);
  });

  it('come half as often for twice as many', async () => {
    const [, least, most] = await pace(200);
    assert.ok(least >= 12_000 && most <= 20_000, `${least} to ${most} ms`);
  });

  it('come ever more seldom for more, as for what is not answered for', async () => {
    const [first, least, most] = await pace(1000);
    assert.ok(first <= 12_500, `${first} ms`);
    assert.ok(least >= 45_000 && most <= 75_000, `${least} to ${most} ms`);
  });
});
