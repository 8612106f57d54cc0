/** The commands that send a mail to see whether it arrives. */
import { type CommandDescription, MACHINE } from './command.ts';
import { TEST_MAIL_HELP, TEST_NOTICE_HELP } from './help-texts.ts';
import { DEFAULT_CONFIGURATION } from './options.ts';
import { readOwnFile } from './role-files.ts';
import { roleNamed } from './role-of.ts';
import { testMailCommand } from './test-mail.ts';
import { usualFile } from './usual-file.ts';

export const TEST_MAIL_COMMANDS = {
  'test-mail': testing(
    'test-mail',
    'test-mail ADDRESS',
    'one mail, and what the mail server says of it',
    TEST_MAIL_HELP,
  ),
  'test-notice': testing(
    'test-notice',
    'test-notice ADDRESS [SERVER]',
    'the notice that somebody would get, marked as a test',
    TEST_NOTICE_HELP,
  ),
};

function testing(
  name: 'test-mail' | 'test-notice',
  synopsis: string,
  summary: string,
  help: string,
): CommandDescription {
  return {
    ...{ synopsis: `${synopsis} [-c FILE] [--role ROLE] [--json]`, summary, help },
    options: ['config', 'role', 'verbose', 'json'],
    takesMore: true,
    action: async (
      { config = usualFile(DEFAULT_CONFIGURATION), role, verbose = false, json = false },
      words,
    ) => {
      const { text, isSent } = await testMailCommand(
        {
          ...{ name, json, file: config, mailing: () => readOwnFile(config, roleNamed(role)).mailing },
          hear: verbose ? (line) => console.error(line) : null,
          ...MACHINE,
        },
        words,
      );
      console.log(text);
      if (!isSent) process.exitCode = 1;
    },
  };
}
