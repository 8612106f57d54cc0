import assert from 'node:assert/strict';
import { it } from 'node:test';
import { RealOutside } from '../../host/emulator/outside.ts';
import { composeMessage } from '../../host/mail/message.ts';
import { machineTime } from '../../host/time.ts';
import { fakeChance } from '../host/fake-chance.ts';

it('A mail of a world in real time is taken by a mail server, to the last byte', async (test) => {
  const outside = await RealOutside.open({ time: machineTime, chance: fakeChance(1), smtp: null });
  test.after(() => outside.close());
  const mail = {
    from: 'ringback@router.example',
    to: 'sato@example.jp',
    subject: 'サーバ障害復旧通知',
    text: '.\n復旧サーバ : www.example.jp\n',
    messageId: '<1.ringback@router.example>',
    date: new Date(0),
    headers: {},
  };
  const { delivery, bytes } = await outside.carry(mail, 'router');
  assert.deepEqual(delivery, { outcome: 'delivered' });
  assert.equal(bytes?.toString(), composeMessage(mail));
});
