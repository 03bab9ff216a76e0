/** The configurations that engines generate: nothing is found in any of them, unless advice is asked for. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { exampleSpec } from '../../../../src/cli/spec-template.js';
import { loadConfig } from '../../../../src/config/load.js';
import { validateText } from '../../../../src/config/validate/validate.js';
import { planProblems } from '../../../../src/plan/plan-problems.js';
import { fixtureConfigs, fixtures } from '../../../helpers/config-helpers.js';

const directory = join(fixtures, 'generated-configs');
interface Captured {
  readonly profiles: Readonly<Record<string, unknown>>;
  readonly configs: Readonly<Record<string, { linux?: { seccomp?: unknown } }>>;
}
const { profiles, configs }: Captured = JSON.parse(readFileSync(join(directory, 'configs.json'), 'utf8'));

const all = new Map<string, string>();
for (const [name, config] of Object.entries(configs)) {
  const seccomp = config.linux?.seccomp as { $ref: string } | undefined;
  if (seccomp !== undefined) config.linux!.seccomp = profiles[seccomp.$ref];
  all.set(name, JSON.stringify(config));
}
for (const [name, text] of fixtureConfigs()) if (name !== 'everything.json') all.set(`configs/${name}`, text);
all.set('tsrunc spec', JSON.stringify(exampleSpec(true)));
all.set('tsrunc spec, hybrid', JSON.stringify(exampleSpec(false)));
all.set('tsrunc spec --rootless', JSON.stringify(exampleSpec(true, { uid: 1000, gid: 1000 })));

/** What is found in the templates of crun, and is so: it can't raise these capabilities either, and makes the mappings itself. */
const ambient = [0, 1, 2].map((index) => `warning /process/capabilities/ambient/${index}`);
const trueFindings = new Map([
  ['crun-spec', ambient],
  ['crun-spec-rootless', [...ambient, 'error /linux/uidMappings', 'error /linux/gidMappings']],
]);

t.test('what is found in the templates of crun is so', async (t) => {
  for (const [name, expected] of trueFindings) {
    const { findings } = validateText(all.get(name) ?? '', { further: planProblems });
    t.same(
      findings.map(({ severity, pointer }) => `${severity} ${pointer}`),
      expected,
      name,
    );
  }
});

t.test('no error, no warning', async (t) => {
  for (const [name, text] of all) {
    if (trueFindings.has(name)) continue;
    t.same(validateText(text, { further: planProblems }).findings, [], name);
    t.same(loadConfig(text, name).warnings, [], `${name}: create says nothing`);
  }
  t.ok(all.size >= 40, `${all.size} configurations`);
});

t.test('with advice, nothing but advice', async (t) => {
  for (const [name, text] of all) {
    if (trueFindings.has(name)) continue;
    const { findings } = validateText(text, { further: planProblems, advise: true });
    t.same(
      findings.filter(({ severity }) => severity !== 'advice'),
      [],
      name,
    );
  }
});

t.test('every engine is among them', async (t) => {
  const names = [...all.keys()];
  for (const engine of [
    'docker-',
    'ctr-',
    'cri-',
    'podman-',
    'podman-rootless-',
    'runc-spec',
    'crun-spec',
    'podman-build',
  ])
    t.ok(
      names.some((name) => name.startsWith(engine)),
      engine,
    );
  t.same(readdirSync(directory).sort(), ['README.md', 'configs.json']);
});
