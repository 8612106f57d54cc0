/** `--set population.people.known=100%`: what is read in the place of what stands in a file, before it is checked. */
import type { Path } from '../../config/contradictions.ts';
import { isMapping } from '../../config/shape.ts';
import { INHERITED_KEYS, readYaml } from '../../config/yaml.ts';
import { RingbackError } from '../../errors.ts';

interface Change {
  /** As it was given. */
  readonly text: string;
  readonly path: Path;
  readonly value: unknown;
}

const KEY = /^[\w-]+(?: [\w-]+)*(?:\[\d{1,5}\])*$/;

function wrong(text: string, problem: string): never {
  throw new RingbackError(
    'usage',
    `emulate: --set ${text}: ${problem}; as in population.people.known=100% or script[2].at=5s`,
  );
}

function pathOf(text: string, keys: string): Path {
  return keys.split('.').flatMap((part): (string | number)[] => {
    if (!KEY.test(part)) wrong(text, `"${part}" is no key`);
    const [name = '', ...numbers] = part.split('[');
    if (INHERITED_KEYS.has(name)) wrong(text, `"${name}" is no key`);
    return [name, ...numbers.map((number) => Number(number.slice(0, -1)))];
  });
}

/** Throws RingbackError('usage'). */
export function readChanges(given: readonly string[]): readonly Change[] {
  return given.map((text) => {
    const at = text.indexOf('=');
    if (at < 1) wrong(text, 'lacks KEY=VALUE');
    const { value, broken, mistakes } = readYaml(text.slice(at + 1));
    if (broken || mistakes.length > 0)
      wrong(text, `the value is no YAML (${mistakes[0]?.message ?? 'broken'})`);
    return { text, path: pathOf(text, text.slice(0, at)), value };
  });
}

/** A copy in which they are made. Throws RingbackError('usage') where there is nothing to change. */
export function changed(value: unknown, changes: readonly Change[]): unknown {
  return changes.reduce((all, change) => put(all, change, 0), value);
}

/** Which of them has brought what is at a path, as it was given; null: none. */
export function changedBy(path: Path, changes: readonly Change[]): string | null {
  const found = changes.findLast((change) => change.path.every((step, index) => path[index] === step));
  return found === undefined ? null : `--set ${found.text}`;
}

function put(value: unknown, change: Change, depth: number): unknown {
  const [step] = change.path.slice(depth);
  if (step === undefined) return change.value;
  if (typeof step === 'number') {
    if (!Array.isArray(value) || step >= value.length)
      wrong(
        change.text,
        `there is no item ${step}; the first is 0${Array.isArray(value) ? `, and there are ${value.length}` : ''}`,
      );
    return value.map((item, index) => (index === step ? put(item, change, depth + 1) : item));
  }
  // A word such as `network: lab` makes room for keys.
  const keys = isMapping(value) ? value : {};
  return { ...keys, [step]: put(keys[step], change, depth + 1) };
}
