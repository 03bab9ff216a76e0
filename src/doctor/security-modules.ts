/** AppArmor and SELinux. */
import { type DoctorLine, type Examination, limited, missing, ok } from './line.js';
import { textOf } from './proc-text.js';

/** The group of security modules. */
export function examineSecurityModules(examination: Examination): DoctorLine[] {
  return [apparmorLine(examination), selinuxLine(examination)];
}

function apparmorLine({ facts, isRoot, rt: { native } }: Examination): DoctorLine {
  if (!facts.apparmor)
    return missing('AppArmor', 'not in force: a configuration with process.apparmorProfile is refused', {
      where: '/sys/module/apparmor/parameters/enabled',
      remedy: facts.selinux ? 'none: SELinux is in force' : 'apparmor=1 security=apparmor on the kernel command line',
    });
  const profiles = textOf(native, '/sys/kernel/security/apparmor/profiles');
  if (profiles !== undefined)
    return ok('AppArmor', `${profiles.split('\n').filter(Boolean).length} profiles are loaded`);
  if (!isRoot) return ok('AppArmor', 'in force; only root can see the profiles');
  return limited('AppArmor', 'in force, but its profiles can not be seen', {
    where: '/sys/kernel/security',
    remedy: 'mount -t securityfs securityfs /sys/kernel/security',
  });
}

function selinuxLine({ facts, rt: { native } }: Examination): DoctorLine {
  if (!facts.selinux)
    return missing('SELinux', 'not in force: a configuration with process.selinuxLabel is refused', {
      where: '/sys/fs/selinux',
      remedy: facts.apparmor ? 'none: AppArmor is in force' : 'a system that is set up for SELinux',
    });
  const enforcing = textOf(native, '/sys/fs/selinux/enforce') === '1';
  return ok('SELinux', enforcing ? 'enforcing' : 'permissive: violations are only logged');
}
