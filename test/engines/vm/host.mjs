// What the machine that boots the test machine needs.
import { setup } from '../../../scripts/setup.mjs';

const hostPackages = {
  'qemu-system-x86': 'runs the test machine',
  mmdebstrap: 'makes its root file system',
  cpio: 'makes its first file system in memory',
  e2fsprogs: 'makes its disk',
  'openssh-client': 'talks to it',
  zstd: 'unpacks its kernel',
  'xz-utils': 'unpacks its modules',
};

/**
 * Installs what is missing.
 * @throws Error saying why the test machine can't be booted here
 */
export async function prepareHost() {
  if (process.arch !== 'x64') throw new Error(`the test machine is an x86-64 one, this is ${process.arch}`);
  if (process.getuid() !== 0) throw new Error('making the image of the test machine needs root');
  if (!(await setup(hostPackages))) throw new Error('packages are missing');
}
