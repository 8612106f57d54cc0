import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Draft, draftText, scenarioOf } from '../../../host/emulator/truth/draft.ts';
import { randomDraft } from '../../../host/emulator/truth/random.ts';
import { shrink } from '../../../host/emulator/truth/shrink.ts';

const SEEDS = 60;
const drafts = Array.from({ length: SEEDS }, (_, at) => randomDraft(at + 1));

describe('Worlds by chance', () => {
  it('are the same for the same seed, and others for another', () => {
    assert.equal(draftText(randomDraft(7)), draftText(randomDraft(7)));
    assert.notEqual(draftText(randomDraft(7)), draftText(randomDraft(8)));
  });

  it('are scenarios that a file may say, every one', () => {
    for (const draft of drafts) {
      const scenario = scenarioOf(draft, `seed-${draft.seed}`);
      assert.ok(scenario.script.length > 0, `seed ${draft.seed}`);
    }
  });

  it('have all verbs, both IP versions, losses, kills, and every setting', () => {
    const all = drafts.map((draft) => draftText(draft)).join('');
    for (const verb of [
      ...[
        'unplug',
        'kill s',
        'freeze',
        'stop',
        'flap',
        'drop',
        'reset',
        'reject',
        'kill ringback',
        'kill fabricd',
      ],
      ...[
        'mail away',
        'mail busy',
        'cut wan',
        'flood',
        'scan',
        'backscatter',
        'notify',
        'announce',
        'forget',
      ],
    ])
      assert.ok(all.includes(verb), verb);
    for (const setting of [
      'ask: none',
      'confirm: none',
      'page:',
      'unanswered:',
      'loss:',
      's80 6 80',
      'settle: 0s',
    ])
      assert.ok(all.includes(setting), setting);
  });
});

function isWorld(draft: Draft): boolean {
  try {
    scenarioOf(draft, 'smaller');
    return true;
  } catch {
    return false;
  }
}

describe('Making a world smaller', () => {
  it('leaves what it takes, and nothing else', async () => {
    const draft = drafts.find(({ network, script }) => network !== undefined && script.length > 20) as Draft;
    const [needed] = draft.script.slice(5);
    let tries = 0;
    const smallest = await shrink(draft, async (smaller) => {
      tries++;
      const { script, router } = smaller;
      const isThere = script.some((step) => step.do === needed?.do && step.at === needed.at);
      return isThere && (router?.clients?.length ?? 0) >= 2 && isWorld(smaller);
    });
    assert.equal(smallest.script.length, 1);
    assert.equal(smallest.script[0]?.do, needed?.do);
    assert.equal(smallest.router.clients.length, 2);
    assert.deepEqual(Object.keys(smallest.router), ['clients']);
    assert.deepEqual([smallest.network, smallest.hosts], [undefined, undefined]);
    assert.ok(tries < 400, `${tries} tries`);
  });

  it('gives back what it was given if nothing can be left away, and ends in time', async () => {
    const [draft] = drafts as [Draft];
    assert.equal(await shrink(draft, async () => false), draft);
    let tries = 0;
    await shrink(draft, async () => ++tries > 0, { tries: 10 });
    assert.equal(tries, 10);
  });
});
