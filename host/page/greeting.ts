/** What is said in a dead server's place where no page can be: one line, naming the server and its page. */
import { isIPv6 } from 'node:net';
import { greeting } from '../config/router/greetings.ts';
import type { Target } from '../net/target.ts';

interface Greeted {
  readonly target: Target;
  /** What the server is called. */
  readonly name: string | null;
  /** Where its page is; null: nowhere. */
  readonly page: string | null;
  readonly isDown: boolean;
}

/** A line is one whatever a name has in it: these are all that names and addresses are made of. */
const PLAIN = /^[A-Za-z\d.:_-]{1,253}$/;

/** null: nobody speaks first at this port. */
export function greetingOf({ target: { server, port }, name, page, isDown }: Greeted): string | null {
  const address = isIPv6(server) ? `[${server}]` : server;
  const who = name === null || !PLAIN.test(name) || name === server ? address : `${name} (${address})`;
  if (!isDown) return greeting(port, `${who} is back: please try again`);
  const more = page === null ? '' : ` More at ${page}`;
  return greeting(port, `${who} is down at present, says the router in its place. Try again later.${more}`);
}
