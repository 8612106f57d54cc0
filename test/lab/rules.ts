/** A firewall's rule on a machine of the lab, and how often it was met. */
import assert from 'node:assert/strict';
import type { Lab } from '../../board/lab/lab.ts';
import { until } from '../host/tools.ts';

/** As in `output ip daddr 192.0.2.1 counter drop`: the hook, then the rule. */
export async function rule(lab: Lab, node: string, said: string): Promise<void> {
  const [hook = '', ...words] = said.split(' ');
  const chain = `chain c {\n type filter hook ${hook} priority 0\n ${words.join(' ')}\n}`;
  const { code, stderr } = await lab.run(node, ['nft', `table inet rules {\n${chain}\n}`]);
  assert.equal(code, 0, stderr);
}

export async function withoutRules(lab: Lab, ...nodes: readonly string[]): Promise<void> {
  for (const node of nodes) await lab.run(node, ['nft', 'delete', 'table', 'inet', 'rules']);
}

/** Waits until so many packets have met that machine's rule, which counts. */
export async function counted(lab: Lab, node: string, least: number): Promise<void> {
  await until(`${least} packets met the rule of ${node}`, async () => {
    const { stdout } = await lab.run(node, ['nft', 'list', 'table', 'inet', 'rules']);
    return Number(/counter packets (\d+)/.exec(stdout)?.[1]) >= least;
  });
}
