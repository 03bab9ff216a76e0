/** Plans mounts with the option `remount`. */
import { NO_SLOT } from '../steps/step-table.js';
import { needMountNamespace, type PlannedMount } from './planned-mount.js';

/**
 * Adds the steps for a remount. They change only what the options name: attributes of the mount, and without `bind`
 * also parameters of its file system. mount(2) with MS_REMOUNT would instead reset every flag that isn't given again.
 */
export function planRemount(
  { context, mount: { type }, options, target, pointer }: PlannedMount,
  isBind: boolean,
): void {
  const { builder } = context;
  needMountNamespace(context, `${pointer}/options`, 'propagation and remount');
  const mount = NO_SLOT;
  const parameters = [...options.parameters, ...options.data];
  if (!isBind && (parameters.length > 0 || options.iversion !== undefined)) {
    const iversion = options.iversion === undefined ? 0 : options.iversion ? 1 : 2;
    builder.add(pointer, { step: 'mount-reconfigure', mount, target, parameters, iversion });
  }
  const attributes = (set: number, clear: number, recursive: number): void => {
    if ((set | clear) === 0) return;
    const [setAttributes, clearAttributes] = [BigInt(set), BigInt(clear)];
    builder.add(pointer, { step: 'mount-attributes', mount, target, setAttributes, clearAttributes, recursive });
  };
  // In a cgroup v1 mount the hierarchies are mounts below the tmpfs.
  attributes(options.set, options.clear, type === 'cgroup' ? 1 : 0);
  attributes(options.recursiveSet, options.recursiveClear, 1);
}
