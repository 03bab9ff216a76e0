/** What `explain --check` foretells as a user without rights, beside what then really happens. */
import { chownSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { baseConfig, type TestConfig } from '../helpers/config.js';
import { type Call, checkCounts, compareForecast, notWanted, PATIENCE } from '../helpers/forecast.js';
import { anyonesCases, type ForecastCase, userCases } from '../helpers/forecast-cases.js';
import { execute, plainEnv } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { asUser, reachableRuntime, USER_ID } from '../helpers/user.js';
import { needsRoot, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const skip = needsRoot() || tsruncOnly('it has no explain');
const onlySome = process.env.FORECAST !== undefined && 'only some were wanted';

/** The configuration for a user: a user namespace with one id, and no cgroups. */
function userConfig(): TestConfig {
  const config = baseConfig();
  config.linux.namespaces.push({ type: 'user' });
  config.linux.uidMappings = [{ containerID: 0, hostID: USER_ID, size: 1 }];
  config.linux.gidMappings = [{ containerID: 0, hostID: USER_ID, size: 1 }];
  config.linux.resources = {};
  return config;
}

function asOther(one: ForecastCase): void {
  t.test(one.name, { skip: skip || one.skip?.() || notWanted(one) }, async (t) => {
    const bundle = box.bundle();
    const config = userConfig();
    execute(['chown', '-Rh', `${USER_ID}:${USER_ID}`, bundle]);
    one.change(config, bundle);
    box.writeConfig(bundle, config);
    compareForecast(t, box, one, bundle, userCall());
  });
}

let home: string | undefined;
/** A call of the runtime as the user, who has a directory for the state. */
function userCall(): Call {
  if (home === undefined) {
    home = box.directory('user');
    mkdirSync(join(home, 'run'), { mode: 0o700 });
    for (const path of [home, join(home, 'run')]) chownSync(path, USER_ID, USER_ID);
  }
  const env = { ...plainEnv, HOME: home, XDG_RUNTIME_DIR: join(home, 'run') };
  const executable = reachableRuntime(box);
  return (...args) => execute([executable, ...args], { wrapper: asUser, env, cwd: home!, timeout: PATIENCE });
}

for (const one of [...anyonesCases, ...userCases]) asOther(one);

t.test('a state directory that can not be made', { skip }, async (t) => {
  const bundle = box.bundle((config) => Object.assign(config, userConfig()));
  const told = userCall()('--root', '/etc/tsrunc', 'explain', '--check', '--bundle', bundle);
  t.equal(told.status, 1);
  t.match(told.stdout, /nothing can be made in \/etc; set XDG_RUNTIME_DIR, or name another place with --root/);
  t.notOk(existsSync('/etc/tsrunc'));
});

t.test('enough was compared, and little of it was unknown', { skip: skip || onlySome }, async (t) =>
  checkCounts(t, 65),
);

box.end(t);
