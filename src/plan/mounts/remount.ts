import { NO_SLOT } from '../steps/step-table.js';
import { needMountNamespace, type PlannedMount } from './planned-mount.js';

/**
 * Steps for a mount with the option `remount`: of the mount, and without `bind` of its file system, what the options name is
 * changed. All else stays as it is: mount(2) with MS_REMOUNT would reset every flag that isn't given again.
 */
export function planRemount({ context, mount: { type }, options, target, from }: PlannedMount, isBind: boolean): void {
  const { builder } = context;
  needMountNamespace(context, `${from}/options`, 'propagation and remount');
  const mount = NO_SLOT;
  const parameters = [...options.parameters, ...options.data];
  if (!isBind && (parameters.length > 0 || options.iversion !== undefined)) {
    const iversion = options.iversion === undefined ? 0 : options.iversion ? 1 : 2;
    builder.add(from, { step: 'mount-reconfigure', mount, target, parameters, iversion });
  }
  const attributes = (set: number, clear: number, recursive: number): void => {
    if ((set | clear) === 0) return;
    const [setAttributes, clearAttributes] = [BigInt(set), BigInt(clear)];
    builder.add(from, { step: 'mount-attributes', mount, target, setAttributes, clearAttributes, recursive });
  };
  // The hierarchies of cgroup v1 are mounts below it.
  attributes(options.set, options.clear, type === 'cgroup' ? 1 : 0);
  attributes(options.recursiveSet, options.recursiveClear, 1);
}
