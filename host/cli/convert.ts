/** `ringback check --as`: a configuration in its other form. */
import { pathText, readConfiguration, readText } from '../config/load.ts';
import { RELAY_FILE, relayLayout } from '../config/relay/file.ts';
import { routerFile, routerLayout } from '../config/router/file.ts';
import { isMapping } from '../config/shape.ts';
import { TAKEOVER_FILE, takeoverLayout } from '../config/takeover/file.ts';
import type { UciLayout } from '../config/uci/layout.ts';
import { writeUci } from '../config/uci/write.ts';
import { yamlText } from '../config/yaml-text.ts';
import { RingbackError } from '../errors.ts';
import { tables } from '../fabric/module.ts';
import { type RoleName, roleOf } from './role-of.ts';

type TextForm = 'yaml' | 'uci';

/** What a file says, if it is right. Throws as loadConfiguration does. */
type Read = (text: string, file: string) => unknown;

const KINDS: Readonly<Record<RoleName, { readonly read: Read; readonly layout: () => UciLayout }>> = {
  router: {
    read: (text, file) => readConfiguration(routerFile(tables.limits), text, file).value,
    layout: () => routerLayout(tables.limits),
  },
  relay: { read: (text, file) => readConfiguration(RELAY_FILE, text, file).value, layout: relayLayout },
  takeover: {
    read: (text, file) => readConfiguration(TAKEOVER_FILE, text, file).value,
    layout: takeoverLayout,
  },
};

/** What `--as` says; null: nothing. Throws RingbackError('usage'). */
export function formNamed(name: string | undefined): TextForm | null {
  if (name === undefined || name === 'yaml' || name === 'uci') return name ?? null;
  throw new RingbackError('usage', `check: no form ${JSON.stringify(name)}; there are yaml, uci`);
}

/** Throws as loadConfiguration does. */
export function convertedFile(file: string, role: RoleName | null, form: TextForm): string {
  const text = readText(file);
  const { read, layout } = KINDS[role ?? roleOf(text, file)];
  const value = read(text, file);
  if (!isMapping(value)) throw new TypeError('a configuration is a mapping');
  return form === 'yaml' ? yamlText(value) : uciText(layout(), value, file);
}

function uciText(layout: UciLayout, value: Readonly<Record<string, unknown>>, file: string): string {
  const { text, unwritable } = writeUci(layout, value);
  const lines = unwritable.map(({ path, message }) => `${file}: ${pathText(path)}: ${message}`);
  if (lines.length > 0) throw new RingbackError('configuration', lines.join('\n'));
  return text;
}
