/** The three files: how each is read, written in UCI, and examples of it that are right. */
import type * as v from 'valibot';
import type { ConfigurationText, FileKind } from '../../../../host/config/load.ts';
import { readConfiguration } from '../../../../host/config/load.ts';
import { RELAY_FILE, relayLayout } from '../../../../host/config/relay/file.ts';
import { relaySchema } from '../../../../host/config/relay/schema.ts';
import { routerFile, routerLayout } from '../../../../host/config/router/file.ts';
import { routerSchema } from '../../../../host/config/router/schema.ts';
import { TAKEOVER_FILE, takeoverLayout } from '../../../../host/config/takeover/file.ts';
import { takeoverSchema } from '../../../../host/config/takeover/schema.ts';
import type { UciLayout } from '../../../../host/config/uci/layout.ts';
import { writeUci } from '../../../../host/config/uci/write.ts';
import { tables } from '../../../../host/fabric/module.ts';
import { EXAMPLE } from '../example.ts';
import { EXAMPLE as RELAY } from '../relay/example.ts';

/** Where OpenWrt has it. */
export const FILE = '/etc/config/ringback';

export interface Role {
  readonly command: 'run' | 'relay' | 'takeover';
  readonly schema: v.GenericSchema;
  readonly layout: UciLayout;
  /** Throws as loadConfiguration does. */
  readonly read: (text: string, file: string) => { readonly configuration: unknown; readonly value: unknown };
  /** Of a text in UCI. */
  readonly said: (text: string) => ConfigurationText;
  /** In YAML. */
  readonly examples: readonly string[];
}

const role = <T>(
  command: Role['command'],
  schema: v.GenericSchema,
  layout: UciLayout,
  kind: FileKind<T>,
  examples: readonly string[],
): Role => ({
  command,
  schema,
  layout,
  read: (text, file) => readConfiguration(kind, text, file),
  said(text) {
    const said = kind.otherForm?.(text, FILE);
    if (said === undefined || said === null) throw new Error('this is not read as UCI');
    return said;
  },
  examples,
});

const ACTIVE = `takeover:
  role: active
  standby: 172.27.178.13:7373
  key: a shared secret
  addresses: [{address: 172.27.178.80/24, adapter: eth0}]
`;
const STANDBY = `takeover:
  role: standby
  listen: 172.27.178.13:7373
  key: a shared secret
  adapters: [eth1, eth0]
  actives: [{name: web, address: 172.27.178.11}]
`;

export const ROLES: readonly Role[] = [
  role('run', routerSchema(tables.limits), routerLayout(tables.limits), routerFile(tables.limits), [EXAMPLE]),
  role('relay', relaySchema, relayLayout(), RELAY_FILE, [RELAY]),
  role('takeover', takeoverSchema, takeoverLayout(), TAKEOVER_FILE, [ACTIVE, STANDBY]),
];

/** A right file in YAML as it is in UCI. */
export function inUci({ read, layout }: Role, yaml: string): string {
  const { text, unwritable } = writeUci(layout, read(yaml, 'ringback.yaml').value as Record<string, unknown>);
  if (unwritable.length > 0) throw new Error(unwritable.map(({ message }) => message).join());
  return text;
}
