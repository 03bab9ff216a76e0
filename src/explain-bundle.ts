import { loadConfig } from './config/load.js';
import { hostFacts } from './container/host-facts.js';
import type { CreateOptions } from './container/options.js';
import { absolutePath } from './container/paths.js';
import type { Runtime } from './container/runtime.js';
import { ENOENT } from './errno.js';
import { isErrno } from './error.js';
import { explainJson, explainText } from './plan/explain.js';
import type { Plan } from './plan/plan.js';
import { planContainer } from './plan/plan-container.js';

const CONFIG_LIMIT = 16 << 20;

/** What would be done to make a container. */
export interface Explanation {
  readonly plan: Plan;
  asText(): string;
  asJson(): unknown;
}

/**
 * Plans a container of a bundle without making it: reads config.json and what the planner has to know of this host,
 * changes nothing, needs no root. A rootfs that isn't there yet is no error here.
 * @throws TsruncError 'config' with every mistake of config.json, 'unsupported' for what this host can't honour,
 * 'system' when the bundle can't be read.
 */
export function explainBundle(rt: Runtime, options: CreateOptions): Explanation {
  const bundle = absolutePath(rt, options.bundle);
  const file = options.configFile ? absolutePath(rt, options.configFile) : `${bundle}/config.json`;
  const { spec } = loadConfig(rt.native.readFile(file, CONFIG_LIMIT), options.configFile ?? 'config.json');
  const listenFds = Number(/^\d{1,6}$/.exec(rt.env.LISTEN_FDS ?? '')?.[0] ?? 0);
  const plan = planContainer(
    spec,
    {
      id: options.id,
      bundle,
      rootfs: rootfsPath(rt, bundle, spec.root?.path ?? 'rootfs'),
      noPivot: options.noPivot,
      noNewKeyring: options.noNewKeyring,
      preserveFds: options.preserveFds + listenFds,
      listenFds,
      foreground: false,
      cgroupManager: rt.cgroupManager === 'disabled' ? 'disabled' : 'cgroupfs',
    },
    hostFacts(rt),
  );
  return { plan, asText: () => explainText(plan, spec), asJson: () => explainJson(plan) };
}

function rootfsPath(rt: Runtime, bundle: string, path: string): string {
  const absolute = path.startsWith('/') ? path : `${bundle}/${path}`;
  try {
    return rt.native.realPath(absolute);
  } catch (error) {
    if (isErrno(error, ENOENT)) return absolute;
    throw error;
  }
}
