/** The module's tests, with every statement of the module saying that it runs: into module.info in $COVERAGE, or build/coverage. */
import tests from '../as-pect.config.js';
import { onHit, writeAtExit } from './points.js';

writeAtExit(process.env.COVERAGE ?? 'build/coverage');

export default {
  ...tests,
  instantiate: (memory, createImports, instantiate, binary) =>
    tests.instantiate(
      memory,
      (imports) => createImports({ ...imports, hit: { __hit: onHit } }),
      instantiate,
      binary,
    ),
};
