/** Rules about user namespaces: what the kernel will refuse in them, above all to users without root. */
import { quote } from '../../base/quote.js';
import { isBindMount } from '../bind-mount.js';
import { eachItem } from '../findings.js';
import { isMapped, mappedText } from '../id-mappings.js';
import { optionWords } from '../mount-options.js';
import type { Namespace, NamespaceType, Spec } from '../spec.js';
import type { Note } from './rule.js';

const code = 'rootless';

/** File systems that the kernel mounts in a user namespace only with this namespace made in it (user_namespaces(7)). */
const needs: Readonly<Record<string, NamespaceType>> = { proc: 'pid', mqueue: 'ipc' };

/** Applies these rules to a configuration that makes a user namespace. */
export function checkRootless({ linux = {}, mounts, process }: Spec, note: Note): void {
  const entry = (type: NamespaceType): Namespace | undefined => linux.namespaces?.find((one) => one?.type === type);
  const user = entry('user');
  if (user === undefined || user.path) return;
  const { uidMappings = [], gidMappings = [] } = linux;
  const maps = { uid: uidMappings.filter(Boolean), gid: gidMappings.filter(Boolean) };
  eachItem(mounts, '/mounts', (mount, pointer) => {
    if (isBindMount(mount)) return;
    const { type = '' } = mount;
    const own = Object.hasOwn(needs, type) ? needs[type]! : undefined;
    if (own !== undefined && entry(own) === undefined) {
      note(
        code,
        pointer,
        `is ${type}, which the kernel refuses here; must have "${own}" in /linux/namespaces, or be a bind mount`,
      );
    }
    eachItem(mount.options, `${pointer}/options`, (option, at) => {
      for (const word of optionWords(option)) {
        const [, which, digits] = /^(uid|gid)=(\d+)$/.exec(word) ?? [];
        if (which !== 'uid' && which !== 'gid') continue;
        const mappings = maps[which];
        if (mappings.length === 0 || isMapped(mappings, Number(digits))) continue;
        note(code, at, `is ${quote(word)}, which the user namespace doesn't map; must be of ${mappedText(mappings)}`);
      }
    });
  });
  if (!maps.uid.every(isOne) || maps.uid.length !== 1) return;
  // Only one id is mapped, and not root's: who does that has no rights over the host.
  if (process?.oomScoreAdj !== undefined && process.oomScoreAdj < 0) {
    note(code, '/process/oomScoreAdj', `is ${process.oomScoreAdj}; only root may lower it, so it must be 0 or more`);
  }
  if (maps.gid.every(isOne) && (process?.user?.additionalGids?.length ?? 0) > 0) {
    note(
      code,
      '/process/user/additionalGids',
      "can't be set where one group is mapped; must be left out, or more be mapped",
    );
  }
}

const isOne = ({ hostID, size }: { hostID: number; size: number }): boolean => size === 1 && hostID !== 0;
