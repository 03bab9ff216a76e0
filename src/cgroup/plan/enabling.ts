import type { CgroupOperation } from './cgroup-plan.js';

/**
 * Controllers on in every directory from the mount down to the container's parent. On pure v2 all there are, because whoever
 * started the container will want to read its statistics; on a hybrid host those that a limit needs.
 */
export function enabling(
  v2: { path: string; controllers: readonly string[] },
  mountPoint: string,
  all: boolean,
  limits: readonly CgroupOperation[],
  pointer: string,
): CgroupOperation[] {
  const needed: Record<string, string> = {};
  for (const limit of limits) {
    if (!limit.path.startsWith(`${v2.path}/`)) continue;
    const file = limit.path.slice(v2.path.length + 1);
    const controller = file.slice(0, file.indexOf('.'));
    if (v2.controllers.includes(controller)) needed[controller] ??= limit.pointer;
  }
  const controllers = all ? [...v2.controllers] : Object.keys(needed);
  if (controllers.length === 0) return [];
  const operations: CgroupOperation[] = [];
  const parts = v2.path.slice(mountPoint.length).split('/').slice(1, -1);
  let path = mountPoint;
  for (const part of ['', ...parts]) {
    if (part) path += `/${part}`;
    operations.push({ op: 'enable', path, controllers, needed, pointer });
  }
  return operations;
}
