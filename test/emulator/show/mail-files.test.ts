import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import PostalMime from 'postal-mime';
import { MailFiles } from '../../../host/emulator/show/mail-files.ts';

it('Mails are files that mail programs open', async (test) => {
  const directory = mkdtempSync(join(tmpdir(), 'ringback-'));
  test.after(() => rmSync(directory, { recursive: true }));
  const own = join(directory, 'mails', 'here');
  const files = new MailFiles({
    directory: own,
    from: (by) => `${by}@router.example`,
    nowUs: () => 38_600_000,
    startMs: Date.UTC(2026, 10, 29),
  });
  const subject = 'サーバ復旧のお知らせ';
  const text = '復旧サーバ : www.example.jp (172.27.178.80)\n';
  files.mail({ to: 'sato@example.jp', subject, text, messageId: '<1@router.example>', by: 'router' });
  files.mail({ to: 'tanaka@example.jp', subject: 'back', text: 'yes\n', messageId: '<2@r>', by: 's80' });
  assert.deepEqual(readdirSync(own), ['0001.eml', '0002.eml']);
  const mail = await PostalMime.parse(readFileSync(join(own, '0001.eml')));
  assert.deepEqual(
    [mail.from?.address, mail.to?.[0]?.address, mail.subject, mail.text?.trim(), mail.date],
    ['router@router.example', 'sato@example.jp', subject, text.trim(), '2026-11-29T00:00:38.000Z'],
  );
  for (let i = 0; i < 1500; i++)
    files.mail({ to: 'sato@example.jp', subject, text, messageId: '<1@router.example>', by: 'router' });
  assert.deepEqual([files.count, files.files, readdirSync(own).length], [1502, 1000, 1000]);
});

it('A directory that cannot be is named', (test) => {
  const directory = mkdtempSync(join(tmpdir(), 'ringback-'));
  test.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'file');
  writeFileSync(file, '');
  const make = () => new MailFiles({ directory: file, from: () => '', nowUs: () => 0, startMs: 0 });
  assert.throws(make, /emulate: --mails: .*file: /);
});
