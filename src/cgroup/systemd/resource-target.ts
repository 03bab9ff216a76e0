/** What the properties depend on. */
export interface ResourceTarget {
  /** cgroup v2, where the properties have other names than on v1 and hybrid hosts. */
  v2: boolean;
  /** Of systemd. */
  version: number;
  /** The unit: a scope that is to be started takes what one that runs, or a slice, doesn't. */
  unit: 'new-scope' | 'new-slice' | 'running';
  /** Pointer of `resources`: /linux/resources in config.json, '' in a resources file. */
  from: string;
}
