// The OCI's own suite, where it lies beside the project: $TSRUNC_CONFORMANCE, or ../shared/conformance. .ci/run runs it
// with every test and adds them to its counts; here it is one test, left out unless it is asked for.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { execute, project, runtime } from '../helpers/runtime.js';
import { skipIf, tsruncOnly } from '../helpers/when.js';

const suite = process.env.TSRUNC_CONFORMANCE ?? join(project, '../shared/conformance');
const asked = process.env.TSRUNC_CONFORMANCE !== undefined;

t.test(
  'no failure but the known ones',
  {
    skip: skipIf(
      !existsSync(join(suite, 'run')) && 'the conformance suite is not there',
      !asked &&
        'the conformance suite takes minutes: .ci/run runs it, or TSRUNC_CONFORMANCE=DIRECTORY npm test -- conformance',
      tsruncOnly('its known failures are those of tsrunc'),
    ),
    timeout: 600_000,
  },
  async (t) => {
    const known = join(suite, 'known-failures');
    const result = execute([join(suite, 'run'), '--known', known, runtime], { timeout: 590_000 });
    t.equal(
      result.status,
      0,
      result.stdout
        .split('\n')
        .filter((line) => /^(FAIL|timeout|total)/.test(line))
        .join('\n'),
    );
  },
);
