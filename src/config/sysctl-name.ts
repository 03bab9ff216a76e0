/** The two ways to write the name of a kernel parameter. */

/**
 * The path below /proc/sys of a kernel parameter; undefined when name can't be one. The first dot or slash in a name says which of
 * them separates its parts. In a name with dots, a slash stands for a dot within a part (sysctl(8)): the names
 * `net.ipv4.conf.eth0/100.forwarding` and `net/ipv4/conf/eth0.100/forwarding` are the same.
 */
export function sysctlPath(name: string): string | undefined {
  const separator = /[./]/.exec(name)?.[0];
  const path = separator === '.' ? name.replace(/[./]/g, (character) => (character === '.' ? '/' : '.')) : name;
  const parts = path.split('/');
  if (parts.length < 2 || parts.some((part) => part === '' || part === '.' || part === '..')) return undefined;
  return path;
}
