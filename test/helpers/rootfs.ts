import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

let appletNames: string[] | undefined;

/** busybox is Debian's busybox-static: one static executable under many names. */
const busybox = ['/usr/bin/busybox', '/bin/busybox'].find((path) => existsSync(path)) ?? '/bin/busybox';

/**
 * Makes a root file system of busybox in `directory`: /bin with every applet, /etc with passwd and group, empty
 * /proc, /sys, /dev and /tmp. `template` holds the one copy of busybox that all root file systems of a run link to.
 */
export function makeRootfs(directory: string, template: string): void {
  const binary = join(template, 'busybox');
  if (!existsSync(binary)) {
    mkdirSync(template, { recursive: true });
    copyFileSync(busybox, binary);
  }
  for (const name of ['bin', 'etc', 'proc', 'sys', 'dev', 'tmp', 'root', 'mnt', 'usr/bin']) {
    mkdirSync(join(directory, name), { recursive: true });
  }
  chmodSync(join(directory, 'tmp'), 0o1777);
  linkSync(binary, join(directory, 'bin/busybox'));
  appletNames ??= execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n');
  for (const applet of appletNames) {
    if (applet !== 'busybox') symlinkSync('busybox', join(directory, 'bin', applet));
  }
  writeFileSync(join(directory, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/tmp:/bin/sh\n');
  writeFileSync(join(directory, 'etc/group'), 'root:x:0:\nusers:x:1000:user\n');
}
