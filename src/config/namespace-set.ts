/** The namespaces of a configuration, by type. */
import { eachItem, type Findings } from './findings.js';
import type { Linux, Namespace, NamespaceType } from './spec.js';

/**
 * linux.namespaces as a map; of two entries of one type the first counts. When the schema took entries out of the list, one of them
 * may have been of any type: `lacks` then is false for every type.
 */
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

  /** True when the list has no namespace of this type, so that the container stays in the runtime's. */
  lacks(type: NamespaceType): boolean {
    return !this.uncertain && !this.entries.has(type);
  }

  /** The path of the namespace to join; undefined for a new one, for which the path may also be empty. */
  path(type: NamespaceType): string | undefined {
    return this.entries.get(type)?.path || undefined;
  }
}
