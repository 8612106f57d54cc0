import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { neighbourSeeker } from '../../../host/router/neighbours.ts';

/** Each machine is forgotten when the test lets it. */
function tools() {
  const begun: string[] = [];
  const going: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const forgetNeighbour = (address: string): Promise<void> => {
    begun.push(address);
    return new Promise((resolve, reject) => going.push({ resolve, reject }));
  };
  return { begun, going, forgetNeighbour };
}
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('Neighbours that a kernel is to look for', () => {
  it('come one after the other, each once', async () => {
    const kernel = tools();
    const seek = neighbourSeeker(kernel);
    for (const address of ['172.27.178.80', '172.27.178.81', '172.27.178.81', '2001:db8:178::80'])
      seek(address);
    assert.deepEqual(kernel.begun, ['172.27.178.80']);
    kernel.going[0]?.resolve();
    await turn();
    assert.deepEqual(kernel.begun, ['172.27.178.80', '172.27.178.81']);
    seek('172.27.178.82');
    kernel.going[1]?.reject(new Error('there is no ip'));
    await turn();
    kernel.going[2]?.resolve();
    await turn();
    kernel.going[3]?.resolve();
    await turn();
    assert.deepEqual(kernel.begun.slice(2), ['2001:db8:178::80', '172.27.178.82']);
    seek('172.27.178.80');
    assert.equal(kernel.begun.length, 5, 'all were done: the next one begins at once');
  });

  it('are no more than some hundreds', async () => {
    const kernel = tools();
    const seek = neighbourSeeker(kernel);
    for (let number = 0; number < 1000; number++) seek(`10.0.${number >> 8}.${number & 255}`);
    for (let done = 0; done < 1000; done++) {
      kernel.going[done]?.resolve();
      await turn();
    }
    assert.equal(kernel.begun.length, 257);
  });
});
