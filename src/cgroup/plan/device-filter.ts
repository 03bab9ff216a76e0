/**
 * Compiles device rules to the eBPF program that decides on device access in a v2 cgroup (BPF_PROG_TYPE_CGROUP_DEVICE).
 *
 * The kernel passes all wanted access bits at once: open(O_RDWR) wants read and write. The program goes from the last
 * rule to the first, and the first rule that names a bit decides it: a denied bit ends the program with 0, allowed bits
 * are cleared, and when none is left the answer is 1. Deciding the bits together would let O_RDWR pass a rule that
 * denies only writing.
 */
import { joinBytes } from '../../base/bytes.js';
import { highestNumber } from '../../config/device-numbers.js';
import {
  ACCESS_ALL,
  ACCESS_MKNOD,
  alwaysAllowed,
  type DeviceAccess,
  defaultDevices,
  isEverything,
} from './device-rules.js';

/** Of struct bpf_insn. */
export const INSTRUCTION_SIZE = 8;

const R0 = 0;
/** Context: struct bpf_cgroup_dev_ctx { u32 access_type; u32 major; u32 minor }; access_type is access << 16 | type. */
const R1 = 1;
const MAJOR = 4;
const MINOR = 8;
const ACCESS = 3;
const SCRATCH = 4;

/** BPF_DEVCG_DEV_BLOCK and BPF_DEVCG_DEV_CHAR. */
const deviceType = { b: 1, c: 2 };

/** An eBPF instruction. `target` is the offset field, or the name of the label that the instruction jumps to. */
type Instruction = readonly [code: number, dst: number, src: number, target: number | string, immediate: number];
type Line = Instruction | { readonly label: string };

const load = (dst: number, offset: number): Line => [0x61, dst, R1, offset, 0];
const and = (dst: number, mask: number): Line => [0x54, dst, 0, 0, mask];
const shiftRight = (dst: number, by: number): Line => [0x74, dst, 0, 0, by];
const jump = (to: string): Line => [0x05, 0, 0, to, 0];
const jumpIf = (dst: number, value: number, to: string): Line => [0x15, dst, 0, to, value];
const jumpIfNot = (dst: number, value: number, to: string): Line => [0x55, dst, 0, to, value];
const jumpIfAny = (dst: number, bits: number, to: string): Line => [0x45, dst, 0, to, bits];
const answer = (value: boolean): Line[] => [
  [0xb7, R0, 0, 0, Number(value)],
  [0x95, 0, 0, 0, 0],
];

/**
 * Compiles rules to a program.
 * @param rules as deviceRules returns them; a later rule wins over an earlier one
 * @returns an array of struct bpf_insn (include/uapi/linux/bpf.h), in little-endian order
 */
export function deviceFilter(rules: readonly DeviceAccess[]): Uint8Array {
  const own = rules.length - alwaysAllowed.length;
  const hasDefaults = rules[own] === alwaysAllowed[0];
  inEvery ??= compileParts();
  const { beginning, defaults, allow, deny } = inEvery;
  const parts = hasDefaults ? [beginning, defaults] : [beginning];
  let decided: boolean | undefined;
  for (let i = (hasDefaults ? own : rules.length) - 1; i >= 0 && decided === undefined; i--) {
    const rule = rules[i]!;
    if (isEverything(rule)) decided = rule.allow;
    else if (hasDefaults && isDecidedByDefault(rule)) continue;
    else if (rule.major <= highestNumber.major && rule.minor <= highestNumber.minor)
      parts.push(encode(compileRule(rule)));
  }
  return joinBytes([...parts, decided === true ? allow : deny]);
}

/**
 * True for a rule that can't change anything, as the defaults decide first. Docker and podman list the default devices
 * again.
 */
function isDecidedByDefault({ type, major, minor, access }: DeviceAccess): boolean {
  if (access === ACCESS_MKNOD) return true;
  const minors = type === 'c' ? defaultDevices.get(major) : undefined;
  return minors !== undefined && (minors.length === 0 || minors.includes(minor));
}

/** The code of one rule; an access that the rule doesn't decide continues after it. */
function compileRule({ allow, type, major, minor, access }: DeviceAccess): Line[] {
  // Each rule loads again what it compares. The verifier tracks what it knows about a register: one kept for all rules
  // would carry that from rule to rule, and the verifier's work would grow with the square of their number.
  const lines: Line[] = [];
  if (type !== 'a') lines.push(...loadType(), jumpIfNot(SCRATCH, deviceType[type], 'next'));
  if (major >= 0) lines.push(load(SCRATCH, MAJOR), jumpIfNot(SCRATCH, major, 'next'));
  if (minor >= 0) lines.push(load(SCRATCH, MINOR), jumpIfNot(SCRATCH, minor, 'next'));
  if (access !== ACCESS_ALL) {
    if (allow) lines.push(and(ACCESS, ~access & 0xffff), jumpIfNot(ACCESS, 0, 'next'));
    else lines.push(jumpIfAny(ACCESS, access, 'denied'), jump('next'), { label: 'denied' });
  }
  return [...lines, ...answer(allow), { label: 'next' }];
}

/**
 * The code for what is always allowed, as one decision tree. The verifier needs 0.2 ms for it, but 0.6 ms for the same
 * as a sequence of rules, because it checks each rule once for every path that leads there.
 */
function compileDefaults(): Line[] {
  const majors: Line[] = [];
  const minors: Line[] = [];
  for (const [major, known] of defaultDevices) {
    majors.push(jumpIf(SCRATCH, major, known.length === 0 ? 'allow' : `${major}`));
    if (known.length === 0) continue;
    minors.push({ label: `${major}` }, load(SCRATCH, MINOR));
    minors.push(...known.map((minor) => jumpIf(SCRATCH, minor, 'allow')), jump('others'));
  }
  return [
    ...[...loadType(), jumpIfNot(SCRATCH, deviceType.c, 'others')],
    ...[load(SCRATCH, MAJOR), ...majors, jump('others'), ...minors],
    ...[{ label: 'others' }, and(ACCESS, ~ACCESS_MKNOD & 0xffff), jumpIfNot(ACCESS, 0, 'next')],
    ...[{ label: 'allow' }, ...answer(true), { label: 'next' }],
  ];
}

function loadType(): Line[] {
  return [load(SCRATCH, 0), and(SCRATCH, 0xffff)];
}

/** struct bpf_insn: u8 code; u8 dst:4, src:4; s16 off; s32 imm. A jump of 0 leads to the next instruction. */
function encode(lines: readonly Line[]): Uint8Array {
  const labels = new Map<string, number>();
  const program: Instruction[] = [];
  for (const line of lines) {
    if ('label' in line) labels.set(line.label, program.length);
    else program.push(line);
  }
  const bytes = new Uint8Array(program.length * INSTRUCTION_SIZE);
  const view = new DataView(bytes.buffer);
  program.forEach(([code, dst, src, target, immediate], i) => {
    const at = i * INSTRUCTION_SIZE;
    view.setUint8(at, code);
    view.setUint8(at + 1, (src << 4) | dst);
    view.setInt16(at + 2, typeof target === 'string' ? labels.get(target)! - i - 1 : target, true);
    view.setInt32(at + 4, immediate, true);
  });
  return bytes;
}

const compileParts = () => ({
  beginning: encode([load(ACCESS, 0), shiftRight(ACCESS, 16)]),
  defaults: encode(compileDefaults()),
  allow: encode(answer(true)),
  deny: encode(answer(false)),
});
/** The parts that every filter needs, compiled when the first filter is. */
let inEvery: ReturnType<typeof compileParts> | undefined;
