import { cleanPath } from '../path.js';
import type { ContainerContext } from './container-context.js';
import { hasOwn } from './namespaces.js';

/** Steps for linux.readonlyPaths and linux.maskedPaths, in runc's order: a path in both ends up masked. */
export function planPaths({ spec, builder, namespaces, facts }: ContainerContext): void {
  const readonly = spec.linux?.readonlyPaths ?? [];
  const masked = spec.linux?.maskedPaths ?? [];
  readonly.forEach((path, i) => {
    builder.add(`/linux/readonlyPaths/${i}`, { step: 'readonly-path', path: cleanPath(path) });
  });
  const label = facts.selinux ? (spec.linux?.mountLabel ?? '') : '';
  masked.forEach((path, i) => {
    builder.add(`/linux/maskedPaths/${i}`, { step: 'mask-path', path: cleanPath(path), label });
  });
  // A joined namespace keeps them after the container is gone; the same mounts of another container show there.
  if ((readonly.length > 0 || masked.length > 0) && !hasOwn(namespaces, 'mount')) {
    builder.warn(
      '/linux/maskedPaths',
      'paths are masked in a detached tree: the container has no mount namespace of its own',
    );
  }
}
