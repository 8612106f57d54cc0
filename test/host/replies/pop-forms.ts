/** Every command that is given to a POP server, and every form in which it may answer. */

/** In the order of a session. */
export const COMMANDS = [
  'the greeting',
  'CAPA',
  'STLS',
  'USER',
  'PASS',
  'APOP',
  'AUTH PLAIN',
  'STAT',
  'UIDL',
  'LIST',
  'TOP',
  'RETR',
  'DELE',
  'QUIT',
] as const;
export type Command = (typeof COMMANDS)[number];

/** RFC 1939, the codes of RFC 2449 and RFC 3206, and one that nobody knows. */
export const REFUSALS = [
  '-ERR no',
  '-ERR [AUTH] no',
  '-ERR [IN-USE] no',
  '-ERR [LOGIN-DELAY] no',
  '-ERR [SYS/TEMP] no',
  '-ERR [SYS/PERM] no',
  '-ERR [X-OTHER] no',
] as const;

export const STATUS_LINES = [
  '+OK',
  '+OK text',
  '+OK [X-CODE] text',
  '-ERR',
  '-ERR text',
  '+',
  '+ text',
  '+ok',
  '+OKAY',
  '220 text',
];
export const STAT_LINES = ['+OK 2 320', '+OK 2 320 more', '+OK  2\t320', '+OK 2', '+OK x 320', '+OK -1 320'];
export const UIDL_LINES = [
  '1 QhdPYR:00WBw1Ph7x7',
  ' 1 \t a  ',
  `1 ${'u'.repeat(71)}`,
  '1',
  '1 a b',
  '1 \u00e9',
  'a 1',
  '',
];
export const LIST_LINES = ['1 200', '1 200 more', ' 1\t200 ', '1', '1 x', '1 -1', 'x 200', ''];
