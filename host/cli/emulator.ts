/** All that the commands take of the emulator: a package for routers has something else in this file's place (board/openwrt/no-emulator.ts). */
export { explainScenario } from '../emulator/scenario/explain.ts';
export { parseScenario, scenarioFile } from '../emulator/scenario/load.ts';
export { GRAMMAR } from '../emulator/scenario/verbs.ts';
export { emulateCommand } from './emulate.ts';
