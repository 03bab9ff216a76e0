/** Says what `restore` would do, for `explain restore`. */
import { externalNamespaces } from '../../criu/common-options.js';
import { findCriu } from '../../criu/executable.js';
import { groupOfRoot } from '../../criu/image-access.js';
import type { RestoreOptions } from '../../criu/options.js';
import { operationText, runtimeHookLines } from '../../plan/explain/explain.js';
import { explainStep } from '../../plan/explain/explain-steps.js';
import type { Line } from '../../plan/explain/line.js';
import { planMountPoints } from '../../plan/mounts/helper-mounts.js';
import type { PlanWarning } from '../../plan/plan.js';
import { readBundle } from '../creation/bundle.js';
import { planForCriu } from '../creation/bundle-plan.js';
import { withPosition } from '../error-location.js';
import { factsForPlan } from '../explain-bundle.js';
import type { Runtime } from '../runtime.js';

/**
 * What `restore` would do, in order; nothing is changed, and the images aren't looked at.
 * @throws TsruncError of the configuration or the host; 'system' where there is no criu
 */
export function restoreLines(
  rt: Runtime,
  options: RestoreOptions,
): { readonly lines: Line[]; readonly warnings: readonly PlanWarning[] } {
  const bundle = readBundle(rt, options.bundle, options.configFile);
  const { config, path, rootfs } = bundle;
  const { spec } = config;
  const criu = findCriu(rt.native, rt.env);
  const facts = factsForPlan(rt);
  const lines: Line[] = [];
  const add = (pointer: string, text: string, of: Line['of'], actor: Line['actor'] = 'runtime'): void => {
    lines.push({ actor, text, pointer, of });
  };
  try {
    const plan = planForCriu(rt, options, bundle, facts);
    add('', `open the images in ${options.imagePath}`, options);
    const group = groupOfRoot(spec);
    if (group !== undefined && group !== 0)
      add('/linux/gidMappings', `let group ${group} read them, which is 0 in the user namespace`, spec);
    add('', 'make the state directory', 'state');
    for (const operation of plan.cgroup.operations) add(operation.pointer, operationText(operation), operation);
    const points = planMountPoints(spec, { bundle: path, rootfs }, facts);
    for (const step of points.steps) add(step.pointer, explainStep(step, points), step, 'init');
    for (const { type, path: file } of externalNamespaces(spec))
      add('/linux/namespaces', `open the ${type} namespace ${file}, which the container joins`, spec);
    add('', `start ${criu.executable}${plan.cgroup.cloneInto && ` in cgroup ${plan.cgroup.cloneInto}`}`, 'spawn');
    const { systemd } = plan.cgroup;
    if (systemd !== undefined)
      add(systemd.pointer, `have systemd start the unit ${systemd.unit} with criu in it`, systemd);
    for (const file of plan.cgroup.join) add('', `write its pid to ${file}`, plan.cgroup);
    add('', `have criu restore the processes, their files and mounts${criuWords(options)}`, options);
    runtimeHookLines(plan, add);
    add('', 'let the processes run on', 'spawn');
    const found = config.warnings.map(({ pointer, text }) => ({ text, pointer }));
    return { lines, warnings: [...found, ...plan.warnings] };
  } catch (error) {
    throw withPosition(error, config);
  }
}

/** The options that say how criu restores, as words behind a comma. */
function criuWords(options: RestoreOptions): string {
  const words = [
    options.tcpEstablished && 'established TCP connections with them',
    options.tcpClose && 'TCP connections closed',
    options.extUnixSk && 'unix sockets that lead out',
    options.fileLocks && 'file locks',
    options.shellJob && 'the terminal of a shell job',
    options.lazyPages && 'memory when it is first used',
    options.manageCgroupsMode !== undefined && `cgroups in mode ${options.manageCgroupsMode}`,
    options.lsmProfile !== undefined && `security label ${options.lsmProfile}`,
  ].filter((word) => word !== false);
  return words.length === 0 ? '' : `: ${words.join(', ')}`;
}
