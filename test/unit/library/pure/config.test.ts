/** parseConfig, validateConfig and exampleSpec of the library. */
import t from 'tap';
import { exampleSpec, parseConfig, type Spec, TsruncError, validateConfig } from '../../../../src/library/pure.js';

const spec = exampleSpec();

function thrown(act: () => unknown): TsruncError {
  try {
    act();
  } catch (error) {
    if (error instanceof TsruncError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

t.test('a configuration as a value, with the places of its parts', async (t) => {
  const text = JSON.stringify({ ...spec, hostname: 'box' }, null, 2);
  const parsed = parseConfig(text);
  t.equal(parsed.spec.hostname, 'box');
  const line = text.split('\n').findIndex((one) => one.includes('"hostname"')) + 1;
  t.same(parsed.positionOf('/hostname'), { line, column: 15 });
  t.same(parsed.positionOf('/linux/nothing'), parsed.positionOf('/linux'), 'what is not there: what is around it');
  t.same(parsed.warnings, []);
});

t.test('integers beyond 2^53 are exact', async (t) => {
  const rlimits = [{ type: 'RLIMIT_NOFILE', soft: 1, hard: 0 }];
  const text = JSON.stringify({ ...spec, process: { ...spec.process, rlimits } }).replace(
    '"hard":0',
    '"hard":18446744073709551615',
  );
  t.equal(parseConfig(text).spec.process?.rlimits?.[0]?.hard, 18446744073709551615n);
});

t.test('a mistake is one error with pointer and position', async (t) => {
  const error = thrown(() =>
    parseConfig('{\n "ociVersion": "1.3.0", "root": { "path": "r" },\n "hostname": 5 }', { file: 'x.json' }),
  );
  t.match(error, {
    code: 'config',
    fields: { pointer: '/hostname', file: 'x.json', position: { line: 3, column: 14 } },
  });
  t.match(error.message, /hostname/);
  t.match(
    thrown(() => parseConfig('{"ociVersion": }')),
    { code: 'config', fields: { position: { line: 1, column: 16 } } },
  );
  const several = thrown(() => parseConfig('{"ociVersion": 1, "hostname": 5, "root": { "path": "r" } }'));
  t.equal(several.fields.problems?.length, 2, 'several mistakes are in one error');
});

t.test('warnings of an accepted configuration', async (t) => {
  const { warnings } = parseConfig(JSON.stringify(spec, null, 1).replace('CAP_KILL', 'CAP_KILT'));
  const pointer = '/process/capabilities/bounding/1';
  t.match(warnings, [{ severity: 'warning', pointer, position: { line: Number }, message: /CAP_KILT/ }]);
});

t.test('all findings, without throwing', async (t) => {
  t.same(validateConfig(JSON.stringify(spec)), []);
  const wrong = {
    ...spec,
    hostname: 'a/b\0',
    mounts: [{ destination: 'relative', type: 'tmpfs' }, { destination: 5 }],
  };
  const text = JSON.stringify(wrong, null, 2);
  const found = validateConfig(text);
  const errors = found.filter(({ severity }) => severity === 'error');
  t.ok(errors.length >= 2, `${errors.length} errors`);
  const places = found.map(({ position }) => position?.line ?? 0);
  t.same(
    places,
    [...places].sort((a, b) => a - b),
    'in the order of the text',
  );
  for (const { pointer, position, message } of found) {
    t.ok(pointer.startsWith('/'), pointer);
    t.ok(position !== undefined && message !== '', message);
  }
  t.match(validateConfig('{'), [{ severity: 'error', pointer: '', position: { line: 1, column: 2 } }]);
});

t.test('the same of a value, without places', async (t) => {
  const wrong: Spec = { ...spec, root: { path: '' } };
  t.strictSame(
    validateConfig(wrong),
    validateConfig(JSON.stringify(wrong)).map(({ position: _, ...finding }) => finding),
  );
  t.ok(validateConfig(wrong).length > 0);
  const limit: Spec = {
    ...spec,
    process: { ...spec.process!, rlimits: [{ type: 'RLIMIT_CPU', soft: 5n, hard: 2n ** 64n }] },
  };
  t.match(validateConfig(limit), [{ severity: 'error', pointer: '/process/rlimits/0/hard' }], 'a bigint is a number');
});

t.test('every example is a valid one, and nobody else has it', async (t) => {
  for (const options of [{}, { cgroupNamespace: false }, { rootless: true }, { rootless: true, uid: 5, gid: 6 }])
    t.same(validateConfig(exampleSpec(options)), [], JSON.stringify(options));
  t.same(exampleSpec({ rootless: true, uid: 5 }).linux?.gidMappings, [{ containerID: 0, hostID: 5, size: 1 }]);
  exampleSpec().mounts!.length = 0;
  exampleSpec().mounts![0]!.destination = '/changed';
  exampleSpec().process!.capabilities!.bounding!.push('CAP_SYS_ADMIN');
  t.strictSame(exampleSpec(), spec);
});
