import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { address, type IpVersion, type Lab } from '../../board/lab/lab.ts';
import { Ringback } from '../../board/lab/ringback.ts';
import { story, waiting } from './support.ts';

const VERSIONS: readonly IpVersion[] = [4, 6];

/** A network whose server s80 serves and whose router has seen it do so. */
async function serving(lab: Lab, version: IpVersion = 4): Promise<void> {
  await lab.start('s80');
  assert.equal(await lab.tryTo('c150', 's80', { version }), 'served');
}

describe('an outage', { concurrency: 4 }, () => {
  for (const version of VERSIONS) {
    story(`of the whole machine over IPv${version} is noticed by the unreachable message`, async (lab) => {
      const ringback = await Ringback.start(lab, { detect: { unanswered: false } });
      await serving(lab, version);
      await lab.powerOff('s80', [80]);
      assert.equal(await lab.tryTo('c151', 's80', { version }), 'turned away');

      const server = address('s80', version);
      await ringback.event({ event: 'outage.opened', server, port: 0, cause: 'unreachable' });
      await ringback.event({ event: 'client.waiting', server, client: address('c151', version) });
      // curl's three requests bring three messages.
      assert.deepEqual(waiting(ringback), [[server, address('c151', version)]]);
      assert.equal(ringback.matching({ event: 'outage.opened' }).length, 1);
    });

    story(`of a machine that drops everything over IPv${version} is noticed by the silence`, async (lab) => {
      const ringback = await Ringback.start(lab);
      await serving(lab, version);
      await lab.freeze('s80');
      assert.equal(await lab.tryTo('c151', 's80', { version, patienceS: 5 }), 'no answer');

      const server = address('s80', version);
      await ringback.event({ event: 'outage.opened', server, cause: 'unanswered' });
      await ringback.event({ event: 'client.waiting', server, client: address('c151', version) });
      assert.deepEqual(waiting(ringback), [[server, address('c151', version)]]);
    });
  }

  story('of one service is noticed by the refusal', async (lab) => {
    const ringback = await Ringback.start(lab);
    await serving(lab);
    await lab.stop('s80');
    assert.equal(await lab.tryTo('c151', 's80'), 'turned away');

    const server = address('s80');
    await ringback.event({ event: 'outage.opened', server, port: 80, cause: 'refused' });
    await ringback.event({ event: 'client.waiting', server, port: 80, client: address('c151') });
  });

  story('is none where a port refuses that nobody ever served', async (lab) => {
    const ringback = await Ringback.start(lab);
    await serving(lab);
    assert.equal(await lab.tryTo('c151', 's80', { port: 8080 }), 'turned away');
    await lab.stop('s80');
    assert.equal(await lab.tryTo('c151', 's80'), 'turned away');

    // The refusal at port 80 came later, so the one at port 8080 has been seen.
    await ringback.event({ event: 'outage.opened', port: 80 });
    assert.deepEqual(ringback.matching({ event: 'outage.opened', port: 8080 }), []);
  });

  story('that is known links the next client at once', async (lab) => {
    const ringback = await Ringback.start(lab, { detect: { unanswered: '8s' } });
    await serving(lab);
    await lab.freeze('s80');
    assert.equal(await lab.tryTo('c151', 's80', { patienceS: 2 }), 'no answer');
    await ringback.event({ event: 'client.waiting', server: address('s80'), client: address('c151') });
    await ringback.event({ event: 'outage.opened', server: address('s80') });
    assert.equal(await lab.tryTo('c150', 's80', { patienceS: 1 }), 'no answer');
    // Linked only after the wait, it would come later than this allows.
    await ringback.event({ event: 'client.waiting', server: address('s80'), client: address('c150') }, 5_000);
  });

  story('makes nobody wait who asked another server', async (lab) => {
    const ringback = await Ringback.start(lab);
    await serving(lab);
    await lab.start('s81');
    await lab.powerOff('s80', [80]);
    const [asked, served] = await Promise.all([lab.tryTo('c151', 's80'), lab.tryTo('c152', 's81')]);
    assert.equal(asked, 'turned away');
    assert.equal(served, 'served');
    await ringback.event({ event: 'client.waiting', client: address('c151') });
    assert.deepEqual(waiting(ringback), [[address('s80'), address('c151')]]);
  });

  story('makes nobody wait for what the router itself asks', async (lab) => {
    const ringback = await Ringback.start(lab);
    await serving(lab);
    await lab.powerOff('s80', [80]);
    for (const version of VERSIONS) {
      assert.equal(await lab.tryTo('router', 's80', { version }), 'turned away');
    }
    await lab.freeze('s81');
    assert.equal(await lab.tryTo('router', 's81', { patienceS: 5 }), 'no answer');
    // Somebody else's attempt, as the sign that the router's own have been looked at.
    assert.equal(await lab.tryTo('c151', 's80'), 'turned away');
    await ringback.event({ event: 'client.waiting', client: address('c151') });
    assert.deepEqual(waiting(ringback), [[address('s80'), address('c151')]]);
  });

  story('is told by `status`, with who waits', async (lab) => {
    const ringback = await Ringback.start(lab);
    await serving(lab);
    await lab.powerOff('s80', [80]);
    await lab.tryTo('c151', 's80');
    await ringback.event({ event: 'client.waiting', client: address('c151') });
    const { outages } = await ringback.status();
    assert.deepEqual(
      outages.map(({ server, port, clients }) => [server, port, clients.map(({ client }) => client)]),
      [[address('s80'), 0, [address('c151')]]],
    );
  });
});
