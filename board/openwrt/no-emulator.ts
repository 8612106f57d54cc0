/** What stands in the place of `host/cli/emulator.ts` in a package for routers: the emulator is a seventh of it, and for other machines. */
import { RingbackError } from '../../host/errors.ts';

const absent = (): never => {
  throw new RingbackError(
    'usage',
    'this package has no emulator: scenarios are played where ringback was built by `make`',
  );
};

export const GRAMMAR = {};
export const emulateCommand = absent;
export const parseScenario = absent;
export const explainScenario = absent;
/** It is no scenario's name here, and so a file's. */
export const scenarioFile = (name: string): string => name;
