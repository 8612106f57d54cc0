/** Which file a command takes if nobody names one. */
import { existsSync } from 'node:fs';

/** Where OpenWrt has the configuration of all roles. */
export const UCI_CONFIGURATION = '/etc/config/ringback';

/** The role's own file; on a machine that has none of its name, but one in UCI, that. */
export function usualFile(own: string, uci = UCI_CONFIGURATION): string {
  return !existsSync(own) && existsSync(uci) ? uci : own;
}
