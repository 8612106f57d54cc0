/** Where the router is whose daemon a program beside it speaks with, and where the keys for that are. */

import { canonicalAddress } from '../../net/address.ts';
import { canonicalDomain } from '../../net/mail-address.ts';
import { type Shape, value } from '../shape.ts';
import { MAX_PORTS } from '../values.ts';

const ROUTER_PLACE = /^(?:([a-z_][a-z0-9_-]{0,31})@)?(?:\[([\da-fA-F:.]+)\]|([^\s:@[\]]+))(?::(\d{1,5}))?$/;
const SSH_PORT = 22;

/** Where a router is reached by ssh. */
export const sshPlace: Shape<{ readonly user: string; readonly host: string; readonly port: number }> = value(
  {
    noun: 'where a router is reached by ssh',
    allowed: 'USER@ADDRESS or USER@NAME, with :PORT if it is not 22, as in root@192.168.1.1',
    json: { type: 'string', pattern: ROUTER_PLACE.source },
    read(input) {
      if (typeof input !== 'string') return undefined;
      const [whole, user = 'root', six, plain = '', digits = `${SSH_PORT}`] = ROUTER_PLACE.exec(input) ?? [];
      const host =
        six === undefined ? (canonicalAddress(plain) ?? canonicalDomain(plain)) : canonicalAddress(six);
      const port = Number(digits);
      return whole === undefined || host === null || port < 1 || port > MAX_PORTS
        ? undefined
        : { user, host, port };
    },
  },
);

/** Its files are named to ssh, which has signs of its own for places. */
export const keyDirectory: Shape<string> = value({
  noun: 'a directory of keys',
  allowed: 'an absolute path of letters, digits and ./_-',
  json: { type: 'string', pattern: '^/[A-Za-z0-9._/-]+$' },
  read: (input) => (typeof input === 'string' && /^\/[\w./-]+$/.test(input) ? input : undefined),
});
