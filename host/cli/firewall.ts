/** This machine's own rules, for who checks a configuration; whoever may not see them is told of none. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Firewall } from '../config/router/forwarding.ts';
import { elementsQuestions, LIST_RULESET, readAnswers } from '../forwarding/find.ts';
import { forwardsOf } from '../forwarding/forward.ts';
import { ownAddressesByInterface } from '../net/address.ts';
import { MAX_OUTPUT_BYTES } from '../page/steering/kernel-tools.ts';

/** How long a tool of the kernel's may take to say what there is. */
export const ASKING_MS = 5000;

/** null: they can't be seen. */
export function firewallOf(): Firewall | null {
  try {
    const ruleset = ask(LIST_RULESET);
    const answers = elementsQuestions(ruleset).map(({ key, argv }) => ({ key, text: ask(argv) }));
    const { rules, unread, before } = readAnswers(ruleset, answers);
    return { forwards: forwardsOf(rules, ownAddressesByInterface()), unread, before, isRouter: isRouter() };
  } catch {
    return null;
  }
}

function ask(argv: readonly string[]): string {
  return execFileSync('nft', argv, {
    encoding: 'utf8',
    timeout: ASKING_MS,
    maxBuffer: MAX_OUTPUT_BYTES,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

function isRouter(): boolean {
  return ['ipv4/ip_forward', 'ipv6/conf/all/forwarding'].some(
    (file) => readFileSync(`/proc/sys/net/${file}`, 'utf8').trim() !== '0',
  );
}
