/** Where in a file in UCI the value of a key stands, and what its option is called. */

import type { Path } from '../contradictions.ts';
import type { UciLayout, UciSection } from './layout.ts';

/** What has come from an option, a list item, or a section. */
export interface Place {
  readonly path: Path;
  /** Offsets in the text. */
  readonly key: number;
  readonly value: number;
  /** The section's name, or `@client[2]`. */
  readonly section: string;
  readonly type: string;
  /** null: it is the section itself. */
  readonly option: string | null;
}

/** By their paths. */
export class UciPlaces {
  readonly #places = new Map<string, Place>();

  set(place: Place): void {
    this.#places.set(place.path.join('\n'), place);
  }

  /** The nearest thing around a path. */
  near(path: Path): Place | undefined {
    for (let length = path.length; length >= 0; length--) {
      const place = this.#places.get(path.slice(0, length).join('\n'));
      if (place !== undefined) return place;
    }
    return undefined;
  }
}

const isWithin = (path: Path, within: Path): boolean => within.every((step, index) => path[index] === step);

/** `detect.watch`, `@client[2].mail`: a key by what it is called in the file, or would be. */
export function nameIn(layout: UciLayout, places: UciPlaces, path: Path): string {
  const place = places.near(path);
  if (place !== undefined && place.option !== null) return `${place.section}.${place.option}`;
  const keys = path.filter((step) => typeof step === 'string');
  const section = sectionOf(layout, keys);
  const rest = keys.slice(section.path.length);
  const name = place?.type === section.type ? place.section : section.type;
  return rest.length === 0 && section.path.length > 0 ? name : `${name}.${optionOf(section, rest)}`;
}

/** The section whose keys these are. */
function sectionOf(layout: UciLayout, keys: readonly string[]): UciSection {
  let found: UciSection | undefined;
  for (const section of layout.sections.values()) {
    if (isWithin(keys, section.path) && section.path.length >= (found?.path.length ?? 0)) found = section;
  }
  if (found === undefined) throw new Error('the section of the role has all keys');
  return found;
}

/** What an option is called; of a mapping the beginning of its options' names. */
function optionOf({ options }: UciSection, keys: readonly string[]): string {
  for (const { name, path } of options.values()) if (path.join() === keys.join()) return name;
  return keys.join('_');
}
