import { cleanPath } from '../../base/path.js';
import { crunAnnotations } from '../../config/crun-annotations.js';
import type { Spec } from '../../config/spec.js';
import type { ContainerContext } from '../container-context.js';
import type { HostFacts } from '../host-facts.js';
import { hasOwn } from '../namespaces/namespaces.js';

/** Steps for linux.readonlyPaths and linux.maskedPaths, in runc's order: a path in both ends up masked. */
export function planPaths({ spec, builder, namespaces, facts }: ContainerContext): void {
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
  // A joined namespace keeps them after the container is gone; the same mounts of another container show there.
  if ((readonly.length > 0 || masked.length > 0) && !hasOwn(namespaces, 'mount')) {
    builder.warn(
      '/linux/maskedPaths',
      'paths are masked in a detached tree: the container has no mount namespace of its own',
    );
  }
}

/** The label of what covers folders: one tmpfs for all of them, so that all say the same. */
export function coverLabel(spec: Spec, facts: HostFacts): { label: string; context: string } {
  const label = facts.selinux ? (spec.linux?.mountLabel ?? '') : '';
  return { label, context: crunAnnotations(spec.annotations).mountContext };
}

/**
 * What a path may mean. `..` after a name that is a link in the image leads elsewhere than the text says, and nowhere if
 * there is no such name: both are protected. A file with a slash behind it, which the kernel doesn't find, is the file.
 */
function readings(path: string): string[] {
  const clean = cleanPath(path);
  if (!path.includes('..')) return [clean];
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  const climbs = parts.some((part, i) => part === '..' && i > 0 && parts[i - 1] !== '..');
  return climbs ? [clean, `/${parts.join('/')}`] : [clean];
}
