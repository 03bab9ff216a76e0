/** Talks to systemd's manager: starts, changes and stops units. */
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

/** How long a job or an answer may take. */
const TIMEOUT_MS = 30_000;
/**
 * Pauses before each attempt to connect again; the first is made at once. There is no notification when a bus is back.
 */
const DELAYS_MS = [0, 100, 200, 400, 800, 1600, 3200, 6400];
/** Errors with which a bus answers for a systemd that has lost its connection to the bus and isn't back yet. */
const ABSENT =
  /^org\.freedesktop\.DBus\.Error\.(NoReply|ServiceUnknown|NameHasNoOwner|Disconnected|Timeout|TimedOut|Spawn\..*)$/;

/** How a job ended (`done`, `failed`, `canceled` and so on), or the error if systemd refused to queue it. */
type JobOutcome = { result: string; refusal?: never } | { refusal: Refusal };

/** What must be known about systemd before a unit is planned. */
export interface SystemdFacts {
  /** For example 252. */
  version: number;
  /**
   * The manager's cgroup, without a slash at the end: '' for the root, else for example
   * /user.slice/…/user@1000.service.
   */
  controlGroup: string;
  /** It is the user's manager, which can't restrict devices. */
  user: boolean;
}

/**
 * The calls to systemd that the systemd cgroup driver needs (org.freedesktop.systemd1(5)). It connects at the first
 * call, and again when the connection breaks: questions are then asked again, and before a job is queued again its
 * effect is looked for.
 *
 * Every method that talks to systemd throws TsruncError 'system' if systemd can't be reached, doesn't answer within 30
 * seconds, or refuses.
 */
export class SystemdManager {
  private open: SystemdConnection | undefined;
  private lost = false;

  constructor(private readonly place: BusPlace) {}

  /** Asks systemd for its version and cgroup. */
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
   * Starts a transient unit and waits until it is active. Optional properties that systemd refuses are left out.
   * @param isOurs whether the existing unit is the one that we start: after a lost connection that must be told from
   * someone else's
   * @throws TsruncError 'system', with the field behind a property that systemd refuses and that isn't optional;
   * 'exists' if someone else's unit has the name
   */
  start(unit: string, properties: readonly UnitProperty[], isOurs: () => boolean): void {
    const tryStart = (list: readonly UnitProperty[]): JobOutcome => {
      const call = managerCall('StartTransientUnit', 'ssa(sv)a(sa(sv))', [unit, 'replace', propertyList(list), []]);
      const outcome = this.job(unit, call, ['active'], isOurs);
      if (!isRefusal(outcome, 'UnitExists') || isOurs()) return outcome;
      // A unit that has failed keeps its name until it is reset.
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

  /**
   * Stops a unit, waits until it is stopped, and makes systemd forget it if it failed. A unit that doesn't exist is no
   * error.
   */
  stop(unit: string): void {
    const outcome = this.job(unit, managerCall('StopUnit', 'ss', [unit, 'replace']), ['inactive', 'failed', '']);
    if (outcome.refusal !== undefined) {
      if (isRefusal(outcome, 'NoSuchUnit')) return;
      throw refused(`systemd doesn't stop ${unit}`, outcome.refusal);
    }
    this.resetFailed(unit);
  }

  /**
   * The cgroup of a scope or slice, e.g. `/system.slice/x.scope`; '' while it has none.
   * @returns undefined when there is no such unit
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
   * Changes properties until the next boot, and waits until systemd has applied them. Optional ones that it refuses are
   * left out.
   * @returns the properties that systemd accepted
   * @throws TsruncError 'system', with the field behind a property that systemd refuses and that isn't optional
   */
  setProperties(unit: string, properties: readonly UnitProperty[]): readonly UnitProperty[] {
    const { answer, asked } = withoutRefused(properties, (list): { refusal?: Refusal } => {
      if (list.length === 0) return {};
      const set = managerCall('SetUnitProperties', 'sba(sv)', [unit, true, propertyList(list)]);
      // systemd writes to the cgroup after it has answered, but before it handles the next call. So the answer to a
      // second call shows that it is done.
      const [answer] = this.ask([set, managerCall('GetUnit', 's', [unit])]);
      return answer?.type === MessageType.error ? { refusal: refusalOf(answer) } : {};
    });
    if (answer.refusal !== undefined) throw refused(`systemd doesn't change ${unit}`, answer.refusal, asked);
    return asked;
  }

  /**
   * The same properties with the values that the unit has at present. Those that it doesn't have are left out; all of
   * them are if there is no such unit.
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
   * Lets systemd move processes to a unit's cgroup or one below it, which we may not have the right to do.
   * @param below path of the cgroup below the unit's, e.g. /a/b; '' for the unit's own
   */
  attach(unit: string, below: string, pids: readonly number[]): void {
    const [answer] = this.ask([managerCall('AttachProcessesToUnit', 'ssau', [unit, below, [...pids]])]);
    if (answer?.type === MessageType.error) throw refused(`systemd moves no process to ${unit}`, refusalOf(answer));
  }

  /** Closes the connection; the next call would open one again. */
  close(): void {
    this.open?.connection.close();
    this.open = undefined;
  }

  /** The object path of a unit; undefined when there is no such unit. */
  private objectPath(unit: string): string | undefined {
    const [found] = this.ask([managerCall('GetUnit', 's', [unit])]);
    return objectPathIn(found);
  }

  private resetFailed(unit: string): void {
    // The answer is ignored: systemd reports an error if the unit didn't fail or is gone.
    this.ask([managerCall('ResetFailedUnit', 's', [unit])]);
  }

  /** Makes calls and returns their answers. All calls are made again when the connection breaks. */
  private ask(calls: readonly Call[]): Message[] {
    const deadline = this.deadline();
    return this.retrying(deadline, () => this.exchange(calls, deadline));
  }

  private deadline(): number {
    return now(this.place.native) + TIMEOUT_MS;
  }

  /**
   * Makes a call that queues a job, and waits until the job has ended.
   * @param wanted unit states ('' for no unit) that mean, after a lost connection, that the job was done
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

  /**
   * Waits for the signal that a job has ended, and returns its result.
   * @param sender systemd's unique name on the bus, which the signal must come from: anyone can send us one that looks
   * like it
   */
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

  /** Waits for a job of the unit, if there is one, and returns the unit's state; '' when there is no such unit. */
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
    // systemd sends the end of a job to the connection that queued it, and to subscribers. After a lost connection we
    // are no longer the former.
    if (this.lost) connection.post(managerCall('Subscribe', '', []));
    this.open = open;
    return open;
  }

  /** Runs `action`, and runs it again over a new connection whenever the connection breaks. */
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
