/** What the commands that serve every role want to know of a configuration file, whoever's it is. */
import { readText } from '../config/load.ts';
import * as relay from '../config/relay/explain.ts';
import { parseRelayConfiguration } from '../config/relay/file.ts';
import { relaySecrets } from '../config/relay/secrets.ts';
import { explainRouter } from '../config/router/explain.ts';
import { parseRouterConfiguration } from '../config/router/file.ts';
import { routerSecrets } from '../config/router/secrets.ts';
import { routerWarnings } from '../config/router/warnings.ts';
import { secretWarnings } from '../config/secrets.ts';
import * as takeover from '../config/takeover/explain.ts';
import { parseTakeoverConfiguration } from '../config/takeover/file.ts';
import { takeoverSecrets } from '../config/takeover/secrets.ts';
import type { RolePlace } from '../control/ask-state.ts';
import { RingbackError } from '../errors.ts';
import { tables } from '../fabric/module.ts';
import { type RelayStatus, relayStatusText } from '../relay/status.ts';
import { type Status, statusText } from '../router/status.ts';
import { type TakeoverStatus, takeoverStatusText } from '../takeover/status.ts';
import { type RoleName, roleOf } from './role-of.ts';

export interface OwnFile extends RolePlace {
  /** Whether the role keeps outages and notices. */
  readonly hasRecords: boolean;
  /** What the role will do, and what is probably not meant. */
  readonly does: readonly string[];
  readonly warnings: readonly string[];
  /** What a running one says of itself, as a page for people. */
  readonly statusText: (status: unknown) => string;
}

/** How the file of a role is read. Throws as loadConfiguration does. */
type Read = (text: string, name: string) => OwnFile;

const readRouter: Read = (text, name) => {
  const configuration = parseRouterConfiguration(text, name, tables.limits);
  const { control, state } = configuration;
  const said = [
    ...routerWarnings(configuration),
    ...secretWarnings(name, routerSecrets(configuration), state),
  ];
  return {
    command: 'run',
    hasRecords: true,
    control,
    state,
    get does() {
      return explainRouter(configuration, tables);
    },
    warnings: said,
    statusText: (status) => statusText(status as Status),
  };
};

const READ: Readonly<Record<RoleName, Read>> = {
  router: readRouter,
  relay: (text, name) => {
    const configuration = parseRelayConfiguration(text, name);
    const { control, state } = configuration;
    const does = relay.explainRelay(configuration);
    const warnings = [
      ...relay.relayWarnings(configuration),
      ...secretWarnings(name, relaySecrets(configuration), state),
    ];
    return {
      command: 'relay',
      hasRecords: true,
      control,
      state,
      does,
      warnings,
      statusText: (status) => relayStatusText(status as RelayStatus),
    };
  },
  takeover: (text, name) => {
    const configuration = parseTakeoverConfiguration(text, name);
    const does = takeover.explainTakeover(configuration);
    const warnings = [
      ...takeover.takeoverWarnings(configuration),
      ...secretWarnings(name, takeoverSecrets(configuration), null),
    ];
    return {
      command: 'takeover',
      hasRecords: false,
      control: configuration.control,
      state: null,
      does,
      warnings,
      statusText: (status) => takeoverStatusText(status as TakeoverStatus),
    };
  },
};

/** Throws as loadConfiguration does; without a role that of the file. */
export function readOwnFile(file: string, role: RoleName | null = null): OwnFile {
  const text = readText(file);
  return READ[role ?? roleOf(text, file)](text, file);
}

/** Whom to ask about outages and notices. Throws as loadConfiguration does, also for a role that has neither. */
export function readRecordsPlace(file: string, role: RoleName | null = null): RolePlace {
  const own = readOwnFile(file, role);
  if (own.hasRecords) return own;
  const message = `${file}: a ${own.command} has no outages and no notices; give the file of "ringback run" or "ringback relay" with -c FILE`;
  throw new RingbackError('configuration', message);
}
