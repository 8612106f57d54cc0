/**
 * Whom a command asks. A process that runs goes on with what it has read, whatever stands in the file since; so a file that has a
 * mistake is only a warning where somebody answers.
 */
import { controlIn, readText } from '../config/load.ts';
import { isUci, readUciText } from '../config/uci/text.ts';
import type { RolePlace } from '../control/ask-state.ts';
import { RingbackError } from '../errors.ts';
import { USUAL_CONTROL } from '../role/control-place.ts';
import { PEOPLE, readAskedFile, recordsRefused } from './role-files.ts';
import { COMMAND_OF, mistakenRoleOf, type RoleName, SECTIONS } from './role-of.ts';

interface AskedPlace extends RolePlace {
  readonly hasRecords: boolean;
  /** What a running one says of itself, as a page for people. */
  readonly statusText: (status: unknown) => string;
}

export interface AskedFile {
  readonly file: string;
  /** null: that of the file. */
  readonly role: RoleName | null;
  /** Whether it is about outages and notices, which not every role has. */
  readonly ofRecords?: boolean;
  readonly warn: (line: string) => void;
}

/** What comes of the question at the place that the file names. Throws as loadConfiguration does, and what the question throws. */
export async function askedOf<T>(
  { file, role, ofRecords = false, warn }: AskedFile,
  question: (place: AskedPlace) => Promise<T>,
): Promise<T> {
  let place: AskedPlace;
  let mistake: RingbackError | null = null;
  try {
    place = readAskedFile(file, role);
  } catch (error) {
    if (!(error instanceof RingbackError) || error.code !== 'configuration') throw error;
    mistake = error;
    const found = placeOfMistaken(file, role);
    if (found === null) throw error;
    place = found;
  }
  if (ofRecords && !place.hasRecords) throw recordsRefused(file, place.command);
  if (mistake === null) return question(place);
  try {
    const answer = await question(place);
    warn(`${mistake.message}\n${file}: what runs has not read that, and was asked at ${place.control}`);
    return answer;
  } catch (error) {
    // Nobody is there: the mistake is what matters.
    throw error instanceof RingbackError && error.code === 'unavailable' ? mistake : error;
  }
}

/** Its state is not looked into: nobody knows where it is. null: not even whose it is. */
function placeOfMistaken(file: string, given: RoleName | null): AskedPlace | null {
  let text: string;
  try {
    text = readText(file);
  } catch {
    return null;
  }
  const role = given ?? mistakenRoleOf(text, file);
  if (role === null) return null;
  const said = isUci(text, file) ? controlInUci(text, SECTIONS[role]) : controlIn(text);
  return {
    command: COMMAND_OF[role],
    control: said ?? USUAL_CONTROL[role],
    state: null,
    ...PEOPLE[role],
  };
}

function controlInUci(text: string, type: string): string | null {
  const section = readUciText(text).sections.find((one) => one.type === type);
  return section?.options.get('control')?.values[0]?.text ?? null;
}
