import assert from 'node:assert/strict';
import { it } from 'node:test';
import { loadScenario } from '../../../host/emulator/scenario/load.ts';
import { typedStep } from '../../../host/emulator/show/typed-step.ts';

it('What is typed is a step of a script, or says why it is none', () => {
  const scenario = loadScenario('embodiment-1');
  const typed = (text: string) => typedStep(text, scenario);
  assert.deepEqual(typed('unplug s80'), [{ verb: 'unplug', node: 's80' }]);
  const [tried] = typed('  try  c151 s80 ');
  assert.deepEqual(tried, { ...(tried as object), verb: 'try', client: 'c151', server: 's80', port: 80 });
  assert.equal(typed('unplug s99'), 'nobody is called s99');
  assert.match(String(typed('unplug')), /^it is unplug /);
  assert.match(String(typed('pull s80')), /^no such verb; /);
  assert.match(String(typed('')), /^no such verb; /);
  assert.match(String(typed('mail gone')), /^it is mail away\|busy/);
  assert.match(String(typed('flap s80')), /^flap is for scripts/);
  assert.match(String(typed('toString s80')), /^no such verb; /);
});

it('One of many is found by its number', () => {
  const scenario = loadScenario('uplink-cut');
  assert.equal(typeof typedStep('unplug server-20', scenario), 'object');
  assert.equal(typedStep('unplug server-0', scenario), 'nobody is called server-0');
  assert.match(String(typedStep('unplug server-999999', scenario)), /nobody is called/);
});
