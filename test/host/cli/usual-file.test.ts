import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { usualFile } from '../../../host/cli/usual-file.ts';
import { directory } from '../fabric/scripted.ts';

const place = directory();
after(() => place.remove());

describe('The file that a command takes if nobody names one', () => {
  it('is the role’s own, and OpenWrt’s where there is only that', () => {
    const [own, uci] = [place.path('ringback.yaml'), place.path('ringback')];
    assert.equal(usualFile(own, uci), own, 'which is said not to be there');
    writeFileSync(uci, '');
    assert.equal(usualFile(own, uci), uci);
    writeFileSync(own, '');
    assert.equal(usualFile(own, uci), own);
  });
});
