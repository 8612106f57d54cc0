import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import type { Met } from '../../../host/fabric/records.ts';
import { until } from '../tools.ts';
import { AskedFabric, askingOf } from './asked.ts';
import { answering, LOOPBACK, refusing } from './services.ts';

const TIMEOUT_MS = 60_000;

describe('A connection of a check', () => {
  for (const [what, met, answered, refused] of [
    ['where the clients’ requests do', ['left', 'answer'], 'answered', 'refused'],
    ['by another uplink', ['leftElsewhere', 'answer'], 'silent', 'silent'],
    ['by both', ['left', 'leftElsewhere', 'answer'], 'silent', 'silent'],
    ['unseen, as frames are lost', [], 'answered', 'refused'],
  ] as [string, Met[], string, string][]) {
    it(`that leaves ${what}: an answer is ${answered}, a reset ${refused}`, async (test) => {
      const fabric = new AskedFabric();
      fabric.met = met;
      const asking = askingOf(fabric);
      const [open, shut] = [(await answering(test)).port, await refusing(test)];
      const dial = (port: number) => asking.dial({ server: LOOPBACK, port, timeoutMs: TIMEOUT_MS });
      assert.deepEqual([await dial(open), await dial(shut)], [answered, refused]);
      assert.deepEqual([...fabric.open], [], 'the fabric looks out for it no more');
    });
  }

  it('is believed while nobody can see where it leaves', async (test) => {
    const { port } = await answering(test);
    for (const less of [{ isThere: false }, { hasSight: false }]) {
      const fabric = Object.assign(new AskedFabric(), { met: ['leftElsewhere'] }, less);
      const options = { server: LOOPBACK, port, timeoutMs: TIMEOUT_MS };
      assert.equal(await askingOf(fabric).dial(options), 'answered');
    }
  });

  it('comes from the next local port where one is taken, and is closed once', async (test) => {
    const { port } = await answering(test);
    const fabric = new AskedFabric();
    fabric.met = ['left', 'answer'];
    const ask = fabric.ask.bind(fabric);
    const taken: number[] = [];
    fabric.ask = async (target, localPort) => {
      // Whoever listens everywhere has the port for himself.
      for (const one of [localPort, localPort + 1]) {
        const server = createServer();
        test.after(() => server.close());
        await new Promise<void>((resolve) => server.listen(one, '0.0.0.0', resolve));
        taken.push(one);
      }
      return ask(target, localPort);
    };
    let closed = 0;
    const onClosed = (): void => void closed++;
    const asking = askingOf(fabric);
    assert.equal(await asking.dial({ server: LOOPBACK, port, timeoutMs: TIMEOUT_MS, onClosed }), 'answered');
    await until('it is closed', () => closed > 0);
    assert.deepEqual([closed, taken.length], [1, 2]);
  });
});
