/** User namespaces: whether this user, and any user without rights, may make one, and what forbids it. */
import { CLONE_NEWNS, CLONE_NEWUSER, MS_PRIVATE, MS_REC } from '../native/flags.js';
import type { PlanBuilder } from '../plan/steps/builder.js';
import { type DoctorLine, type Examination, limited, missing, ok } from './line.js';
import { sysctl } from './proc-text.js';

/** A user without any rights, as which root tries. */
const NOBODY = 65534;

/** The group of user namespaces. */
export function examineUserNamespaces(examination: Examination): DoctorLine[] {
  const { facts, isRoot } = examination;
  if (!facts.namespaces.includes('user')) {
    const more = { where: 'CONFIG_USER_NS', remedy: 'a kernel that is built with it' };
    return [missing('own', 'this kernel has none', more)];
  }
  const own = tried(examination, 'own', isRoot ? 'root can make one' : 'this user can make one', () => {});
  const others = isRoot ? [tried(examination, 'for users', 'a user without rights can make one', becomeNobody)] : [];
  return [own, ...others, ...settings(examination)];
}

function becomeNobody(builder: PlanBuilder): void {
  builder.add('', { step: 'user', uid: NOBODY, gid: NOBODY, groups: new Uint8Array(), setGroups: 1 });
  builder.add('', { step: 'capabilities', effective: 0n, permitted: 0n, inheritable: 0n, ambient: 0n });
}

/** Makes one, and uses a right that its maker should have in it: AppArmor may let the first pass and forbid the second. */
function tried(
  { attempt, rt }: Examination,
  name: string,
  text: string,
  become: (builder: PlanBuilder) => void,
): DoctorLine {
  const error = attempt((builder) => {
    become(builder);
    builder.add('', { step: 'unshare', flags: CLONE_NEWUSER });
    builder.add('', { step: 'unshare', flags: CLONE_NEWNS });
    builder.add('', { step: 'tree-propagation', flags: BigInt(MS_REC | MS_PRIVATE) });
  });
  if (error === undefined) return ok(name, text);
  return limited(name, `could not be made or used: ${error.message}`, forbidding(rt.native));
}

type Setting = Pick<DoctorLine, 'where' | 'remedy'>;

/** The first of the settings that forbid it. */
function forbidding(native: Examination['rt']['native']): Setting {
  const wrong = knownSettings.find(({ path, isWrong }) => isWrong(sysctl(native, path)));
  return wrong === undefined ? {} : { where: wrong.name, remedy: wrong.remedy };
}

const knownSettings = [
  {
    name: 'kernel.unprivileged_userns_clone',
    path: 'kernel/unprivileged_userns_clone',
    isWrong: (value: string | undefined) => value === '0',
    wrong: 'is 0: only root may make user namespaces',
    remedy: 'sysctl -w kernel.unprivileged_userns_clone=1, and a file in /etc/sysctl.d',
  },
  {
    name: 'kernel.apparmor_restrict_unprivileged_userns',
    path: 'kernel/apparmor_restrict_unprivileged_userns',
    isWrong: (value: string | undefined) => value !== undefined && value !== '0',
    wrong: 'is on: only programs with an AppArmor profile that allows it have rights in user namespaces they make',
    remedy:
      'an AppArmor profile for tsrunc with `userns,`, or sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
  },
  {
    name: 'user.max_user_namespaces',
    path: 'user/max_user_namespaces',
    isWrong: (value: string | undefined) => value === '0',
    wrong: 'is 0: there can be none',
    remedy: 'sysctl -w user.max_user_namespaces=15000, and a file in /etc/sysctl.d',
  },
];

/** A line for each setting that this machine has. */
function settings({ rt: { native } }: Examination): DoctorLine[] {
  return knownSettings.flatMap(({ name, path, isWrong, wrong, remedy }) => {
    const value = sysctl(native, path);
    if (value === undefined) return [];
    return [isWrong(value) ? limited(name, wrong, { where: name, remedy }) : ok(name, value)];
  });
}
