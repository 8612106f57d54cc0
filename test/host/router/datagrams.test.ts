/** Suspicions of services of UDP, of which most answer nobody who has nothing to say to them. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { ofDatagrams } from '../../../host/net/target.ts';
import { CheckedPorts } from '../../../host/router/checked-ports.ts';
import type { Outage } from '../../../host/router/outages.ts';
import { Outages } from '../../../host/router/outages.ts';
import { Steered } from '../../../host/router/steered.ts';
import { Suspecting } from './suspecting.ts';
import { configuration, HOST, NAKAMURA6, SATO, SERVER, TANAKA } from './world.ts';

const NAMES = { server: SERVER, port: ofDatagrams(53) };
const NAME = `${SERVER} ${NAMES.port}`;
const CALLS = { server: SERVER, port: ofDatagrams(5060) };

/** Whether it has answered a probe while it lived: true; said that nobody is there: false; or nothing: null. */
function lived(test: TestContext, admitted: boolean | null): Suspecting {
  const one = new Suspecting(test);
  one.knows([NAMES.port], admitted);
  return one;
}

describe('A service of UDP at which somebody has failed', () => {
  it('is asked if its port counts, whatever ports an entry of servers has, and else not', async (test) => {
    const one = new Suspecting(test, `servers: [{address: ${SERVER}, ports: [80]}]`);
    one.knows([NAMES.port], true);
    await one.suspect(NAMES, [SATO]);
    assert.deepEqual(one.asked(), [`probe ${NAME}`]);
    await one.suspect(CALLS, [SATO]);
    assert.deepEqual(one.asked(), [`heard ${SERVER} ${CALLS.port}`]);
  });

  for (const [what, admitted, verdict, isDown] of [
    ['refuses, and has answered before', true, 'reset', true],
    ['refuses, and has been silent before', null, 'reset', true],
    ['refuses, as it did while it lived', false, 'reset', false],
    ['is silent, and has answered before', true, 'silent', true],
    ['is silent, as it always was', null, 'silent', false],
  ] as const) {
    it(`that ${what} is ${isDown ? 'down' : 'not down by one word'}`, async (test) => {
      const one = lived(test, admitted);
      one.answers(NAMES, { verdict });
      await one.suspect(NAMES, [SATO]);
      assert.deepEqual(one.ends, isDown ? [`${NAME} outage`] : []);
    });
  }

  it('that refuses, and was never asked while it lived, is not down by one word', async (test) => {
    const one = new Suspecting(test);
    one.services.heard(NAMES);
    one.answers(NAMES, { verdict: 'reset' });
    await one.suspect(NAMES, [SATO]);
    assert.deepEqual(one.ends, []);
  });

  it('is not down because two have said their last word; it is when both have asked again', async (test) => {
    const one = lived(test, null);
    const heardMs = one.nowMs - 600_000;
    one.answers(NAMES, { verdict: 'silent', heardMs, hostHeardMs: heardMs });
    const outage = await one.suspect(NAMES, [SATO, TANAKA]);
    await one.pass(120);
    assert.deepEqual(one.ends, []);
    one.fails(outage, SATO);
    await one.pass(120);
    assert.deepEqual(one.ends, [], 'one of them');
    one.fails(outage, TANAKA);
    await one.pass(120);
    assert.deepEqual(one.ends, [`${NAME} outage`]);
  });

  it('is what is down when its machine lives, and says that nobody is there', async (test) => {
    const one = lived(test, null);
    one.knows([80], true);
    one.answers(NAMES, { verdict: 'reset' });
    one.answers({ server: SERVER, port: 80 }, { verdict: 'answered' });
    await one.suspect(HOST, [SATO, NAKAMURA6], { triedPort: NAMES.port });
    assert.deepEqual(one.ends, [`${SERVER} 0 service ${NAMES.port}`]);
  });
});

describe('A service of UDP that is down', () => {
  const ports = (test: TestContext): CheckedPorts => {
    const one = lived(test, null);
    const given = configuration();
    const all = { ...given, detect: { ...given.detect, datagrams: [53] } };
    return new CheckedPorts(one.services, new Steered(all, new Outages()));
  };
  const outage = (port: number, cause: Outage['cause']): Outage => {
    return {
      id: 1,
      server: SERVER,
      port,
      cause,
      state: 'down',
      triedPort: NAMES.port,
      fromMs: 0,
      clients: new Map(),
    };
  };

  it('is back when it refuses no longer, if it did, or its machine was gone; after silence only when it answers', (test) => {
    const checked = ports(test);
    const isBack = (
      port: number,
      cause: Outage['cause'],
      dialled: 'quiet' | 'silent' | 'answered' | 'refused',
    ) => checked.isBack(outage(port, cause), dialled, NAMES.port);
    assert.equal(isBack(NAMES.port, 'unreachable', 'quiet'), true);
    assert.equal(isBack(0, 'unanswered', 'quiet'), true);
    assert.equal(isBack(NAMES.port, 'unanswered', 'quiet'), false);
    assert.equal(isBack(NAMES.port, 'unanswered', 'answered'), true);
    for (const dialled of ['silent', 'refused'] as const) {
      assert.equal(isBack(NAMES.port, 'unreachable', dialled), false);
      assert.equal(isBack(0, 'unreachable', dialled), false);
    }
  });

  it('is tried at its own port, and has no page', (test) => {
    assert.deepEqual(ports(test).all(outage(NAMES.port, 'unreachable')), [NAMES.port]);
    assert.deepEqual(ports(test).all(outage(0, 'unreachable')), [NAMES.port]);
  });
});
