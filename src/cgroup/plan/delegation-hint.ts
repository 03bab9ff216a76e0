/** Names the command that delegates a cgroup controller to a user (docs/systemd.md, "Without root"). */
import { TsruncError, withFields } from '../../base/error.js';
import type { CgroupHost } from './cgroup-host.js';

/** ContainerDirectories.absent of a rootless runtime: without systemd, and with the systemd of the user. */
export const NOT_DELEGATED = "isn't in a cgroup that was delegated to this user";
export const NOT_DELEGATED_TO_SYSTEMD = "isn't delegated to the systemd of this user";

const EDIT = '"systemctl edit user@.service" as root, with "[Service]" and "Delegate=cpu cpuset io memory pids"';
const hints: Readonly<Record<string, string>> = {
  [NOT_DELEGATED]: `begin with "systemd-run --user --scope tsrunc …" or give --systemd-cgroup; what is missing there too delegates ${EDIT}`,
  [NOT_DELEGATED_TO_SYSTEMD]: `it is delegated by ${EDIT}; then log in again`,
};
const V1_HINT = 'root gives a cgroup of version 1 to a user: mkdir one, chown it and what is in it, and start there';

/** Runs `work`. An error about a controller that wasn't delegated gets the command that delegates it. */
export function withDelegationHint<T>(mode: CgroupHost['mode'], work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof TsruncError) || error.code !== 'unsupported') throw error;
    const { message } = error;
    const why = Object.keys(hints).find((text) => message.endsWith(text));
    if (why === undefined) throw error;
    throw withFields(error, { hint: why === NOT_DELEGATED && mode !== 'unified' ? V1_HINT : hints[why] });
  }
}
