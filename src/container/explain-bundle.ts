import type { Spec } from '../config/spec.js';
import type { Plan } from '../plan/plan.js';
import { wholePlan } from '../plan/plan-container.js';
import { readBundle } from './creation/bundle.js';
import { hostFacts } from './creation/host-facts.js';
import { joinedIdMaps } from './creation/id-maps.js';
import { beginBundlePlan } from './creation/plan-bundle.js';
import { connectSystemd } from './creation/systemd-unit.js';
import { withPosition } from './error-location.js';
import { listenFds } from './exec/preserved-fds.js';
import type { CreateOptions } from './options.js';
import type { Runtime } from './runtime.js';

/** What `create` with the same options would do. */
export interface Explanation {
  readonly spec: Spec;
  readonly plan: Plan;
}

/**
 * Plans a container of a bundle without making it: reads config.json and what the planner has to know of this host,
 * changes nothing, needs no root.
 * @throws TsruncError 'config' with every mistake of config.json, 'unsupported' for what this host can't honour,
 * 'system' when the bundle can't be read.
 */
export function explainBundle(rt: Runtime, options: CreateOptions): Explanation {
  const bundle = readBundle(rt, options.bundle, options.configFile);
  const { config } = bundle;
  const listening = listenFds(rt);
  const joinedMaps = joinedIdMaps(rt, config.spec);
  let facts = hostFacts(rt);
  if (rt.cgroupManager === 'systemd') {
    const systemd = connectSystemd(rt, facts);
    systemd.manager.close();
    facts = systemd.facts;
  }
  try {
    const setting = { listening, foreground: false, ...(joinedMaps !== undefined && { joinedMaps }) };
    const plan = wholePlan(beginBundlePlan(rt, options, bundle, setting, facts));
    const found = config.warnings.map(({ pointer, text }) => ({ text, from: pointer }));
    return { spec: config.spec, plan: { ...plan, warnings: [...found, ...plan.warnings] } };
  } catch (error) {
    throw withPosition(error, config);
  }
}
