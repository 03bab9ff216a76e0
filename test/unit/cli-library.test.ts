import { mkdirSync } from 'node:fs';
import t from 'tap';
import { TsruncError } from '../../src/base/error.js';
import { exampleSpec } from '../../src/cli/spec-template.js';
import * as library from '../../src/index.js';

t.test('the library names what the command line does', async (t) => {
  const names = [
    'createContainer',
    'startContainer',
    'runContainer',
    'execContainer',
    'killContainer',
    'deleteContainer',
  ];
  for (const name of [
    ...names,
    'containerState',
    'listContainers',
    'containerProcesses',
    'loadConfig',
    'planContainer',
  ]) {
    t.type(Reflect.get(library, name), 'function', name);
  }
  t.equal(library.TsruncError, TsruncError);
});

t.test('load', async (t) => {
  const { spec, positionOf } = library.loadConfig(JSON.stringify(exampleSpec(true), null, 2), 'config.json');
  t.equal(spec.hostname, 'tsrunc');
  t.match(positionOf('/hostname'), { line: Number });
  t.throws(() => library.loadConfig('{}', 'config.json'), { code: 'config' });
});

t.test('warnings come with their field and place', async (t) => {
  const warnings: library.TsruncError[] = [];
  const warn: library.Warn = (warning) => warnings.push(warning);
  library.loadProcess('{"args":["sh"],"cwd":"/",\n"capabilities":{"bounding":["CAP_FOO","CAP_FOO"]}}', 'p.json', warn);
  library.loadMounts('[{"destination":"a","type":"tmpfs"}]', 'm.json', warn);
  t.match(warnings, [
    {
      code: 'config',
      fields: { pointer: '/capabilities/bounding/0', file: 'p.json', position: { line: 2, column: 29 } },
    },
    { code: 'config', fields: { pointer: '/mounts/0/destination', file: 'm.json', position: { line: 1 } } },
  ]);
  t.equal(warnings.length, 2);
});

t.test('every example configuration is a valid one', async (t) => {
  for (const spec of [exampleSpec(false), exampleSpec(true), exampleSpec(true, { uid: 1000, gid: 100 })]) {
    t.doesNotThrow(() => library.loadConfig(JSON.stringify(spec), 'config.json'));
  }
});

t.test('plan and explain on this machine', async (t) => {
  let rt: library.Runtime;
  try {
    rt = library.createRuntime({ root: `${t.testdirName}/root` });
  } catch {
    return t.comment('the addon is not built');
  }
  const bundle = t.testdir({ 'config.json': JSON.stringify(exampleSpec(false)) });
  mkdirSync(`${bundle}/rootfs`);
  const options = { id: 'x', bundle, noPivot: false, noNewKeyring: false, preserveFds: 0 };
  const { plan, spec } = library.explainBundle(rt, options);
  t.ok(plan.steps.some(({ step }) => step === 'pivot-root'));
  t.match(library.explainText(plan, spec), /execve|execute/);
  t.strictSame(library.listContainers(rt), { states: [], errors: [] });
});
