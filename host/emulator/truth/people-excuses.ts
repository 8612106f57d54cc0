/** Why somebody who was turned away need not have been told: each reason has a name, and is listed in the report. */
import { mailOwner } from '../../net/mail-address.ts';
import type { Ledger, PersonStory } from './ledger.ts';
import type { PromiseName } from './promise.ts';
import {
  ADMITTED_US,
  AT_ONCE_US,
  HELD_US,
  LOOKED_US,
  REMEMBERED_US,
  type Rules,
  UNWRITTEN_US,
} from './rules.ts';
import type { Spell } from './spells.ts';
import type { VainTry } from './waits.ts';

/** Somebody who was turned away, and not told. */
export interface Missed {
  readonly ledger: Ledger;
  readonly rules: Rules;
  readonly person: PersonStory;
  readonly wait: VainTry;
  /** The one in which he tried. */
  readonly spell: Spell;
  /** From when on it has answered for long enough, and how long that is. */
  readonly backUs: number;
  readonly mostUs: number;
  /** Whether there may have been no room for those who wait for a server that answered nobody yet. */
  readonly isShareFull: boolean;
}

/** null: there is no excuse. */
export function excuseOf(missed: Missed, promise: PromiseName): string | null {
  return (
    (promise === 'kills' ? unwritten(missed) : null) ??
    unseen(missed) ??
    notMeant(missed) ??
    asked(missed) ??
    byMail(missed)
  );
}

/** Nobody had it on disk. */
function unwritten({ ledger, wait, spell }: Missed): string | null {
  const { word, directory } = ledger;
  const { address } = directory.service(wait.service);
  const noted = word
    .notedAt(wait.client)
    .filter(({ server, us }) => server === address && us >= wait.firstUs - UNWRITTEN_US);
  const killsUs = word.killsUs.filter((us) => us >= wait.firstUs);
  const isOnDisk = noted.some(
    ({ us }) => us <= (spell.toUs ?? us) && !killsUs.some((kill) => kill >= us && kill - us < UNWRITTEN_US),
  );
  return isOnDisk ? null : 'he was noted in the last second before a kill, or not yet';
}

/** The program was not there. */
function unseen({ ledger, wait }: Missed): string | null {
  const { runs } = ledger.word;
  const isThere = runs.some(
    ({ fromUs, toUs }) => fromUs <= wait.firstUs && (toUs ?? Number.POSITIVE_INFINITY) >= wait.endUs,
  );
  return isThere ? null : 'the program did not run while he tried';
}

/** The configuration does not want it. */
function notMeant({ ledger, rules, wait, backUs, mostUs }: Missed): string | null {
  const { detect } = rules;
  const { address, port } = ledger.directory.service(wait.service);
  if (backUs + mostUs - wait.lastUs > rules.freshUs) return 'his last try is older than notify.fresh';
  if (rules.isLeftOut(address, port)) return 'the server’s entry names other ports';
  if (wait.end === 'refused' && !detect.refused) return 'detect.refused is off';
  if (wait.end === 'unreachable' && !detect.unreachable) return 'detect.unreachable is off';
  if (wait.end === 'gaveUp' && rules.unansweredUs === 0) return 'detect.unanswered is off';
  return null;
}

/** What asking the server can find out. */
function asked(missed: Missed): string | null {
  const { ledger, rules, wait, spell } = missed;
  const { address, port } = ledger.directory.service(wait.service);
  const toUs = spell.toUs ?? Number.POSITIVE_INFINITY;
  if (!rules.isAsked(address)) {
    const isLong = toUs - wait.firstUs > rules.unansweredUs + 2 * AT_ONCE_US;
    if (!isLong)
      return 'the router may not ask it (ask: none), and it was back before anybody’s time was over';
  }
  const firstUs = ledger.servedFirstUs[wait.service] ?? Number.NaN;
  const isKnown = rules.isNamed(address, port) || firstUs + ADMITTED_US < spell.fromUs;
  if (!isKnown && wait.end !== 'unreachable' && !isLinked(missed))
    return 'nobody knew a service at that port';
  if (missed.isShareFull && !hasAnswered(missed))
    return 'the share of the table for those who wait for servers that answered nobody yet was full';
  if (wait.end !== 'gaveUp' && wait.end !== 'shown' && toUs - wait.endUs < AT_ONCE_US)
    return 'it was back within two seconds, before it was asked';
  if (wait.end === 'gaveUp' && toUs - wait.firstUs < LOOKED_US)
    return 'it was back before a look could find it silent';
  const isAlone = Math.abs(ledger.word.aloneUs(address, wait.client) - wait.endUs) < REMEMBERED_US;
  if (isAlone && toUs - wait.firstUs < HELD_US)
    return 'he had been turned away alone before, and it was back before anybody asked again';
  const early = missed.person.tellings.find(({ server, us }) => server === address && us >= wait.firstUs);
  if (early !== undefined) {
    const stories = ledger.word.of(address);
    const isOfMachine = stories.some(
      ({ port: of, openedUs, closedUs }) =>
        of === 0 && openedUs <= early.us && (closedUs === null || closedUs >= wait.firstUs),
    );
    const isMachineBack = ledger.directory
      .servicesAt(address)
      .some((service) => ledger.spells.at(service, early.ofUs) < 0);
    if (isOfMachine && !isKnown) return 'nobody knew a service at that port';
    if (isOfMachine && isMachineBack)
      return 'his machine was back before his service, and he was told of that';
    if (!rules.isConfirmed || !rules.isAsked(address))
      return 'a sign was believed before it answered (confirm: none, ask: none)';
  }
  const isProbed = rules.isProbed(address, port, true);
  if (!isProbed && (ledger.servedLastUs[wait.service] ?? 0) < toUs)
    return 'nothing has told that it is back: it is not probed, and nobody has tried it since';
  return null;
}

/** Whether he tried while the program held the machine to be down: whoever does is noted, at whichever port. */
function isLinked({ ledger, wait }: Missed): boolean {
  const { address } = ledger.directory.service(wait.service);
  return ledger.word.of(address).some(({ port, openedUs, closedUs, signalUs }) => {
    const untilUs = Math.min(closedUs ?? Number.POSITIVE_INFINITY, signalUs ?? Number.POSITIVE_INFINITY);
    return port === 0 && openedUs <= wait.lastUs && wait.lastUs < untilUs;
  });
}

/** Whether anything at that address has answered anybody before he tried, or the configuration names it. */
function hasAnswered({ ledger, rules, wait }: Missed): boolean {
  const { directory, servedFirstUs } = ledger;
  const { address } = directory.service(wait.service);
  if (rules.isHostNamed(address)) return true;
  return directory
    .servicesAt(address)
    .some((service) => (servedFirstUs[service] ?? Number.NaN) < wait.firstUs);
}

/** His mail is on its way. */
function byMail({ ledger, person, wait }: Missed): string | null {
  const { address } = ledger.directory.service(wait.service);
  const pending = ledger.word.pendingOf(mailOwner(person.mail)).filter(({ server }) => server === address);
  if (pending.length === 0) return null;
  return pending.some(({ held }) => held)
    ? 'his mail waits: he has had as many as notify.most allows'
    : 'his mail waits in the outbox';
}
