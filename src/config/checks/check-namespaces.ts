/** Checks linux.namespaces. */
import { quote } from '../../base/quote.js';
import { eachItem, type Findings } from '../findings.js';
import type { NamespaceSet } from '../namespace-set.js';
import type { Linux, NamespaceType } from '../spec.js';

/**
 * linux.namespaces (config-linux.md, Namespaces): each type once, absolute paths. A new user namespace must have id mappings, and
 * id mappings must have a user namespace.
 */
export function checkNamespaces(linux: Linux, namespaces: NamespaceSet, findings: Findings): void {
  const seen = new Map<NamespaceType, string>();
  eachItem(linux.namespaces, '/linux/namespaces', ({ type, path }, pointer) => {
    const first = seen.get(type);
    if (first !== undefined) {
      findings.problem(`${pointer}/type`, `${quote(type)} was given before at ${first}; must be given once`);
    } else seen.set(type, pointer);
    if (path !== undefined && path !== '' && !path.startsWith('/')) {
      findings.problem(`${pointer}/path`, `is ${quote(path)}; must be an absolute path`);
    }
  });
  for (const name of ['uidMappings', 'gidMappings'] as const) {
    const pointer = `/linux/${name}`;
    const given = (linux[name]?.length ?? 0) > 0;
    if (given && namespaces.lacks('user')) {
      findings.problem(
        pointer,
        'has no user namespace to be in; must have "user" in /linux/namespaces, or be left out',
      );
    }
    const made = namespaces.get('user') !== undefined && namespaces.path('user') === undefined;
    if (!given && made && !findings.isDamaged(pointer)) {
      findings.problem(pointer, 'is missing; must be given for a new user namespace');
    }
  }
}
