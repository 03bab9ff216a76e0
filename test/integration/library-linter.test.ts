/** The program "A bundle linter for CI" of docs/library.md, as it stands there. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { exampleSpec, type Spec } from '../../src/library/pure.js';
import { project } from '../helpers/runtime.js';

const built = existsSync(join(project, 'dist/library/pure.js'));

t.test('a bundle linter for CI', { skip: !built && 'dist is not built' }, async (t) => {
  const page = readFileSync(join(project, 'docs/library.md'), 'utf8');
  const [, program = ''] = /^```js lint-bundles\.mjs\n([\s\S]*?)^```$/m.exec(page) ?? [];
  t.not(program, '');
  const directory = t.testdir({ 'lint-bundles.mjs': program, node_modules: {} });
  symlinkSync(project, join(directory, 'node_modules/tsrunc'));
  const bundle = (name: string, text: string): string => {
    mkdirSync(join(directory, name));
    writeFileSync(join(directory, name, 'config.json'), text);
    return name;
  };
  const lint = (...bundles: string[]) =>
    spawnSync(process.execPath, ['lint-bundles.mjs', ...bundles], { cwd: directory, encoding: 'utf8' });

  const spec = exampleSpec();
  const limited: Spec = { ...spec, linux: { ...spec.linux, resources: { memory: { limit: 1 << 26 } } } };
  const good = lint(bundle('good', JSON.stringify(limited, null, 2)));
  t.equal(good.stderr, '');
  t.equal(good.status, 0, good.stdout);
  t.notMatch(good.stdout, / error: /);
  t.match(good.stdout, /^good\/config\.json:\d+:\d+: advice: \/linux\S*: /m);

  const bad = lint(
    bundle('unlimited', JSON.stringify(spec, null, 2)),
    bundle('labelled', JSON.stringify({ ...limited, process: { ...spec.process, selinuxLabel: 'a:b:c:d' } })),
    bundle('wrong', JSON.stringify({ ...limited, process: { ...spec.process, cwd: 'here' } })),
    bundle('broken', '{\n  "ociVersion": '),
  );
  t.equal(bad.status, 1);
  for (const line of [
    /^unlimited\/config\.json:\d+:\d+: error: \/linux\/resources\/memory\/limit: is missing; every container/m,
    /^labelled\/config\.json:1:\d+: error: \/process\/selinuxLabel: SELinux is not enabled/m,
    /^wrong\/config\.json:1:\d+: error: \/process\/cwd: is "here"/m,
    /^broken\/config\.json:2:\d+: error: : /m,
  ])
    t.match(bad.stdout, line);
});
