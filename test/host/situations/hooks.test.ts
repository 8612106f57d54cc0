/** The operator's commands, as they are told of what happens to servers. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SATO, SERVER, TANAKA, WEB } from './configuration.ts';
import { Town } from './town.ts';

const HOOKS = 'hooks: [[page-operator, web], [count]]';

async function outage(town: Town): Promise<void> {
  await town.goesWell(WEB);
  town.script = () => 'drops';
  town.tries(SATO, WEB);
  town.tries(TANAKA, WEB);
  await town.pass(60);
  town.script = () => 'answers';
  await town.pass(60);
}

describe('The hooks of a router', () => {
  it('are told that a service is down, that it is up again, and of how many people that are told', async (test) => {
    const town = await Town.begin(test, { more: HOOKS });
    await outage(town);
    assert.deepEqual(town.told.toSorted(), ['sato', 'tanaka']);
    const said = ['down', 'up', 'told'].map((event) => [
      event,
      SERVER,
      '0 unanswered',
      event === 'down' ? '-' : '2',
    ]);
    assert.deepEqual(
      town.commands.toSorted(),
      ['count', 'page-operator web']
        .flatMap((hook) => said.map((words) => [hook, ...words].join(' ')))
        .toSorted(),
    );
    assert.deepEqual(
      town.commands.filter((command) => command.startsWith('count')).map((command) => command.split(' ')[1]),
      ['down', 'up', 'told'],
    );
  });

  it('are not told that somebody is told where nobody is', async (test) => {
    const town = await Town.begin(test, { more: HOOKS.replace('[page-operator, web], ', '') });
    await town.goesWell(WEB);
    town.script = () => 'drops';
    town.tries('172.27.179.77', WEB);
    await town.pass(60);
    town.script = () => 'answers';
    await town.pass(60);
    assert.deepEqual(town.commands, [
      `count down ${SERVER} 0 unanswered -`,
      `count up ${SERVER} 0 unanswered 0`,
    ]);
  });

  it('are none where none is configured', async (test) => {
    const town = await Town.begin(test);
    await outage(town);
    assert.deepEqual(town.commands, []);
  });
});
