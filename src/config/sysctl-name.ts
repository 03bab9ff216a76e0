/**
 * The path below /proc/sys of a kernel parameter, undefined when name can't be one. Names are separated by dots or by slashes,
 * whichever comes first; the other one then is a plain character of a part, where a dot and a slash stand for each other
 * (sysctl(8): `net.ipv4.conf.eth0/100.forwarding` and `net/ipv4/conf/eth0.100/forwarding` are the same).
 */
export function sysctlPath(name: string): string | undefined {
  const separator = /[./]/.exec(name)?.[0];
  const path = separator === '.' ? name.replace(/[./]/g, (character) => (character === '.' ? '/' : '.')) : name;
  const parts = path.split('/');
  if (parts.length < 2 || parts.some((part) => part === '' || part === '.' || part === '..')) return undefined;
  return path;
}
