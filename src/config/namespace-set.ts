import { eachItem, type Findings } from './findings.js';
import type { Linux, Namespace, NamespaceType } from './spec.js';

/** linux.namespaces by type. Of a list that the schema found fault with, nothing is said to be missing. */
export class NamespaceSet {
  private readonly entries = new Map<NamespaceType, Namespace>();
  private readonly uncertain: boolean;

  constructor(linux: Linux | undefined, findings: Findings) {
    this.uncertain = findings.isDamaged('/linux/namespaces') || (linux === undefined && findings.isDamaged('/linux'));
    eachItem(linux?.namespaces, '/linux/namespaces', (namespace) => {
      if (!this.entries.has(namespace.type)) this.entries.set(namespace.type, namespace);
    });
  }

  get(type: NamespaceType): Namespace | undefined {
    return this.entries.get(type);
  }

  /** True when the container certainly stays in the runtime's namespace of that type. */
  lacks(type: NamespaceType): boolean {
    return !this.uncertain && !this.entries.has(type);
  }

  /** The path of a namespace that is joined; undefined for a new one. An empty path is none. */
  path(type: NamespaceType): string | undefined {
    return this.entries.get(type)?.path || undefined;
  }
}
