/** A role whose libraries write to the console. */
import type { LogConfiguration } from '../../../host/log/log.ts';
import { foreground } from '../../../host/role/signals.ts';
import { MACHINE } from '../tools.ts';

await foreground(
  async (_file, _log, { useLog }) => {
    const [, , , format, level] = process.argv;
    if (format !== undefined) useLog?.({ format, level } as LogConfiguration);
    console.log('%s of %d', 'one', 2);
    console.info('two');
    console.warn('three\nlines\n');
    console.error(new Error('four'));
    console.debug('five');
    console.trace('six');
    process.emitWarning('seven');
    await new Promise((resolve) => setImmediate(resolve));
  },
  'no file',
  { ...MACHINE, verbose: process.argv[2] === 'verbose', syslog: process.argv[2] === 'syslog' },
);
