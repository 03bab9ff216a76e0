/** Finds systemd's D-Bus socket and connects to it. */

import { TsruncError, withFields } from '../base/error.js';
import { socketsOf } from '../dbus/address.js';
import { Connection } from '../dbus/connection.js';
import type { Native } from '../native/native.js';

/** A connection to systemd: over the bus, or `direct` over its own socket, without a bus daemon in between. */
export interface SystemdConnection {
  readonly connection: Connection;
  readonly direct: boolean;
}

/** What decides which systemd is connected to, and where. */
export interface BusPlace {
  readonly native: Native;
  readonly env: Readonly<Record<string, string>>;
  /** Connect to the user's service manager instead of the system's. */
  readonly user: boolean;
}

const SYSTEM_BUS = 'unix:path=/run/dbus/system_bus_socket';

/**
 * Connects to systemd: first over its bus, as other runtimes do, and if that fails over its own socket, which only root
 * or the manager's user may use.
 * @param deadline in milliseconds of CLOCK_MONOTONIC (now())
 * @param lost try systemd's own socket first: an earlier connection broke, so the bus may just be restarting
 * @throws TsruncError 'system' that says why the bus can't be reached, or 'unsupported' if there is no way at all, with
 * a hint
 */
export function openSystemd(place: BusPlace, deadline: number, lost: boolean): SystemdConnection {
  const ways = busSockets(place).map((path) => ({ path, direct: false }));
  const own = ownSocket(place);
  if (own !== undefined) ways.push({ path: own, direct: true });
  if (lost) ways.reverse();
  let failure: TsruncError | undefined;
  for (const { path, direct } of ways) {
    try {
      return { connection: Connection.open(place.native, path, deadline), direct };
    } catch (error) {
      if (!(error instanceof TsruncError)) throw error;
      if (failure === undefined || !direct) failure = error;
    }
  }
  const hint = place.user
    ? 'the systemd of the user is found by DBUS_SESSION_BUS_ADDRESS or XDG_RUNTIME_DIR/bus: Debian has it in dbus-user-session; log in again after it was installed'
    : 'is the system bus up (DBUS_SYSTEM_BUS_ADDRESS, else /run/dbus/system_bus_socket)?';
  const which = place.user ? 'the systemd of this user' : 'systemd';
  if (failure === undefined) throw new TsruncError('unsupported', `there is no way to ${which}`, { hint });
  throw withFields(failure, { hint }, `can't connect to ${which}: ${failure.message}`);
}

function busSockets({ native, env, user }: BusPlace): string[] {
  if (!user) return socketsOf(env.DBUS_SYSTEM_BUS_ADDRESS || SYSTEM_BUS);
  if (env.DBUS_SESSION_BUS_ADDRESS) return socketsOf(env.DBUS_SESSION_BUS_ADDRESS);
  const path = `${env.XDG_RUNTIME_DIR}/bus`;
  return env.XDG_RUNTIME_DIR && native.stat(path, true) !== null ? [path] : [];
}

/** Path of systemd's own socket; undefined if the environment names another system bus, or we may not use the socket. */
function ownSocket({ native, env, user }: BusPlace): string | undefined {
  if (user) return env.XDG_RUNTIME_DIR ? `${env.XDG_RUNTIME_DIR}/systemd/private` : undefined;
  return native.identity()[1] === 0 && !env.DBUS_SYSTEM_BUS_ADDRESS ? '/run/systemd/private' : undefined;
}
