/** The operation behind `explain`: plans a container without making it. */
import type { Spec } from '../config/spec.js';
import type { HostFacts } from '../plan/host-facts.js';
import type { ContainerPlan } from '../plan/plan.js';
import { wholePlan } from '../plan/plan-container.js';
import { type Bundle, readBundle } from './creation/bundle.js';
import { beginBundlePlan } from './creation/bundle-plan.js';
import { hostFacts } from './creation/host-facts.js';
import { joinedIdMaps } from './creation/id-maps.js';
import { connectSystemd } from './creation/systemd-unit.js';
import { withPosition } from './error-location.js';
import { listenFds } from './exec/preserved-fds.js';
import type { CreateOptions } from './options.js';
import type { Runtime } from './runtime.js';

/** A configuration and its plan, whose warnings include those of the checks of the configuration. */
export interface Explanation {
  readonly spec: Spec;
  readonly plan: ContainerPlan;
  /** The facts about this machine that the plan depends on. */
  readonly facts: HostFacts;
  readonly bundle: Bundle;
}

/**
 * Plans the container that `create` would make with the same options. It only reads the bundle and facts about this
 * host, changes nothing and needs no root.
 * @throws TsruncError 'config' with every mistake in config.json, 'unsupported' for what this host can't do, 'system'
 * if the bundle can't be read
 */
export function explainBundle(rt: Runtime, options: CreateOptions): Explanation {
  const bundle = readBundle(rt, options.bundle, options.configFile);
  const { config } = bundle;
  const listening = listenFds(rt);
  const joinedMaps = joinedIdMaps(rt, config.spec);
  const facts = factsForPlan(rt);
  try {
    const preserveFds = options.preserveFds + listening;
    const request = { options, bundle, facts, preserveFds, listening, foreground: false, joinedMaps };
    const plan = wholePlan(beginBundlePlan(rt, request));
    const found = config.warnings.map(({ pointer, text }) => ({ text, pointer }));
    return { spec: config.spec, plan: { ...plan, warnings: [...found, ...plan.warnings] }, facts, bundle };
  } catch (error) {
    throw withPosition(error, config);
  }
}

/** The facts about this host that a plan is made from, also those that systemd tells where that makes the cgroups. */
export function factsForPlan(rt: Runtime): HostFacts {
  const facts = hostFacts(rt);
  if (rt.cgroupManager !== 'systemd') return facts;
  const systemd = connectSystemd(rt, facts);
  systemd.manager.close();
  return systemd.facts;
}
