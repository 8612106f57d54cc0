import { it } from 'node:test';
import { assertPage } from './golden.ts';
import { page } from './mail-replies.ts';

it('the page of mail replies says what the program does', () => {
  assertPage('mail-replies.md', page());
});
