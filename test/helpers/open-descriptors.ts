import { readdirSync, readlinkSync } from 'node:fs';

/** What the descriptors of this process refer to, each as `number target`; numbers of sockets and pipes are left out. */
export function openDescriptors(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [`${fd} ${readlinkSync(`/proc/self/fd/${fd}`).replace(/\[\d+\]$/, '')}`];
    } catch {
      // The one that the directory itself was read by.
      return [];
    }
  });
}
