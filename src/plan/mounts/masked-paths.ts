/** linux.maskedPaths and linux.readonlyPaths: paths that the container may not read, or not write. */
import { cleanPath } from '../../base/path.js';
import { crunAnnotations } from '../../config/crun-annotations.js';
import type { Spec } from '../../config/spec.js';
import type { HostFacts } from '../host-facts.js';
import { hasOwn } from '../namespaces/namespaces.js';
import type { MountContext } from './mount-context.js';

/**
 * Adds the steps for both lists. Masked paths come last, as with runc, so that a path in both lists ends up masked.
 */
export function planPaths({ spec, builder, namespaces, facts }: MountContext): void {
  const readonly = spec.linux?.readonlyPaths ?? [];
  const masked = spec.linux?.maskedPaths ?? [];
  readonly.forEach((written, i) => {
    for (const path of readings(written)) builder.add(`/linux/readonlyPaths/${i}`, { step: 'readonly-path', path });
  });
  const { label, context } = coverLabel(spec, facts);
  masked.forEach((written, i) => {
    for (const path of readings(written))
      builder.add(`/linux/maskedPaths/${i}`, { step: 'mask-path', path, label, context });
  });
  // Nothing is said of a joined mount namespace, in which these mounts outlive the container.
  if ((readonly.length > 0 || masked.length > 0) && !hasOwn(namespaces, 'mount')) {
    builder.warn(
      '/linux/maskedPaths',
      'paths are masked in a detached tree: the container has no mount namespace of its own',
    );
  }
}

/**
 * The SELinux label, and the name of the mount option for it, of the tmpfs that covers masked directories. One tmpfs
 * covers all of them, so every step has to give the same label.
 */
export function coverLabel(spec: Spec, facts: HostFacts): { label: string; context: string } {
  const label = facts.selinux ? (spec.linux?.mountLabel ?? '') : '';
  return { label, context: crunAnnotations(spec.annotations).mountContext };
}

/**
 * The paths to protect for one in the configuration. If the name before a `..` is a symlink in the image, the kernel
 * goes on from its target, so such a path means one thing as text and another to the kernel: both are protected.
 * Trailing slashes are dropped, since the kernel finds no file by a name with one.
 */
function readings(path: string): string[] {
  const clean = cleanPath(path);
  if (!path.includes('..')) return [clean];
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  const climbs = parts.some((part, i) => part === '..' && i > 0 && parts[i - 1] !== '..');
  return climbs ? [clean, `/${parts.join('/')}`] : [clean];
}
