import type { CommandDescription } from './command.ts';
import type { completionCommand, Option } from './completion.ts';
import { OPTION_HELP, OPTIONS, type OptionName } from './options.ts';

/** What shells complete. */
export function completed(
  commands: Readonly<Record<string, CommandDescription>>,
): Parameters<typeof completionCommand>[0] {
  return Object.entries(commands).map(([name, { summary, options, words = [], takesFiles = false }]) => ({
    name,
    summary,
    options: [...options, 'help' as const].map(completedOption),
    words,
    takesFiles,
  }));
}

/** As it stands in the help. */
function completedOption(name: OptionName): Option {
  const about = OPTIONS[name];
  const [, value = null, summary = ''] = /--[\w-]+(?: (\S+))? {2,}(.*)/.exec(OPTION_HELP[name]) ?? [];
  return {
    name,
    short: 'short' in about ? about.short : null,
    summary,
    value,
    isMultiple: 'multiple' in about,
  };
}
