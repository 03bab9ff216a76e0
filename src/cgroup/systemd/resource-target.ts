/** What the properties for limits depend on besides the limits. */
export interface ResourceTarget {
  /** True on hosts with only cgroup v2, where properties have other names than with v1. */
  v2: boolean;
  /** The version of systemd, e.g. 252. */
  version: number;
  /** What the properties are for: some can be set only when a scope is started, not for a running one or a slice. */
  unit: 'new-scope' | 'new-slice' | 'running';
  /** Pointer of `resources`: /linux/resources in config.json, '' in a resources file. */
  pointer: string;
}
