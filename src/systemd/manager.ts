import { EAGAIN, ECONNREFUSED, ECONNRESET, ENOENT, EPIPE, ETIMEDOUT } from '../base/errno.js';
import { isErrno, TsruncError } from '../base/error.js';
import { quote } from '../base/quote.js';
import type { Call } from '../dbus/connection.js';
import { type Message, MessageType } from '../dbus/message.js';
import type { DbusValue } from '../dbus/signature.js';
import { now, pause } from '../native/clock.js';
import { type BusPlace, openSystemd, type SystemdConnection } from './bus.js';
import { getCall, kindInterface, MANAGER, managerCall, NAME, objectPathIn, PATH, valueIn } from './calls.js';
import { propertyList, type UnitProperty } from './properties.js';
import { type Refusal, refusalOf, refused, withoutRefused } from './refusal.js';

const BUS = { destination: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus' };
const JOB_REMOVED = `type='signal',sender='${NAME}',path='${PATH}',interface='${MANAGER}',member='JobRemoved'`;

/** How long a job, or an answer, may take. */
const TIMEOUT_MS = 30_000;
/** Waits between tries to connect anew: nothing tells when a bus is back. The first is at once. */
const DELAYS_MS = [0, 100, 200, 400, 800, 1600, 3200, 6400];
/** What a bus answers for a systemd that isn't on it at the moment, having lost it as we did. */
const ABSENT =
  /^org\.freedesktop\.DBus\.Error\.(NoReply|ServiceUnknown|NameHasNoOwner|Disconnected|Timeout|TimedOut|Spawn\..*)$/;

/** How a job ended: `done`, `failed`, `canceled` …; or that it wasn't taken on. */
type JobOutcome = { result: string; refusal?: never } | { refusal: Refusal };

/** What is to be known of systemd before a unit is planned. */
export interface SystemdFacts {
  /** e.g. 252. */
  version: number;
  /** Cgroup of the manager, without a slash at its end: '' for the root, else /user.slice/…/user@1000.service. */
  controlGroup: string;
  /** The manager of the user, which has no say in devices. */
  user: boolean;
}

/**
 * The calls to systemd that the driver needs (org.freedesktop.systemd1(5)). Connects when it has something to ask, and
 * again when the connection breaks: what was asked is then asked again, and what was started is looked for.
 */
export class SystemdManager {
  private open: SystemdConnection | undefined;
  private lost = false;

  constructor(private readonly place: BusPlace) {}

  /** Version and place of the manager. */
  facts(): SystemdFacts {
    const calls = ['Version', 'ControlGroup'].map((property) => getCall(PATH, MANAGER, property));
    const [version = '', controlGroup = ''] = this.ask(calls).map((message) => {
      if (message.type === MessageType.error) throw refused('asking systemd for its version', refusalOf(message));
      const value = valueIn(message)?.value;
      return typeof value === 'string' ? value : '';
    });
    const number = /^v?(\d+)/.exec(version)?.[1];
    if (number === undefined) throw new TsruncError('system', `systemd has no version: ${quote(version)}`);
    return {
      version: Number(number),
      controlGroup: controlGroup.replace(/\/+$/, ''),
      user: this.place.user,
    };
  }

  /**
   * Starts a transient unit and waits for it, without the optional properties that systemd refuses.
   * @param isOurs true once what we start is there: after a lost connection the unit that exists may be the one we asked for
   * @throws TsruncError 'system' with the field of another property that systemd refuses; 'exists' when there is such a unit already
   */
  start(unit: string, properties: readonly UnitProperty[], isOurs: () => boolean): void {
    const tryStart = (list: readonly UnitProperty[]): JobOutcome => {
      const call = managerCall('StartTransientUnit', 'ssa(sv)a(sa(sv))', [unit, 'replace', propertyList(list), []]);
      const outcome = this.job(unit, call, ['active'], isOurs);
      if (!isRefusal(outcome, 'UnitExists') || isOurs()) return outcome;
      // What is left of one that failed has the name until it is reset.
      this.resetFailed(unit);
      return this.job(unit, call, ['active'], isOurs);
    };
    const { answer: outcome } = withoutRefused(properties, tryStart);
    if (outcome.refusal !== undefined) {
      if (isRefusal(outcome, 'UnitExists')) {
        if (isOurs()) return;
        throw new TsruncError('exists', `systemd has a unit ${unit} already`, {
          pointer: '/linux/cgroupsPath',
          hint: 'give each container a name of its own: cgroupsPath is slice:prefix:name',
        });
      }
      throw refused(`systemd doesn't start ${unit}`, outcome.refusal, properties);
    }
    if (outcome.result === 'done') return;
    this.resetFailed(unit);
    throw new TsruncError('system', `systemd didn't start ${unit}: its job ended as ${outcome.result}`, {
      hint: this.place.user
        ? "the journal says why; a user's systemd may lack the right to move a process from outside of its own cgroup: start it from there (systemd-run --user --scope)"
        : `\`systemctl status ${unit}\` and the journal may say why`,
    });
  }

  /** Stops a unit, waits for that, and lets systemd forget it if it failed. One that isn't there is fine. */
  stop(unit: string): void {
    const outcome = this.job(unit, managerCall('StopUnit', 'ss', [unit, 'replace']), ['inactive', 'failed', '']);
    if (outcome.refusal !== undefined) {
      if (isRefusal(outcome, 'NoSuchUnit')) return;
      throw refused(`systemd doesn't stop ${unit}`, outcome.refusal);
    }
    this.resetFailed(unit);
  }

  /**
   * The cgroup of a scope or slice as systemd has it (`/system.slice/x.scope`), '' while it has none.
   * @returns undefined when there is no such unit
   * @throws TsruncError 'system'
   */
  controlGroup(unit: string): string | undefined {
    const path = this.objectPath(unit);
    if (path === undefined) return undefined;
    const [answer] = this.ask([getCall(path, kindInterface(unit), 'ControlGroup')]);
    if (answer?.type !== MessageType.reply) return undefined;
    const value = valueIn(answer)?.value;
    return typeof value === 'string' ? value : '';
  }

  /**
   * Changes properties until the next boot, but for the optional ones that systemd refuses, and returns when they are in force.
   * @returns those that it took
   * @throws TsruncError 'system' with the field of another property that systemd refuses
   */
  setProperties(unit: string, properties: readonly UnitProperty[]): readonly UnitProperty[] {
    const { answer, asked } = withoutRefused(properties, (list): { refusal?: Refusal } => {
      if (list.length === 0) return {};
      const set = managerCall('SetUnitProperties', 'sba(sv)', [unit, true, propertyList(list)]);
      // systemd writes to the cgroup only after it has answered, but before it takes the next call on.
      const [answer] = this.ask([set, managerCall('GetUnit', 's', [unit])]);
      return answer?.type === MessageType.error ? { refusal: refusalOf(answer) } : {};
    });
    if (answer.refusal !== undefined) throw refused(`systemd doesn't change ${unit}`, answer.refusal, asked);
    return asked;
  }

  /**
   * The same properties with the values that a unit has at present; without those that it doesn't have.
   * @throws TsruncError 'system'
   */
  present(unit: string, properties: readonly UnitProperty[]): UnitProperty[] {
    const path = this.objectPath(unit);
    if (path === undefined) return [];
    const answers = this.ask(properties.map(({ name }) => getCall(path, kindInterface(unit), name)));
    return properties.flatMap((property, i): UnitProperty[] => {
      const variant = valueIn(answers[i]);
      return variant?.signature === property.signature ? [{ ...property, value: variant.value }] : [];
    });
  }

  /**
   * Moves processes to the cgroup of a unit, or one below it ('' or /a/b): for what we may not do ourselves.
   * @throws TsruncError 'system'
   */
  attach(unit: string, below: string, pids: readonly number[]): void {
    const [answer] = this.ask([managerCall('AttachProcessesToUnit', 'ssau', [unit, below, [...pids]])]);
    if (answer?.type === MessageType.error) throw refused(`systemd moves no process to ${unit}`, refusalOf(answer));
  }

  close(): void {
    this.open?.connection.close();
    this.open = undefined;
  }

  /** Where a unit is on the bus; undefined when there is no such unit. */
  private objectPath(unit: string): string | undefined {
    const [found] = this.ask([managerCall('GetUnit', 's', [unit])]);
    return objectPathIn(found);
  }

  private resetFailed(unit: string): void {
    // That it didn't fail, or is gone, is an error for systemd.
    this.ask([managerCall('ResetFailedUnit', 's', [unit])]);
  }

  /** The answers to some calls; all of them again when the connection breaks. */
  private ask(calls: readonly Call[]): Message[] {
    const deadline = this.deadline();
    return this.retrying(deadline, () => this.exchange(calls, deadline));
  }

  private deadline(): number {
    return now(this.place.native) + TIMEOUT_MS;
  }

  /**
   * Makes a call that queues a job, and waits for the end of that.
   * @param wanted states of the unit ('' for none) that say, after a lost connection, that it is done
   */
  private job(unit: string, call: Call, wanted: readonly string[], isOurs: () => boolean = () => true): JobOutcome {
    const deadline = this.deadline();
    let tries = 0;
    return this.retrying(deadline, (): JobOutcome => {
      if (tries++ > 0 && wanted.includes(this.settled(unit, deadline)) && isOurs()) return { result: 'done' };
      const [answer] = this.exchange([call], deadline);
      if (answer === undefined || answer.type === MessageType.error)
        return { refusal: refusalOf(answer ?? { body: [] }) };
      return { result: this.jobResult(answer.body[0], answer.sender, deadline) };
    });
  }

  /** @param sender systemd's name on the bus: anyone may send us a signal that looks like its own */
  private jobResult(job: DbusValue | undefined, sender: string | undefined, deadline: number): string {
    const { connection, direct } = this.connected(deadline);
    const signal = connection.signal(
      (message) =>
        message.interface === MANAGER &&
        message.member === 'JobRemoved' &&
        (direct || message.sender === sender) &&
        message.body[1] === job,
      deadline,
    );
    return String(signal.body[3]);
  }

  /** The state of a unit once no job of it is under way; '' when there is no such unit. */
  private settled(unit: string, deadline: number): string {
    const [found] = this.exchange([managerCall('GetUnit', 's', [unit])], deadline);
    const path = objectPathIn(found);
    if (path === undefined) return '';
    const property = (name: string): DbusValue | undefined => {
      const [message] = this.exchange([getCall(path, `${NAME}.Unit`, name)], deadline);
      return valueIn(message)?.value;
    };
    const job = property('Job') as readonly [number, string] | undefined;
    if (job !== undefined && job[0] !== 0) this.jobResult(job[1], found?.sender, deadline);
    return String(property('ActiveState') ?? '');
  }

  private exchange(calls: readonly Call[], deadline: number): Message[] {
    const { connection } = this.connected(deadline);
    const serials = calls.map((call) => connection.post(call));
    const answers = serials.map((serial) => connection.reply(serial, deadline));
    const absent = answers.find(({ errorName }) => errorName !== undefined && ABSENT.test(errorName));
    if (absent !== undefined)
      throw new TsruncError('system', `systemd isn't on its bus: ${absent.errorName}`, { errno: ECONNRESET });
    return answers;
  }

  private connected(deadline: number): SystemdConnection {
    if (this.open !== undefined) return this.open;
    const open = openSystemd(this.place, deadline, this.lost);
    const { connection, direct } = open;
    if (!direct) {
      connection.post({ ...BUS, member: 'Hello' });
      connection.post({ ...BUS, member: 'AddMatch', signature: 's', body: [JOB_REMOVED] });
    }
    // Whoever queued a job is told of its end without being subscribed; after a lost connection that isn't us any more.
    if (this.lost) connection.post(managerCall('Subscribe', '', []));
    this.open = open;
    return open;
  }

  /** Runs `action`, again over a new connection whenever the one it has breaks. */
  private retrying<T>(deadline: number, action: () => T): T {
    const { native } = this.place;
    for (let tries = 0; ; tries++) {
      try {
        return action();
      } catch (error) {
        const broken = isErrno(error, ECONNRESET, EPIPE, EAGAIN);
        const stillAway = this.lost && isErrno(error, ECONNREFUSED, ENOENT);
        const delay = DELAYS_MS[tries];
        this.close();
        if (!(broken || stillAway) || delay === undefined || now(native) + delay >= deadline) throw timedOut(error);
        this.lost = true;
        if (delay > 0) pause(native, delay);
      }
    }
  }
}

function isRefusal(outcome: JobOutcome, name: string): boolean {
  return outcome.refusal?.name === `${NAME}.${name}`;
}

function timedOut(error: unknown): unknown {
  if (!isErrno(error, ETIMEDOUT)) return error;
  return new TsruncError('system', `systemd didn't answer within ${TIMEOUT_MS / 1000} seconds`, error.fields);
}
