/** What the commands that serve every role want to know of a configuration file, whoever's it is. */
import { createHash } from 'node:crypto';
import type { Path } from '../config/contradictions.ts';
import { pathText, readText } from '../config/load.ts';
import * as relay from '../config/relay/explain.ts';
import { parseRelayConfiguration, relayLayout } from '../config/relay/file.ts';
import { relaySecrets } from '../config/relay/secrets.ts';
import { explainRouter } from '../config/router/explain.ts';
import { parseRouterConfiguration, routerLayout } from '../config/router/file.ts';
import type { Firewall } from '../config/router/forwarding.ts';
import { routerSecrets } from '../config/router/secrets.ts';
import { routerWarnings } from '../config/router/warnings.ts';
import { secretWarnings } from '../config/secrets.ts';
import * as takeover from '../config/takeover/explain.ts';
import { parseTakeoverConfiguration, takeoverLayout } from '../config/takeover/file.ts';
import { takeoverSecrets } from '../config/takeover/secrets.ts';
import type { UciLayout } from '../config/uci/layout.ts';
import { isStarted, uciForm } from '../config/uci/read.ts';
import { isUci } from '../config/uci/text.ts';
import type { RolePlace } from '../control/ask-state.ts';
import { RingbackError } from '../errors.ts';
import { tables } from '../fabric/module.ts';
import { RELAY_FIXED } from '../relay/role.ts';
import { type RelayStatus, relayStatusText } from '../relay/status.ts';
import { ROUTER_FIXED } from '../router/role.ts';
import { type Status, statusText } from '../router/status.ts';
import { type TakeoverStatus, takeoverStatusText } from '../takeover/status.ts';
import type { Time } from '../time.ts';
import { devicesHere } from './devices.ts';
import { firewallOf } from './firewall.ts';
import { relayHere, routerHere, takeoverHere } from './here.ts';
import type { Finding } from './here-findings.ts';
import { COMMAND_OF, type RoleName, roleOf, SECTIONS } from './role-of.ts';
import type { Mailing } from './test-mail.ts';

export interface OwnFile extends RolePlace {
  /** Whether the role keeps outages and notices. */
  readonly hasRecords: boolean;
  /** What the role will do, and what is probably not meant. */
  readonly does: readonly string[];
  readonly warnings: readonly string[];
  /**
   * A sum of what it reads once: where that is another, it has to be started anew. null: nobody starts it anew unasked, who has
   * who waits in memory, or addresses.
   */
  readonly once: string | null;
  /** Whether what it needs is there, on this machine and around it. */
  readonly here: (time: Time) => Promise<Finding[]>;
  /** How it sends mails; null: its role sends none. */
  readonly mailing: Mailing | null;
  /** What a running one says of itself, as a page for people. */
  readonly statusText: (status: unknown) => string;
}

/** What each role is for people, whatever stands in its file. */
export const PEOPLE: Readonly<Record<RoleName, Pick<OwnFile, 'hasRecords' | 'statusText'>>> = {
  router: { hasRecords: true, statusText: (status) => statusText(status as Status) },
  relay: { hasRecords: true, statusText: (status) => relayStatusText(status as RelayStatus) },
  takeover: { hasRecords: false, statusText: (status) => takeoverStatusText(status as TakeoverStatus) },
};

/** How the file of a role is read. Throws as loadConfiguration does. */
type Read = (text: string, name: string) => OwnFile;

const sumOf = (values: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(values)).digest('hex');

/** What keys are called in a file, in either form; it is looked at again only if somebody asks. */
function namesIn(text: string, name: string, layoutOf: () => UciLayout): (path: Path) => string {
  return (path) => (uciForm(layoutOf)(text, name)?.nameOf ?? pathText)(path);
}

/** `option enabled` is for the init script: whoever checks a file of a role that it does not start learns of that. */
function offWarnings(text: string, name: string, role: RoleName): string[] {
  const section = SECTIONS[role];
  if (!isUci(text, name) || isStarted(text, section)) return [];
  return [`config ${section} has no option enabled '1': the init script does not start this role.`];
}

const readRouter: Read = (text, name) => {
  const configuration = parseRouterConfiguration(text, name, tables.limits);
  const { control, state } = configuration;
  // Beside a router, its rules are another machine's.
  let seen: Firewall | null | undefined = configuration.fabric.remote === null ? undefined : null;
  const firewall = (): Firewall | null => {
    seen = seen === undefined ? firewallOf(configuration) : seen;
    return seen;
  };
  return {
    command: COMMAND_OF.router,
    ...PEOPLE.router,
    control,
    state,
    get does() {
      return explainRouter(configuration, tables, undefined, firewall());
    },
    get warnings() {
      return [
        ...offWarnings(text, name, 'router'),
        ...routerWarnings(configuration, undefined, undefined, firewall(), devicesHere()),
        ...secretWarnings(
          name,
          routerSecrets(configuration),
          state,
          namesIn(text, name, () => routerLayout(tables.limits)),
        ),
      ];
    },
    once: state === null ? null : sumOf(ROUTER_FIXED.map((key) => configuration[key])),
    here: (time) => routerHere(configuration, time),
    mailing: {
      ...{ smtp: configuration.smtp, language: configuration.notify.language },
      ...{ servers: configuration.servers, clients: configuration.clients },
    },
  };
};

const READ: Readonly<Record<RoleName, Read>> = {
  router: readRouter,
  relay: (text, name) => {
    const configuration = parseRelayConfiguration(text, name);
    const { control, state } = configuration;
    const does = relay.explainRelay(configuration);
    const warnings = [
      ...offWarnings(text, name, 'relay'),
      ...relay.relayWarnings(configuration),
      ...secretWarnings(name, relaySecrets(configuration), state, namesIn(text, name, relayLayout)),
    ];
    return {
      command: COMMAND_OF.relay,
      ...PEOPLE.relay,
      control,
      state,
      does,
      warnings,
      once: state === null ? null : sumOf(RELAY_FIXED.map((key) => configuration[key])),
      here: (time) => relayHere(configuration, time),
      mailing: {
        ...{ smtp: configuration.smtp, language: configuration.notify.language },
        ...{ servers: [], clients: configuration.clients },
      },
    };
  },
  takeover: (text, name) => {
    const configuration = parseTakeoverConfiguration(text, name);
    const does = takeover.explainTakeover(configuration);
    const warnings = [
      ...offWarnings(text, name, 'takeover'),
      ...takeover.takeoverWarnings(configuration),
      ...secretWarnings(name, takeoverSecrets(configuration), null, namesIn(text, name, takeoverLayout)),
    ];
    return {
      command: COMMAND_OF.takeover,
      ...PEOPLE.takeover,
      control: configuration.control,
      state: null,
      does,
      warnings,
      once: null,
      here: (time) => takeoverHere(configuration, time),
      mailing: null,
    };
  },
};

/** Throws as loadConfiguration does; without a role that of the file. */
export function readOwnFile(file: string, role: RoleName | null = null): OwnFile {
  const text = readText(file);
  return READ[role ?? roleOf(text, file)](text, file);
}

/** Of a role that runs, or should. Throws as loadConfiguration does. */
export function readAskedFile(file: string, role: RoleName | null = null): OwnFile {
  const text = readText(file);
  const name = role ?? roleOf(text, file);
  try {
    return READ[name](text, file);
  } catch (error) {
    // What is missing there is missing for a reason.
    const [off] = error instanceof RingbackError ? offWarnings(text, file, name) : [];
    if (off === undefined) throw error;
    const message = `${file}: the ${name} is switched off there: config ${SECTIONS[name]} has no option enabled '1'`;
    throw new RingbackError('configuration', message, { cause: error });
  }
}

/** A question about outages and notices, to a role that has neither. */
export function recordsRefused(file: string, command: string): RingbackError {
  const message = `${file}: a ${command} has no outages and no notices; give the file of "ringback run" or "ringback relay" with -c FILE`;
  return new RingbackError('configuration', message);
}
