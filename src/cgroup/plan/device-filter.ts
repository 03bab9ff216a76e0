/**
 * The eBPF program that decides on device access in a v2 cgroup (BPF_PROG_TYPE_CGROUP_DEVICE).
 *
 * The kernel asks it with the wanted access bits at once: open(O_RDWR) wants read and write. Going from the last rule to the
 * first, each bit is decided by the first rule that speaks of it: a denied bit ends the program with 0, allowed bits are
 * struck off, and when none is left the answer is 1. Deciding the bits together instead would let O_RDWR pass a rule that
 * denies writing alone.
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

const R0 = 0;
/** Context: struct bpf_cgroup_dev_ctx { u32 access_type; u32 major; u32 minor }; access_type is access << 16 | type. */
const R1 = 1;
const MAJOR = 4;
const MINOR = 8;
const ACCESS = 3;
const SCRATCH = 4;

/** BPF_DEVCG_DEV_BLOCK and BPF_DEVCG_DEV_CHAR. */
const deviceType = { b: 1, c: 2 };

/** An eBPF instruction; where it jumps to is the name of a label. */
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

/** @returns the program for `rules`, an array of struct bpf_insn in little-endian order. */
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

/** Nothing comes to such a rule past the defaults: Docker and podman list these devices again. */
function isDecidedByDefault({ type, major, minor, access }: DeviceAccess): boolean {
  if (access === ACCESS_MKNOD) return true;
  const minors = type === 'c' ? defaultDevices.get(major) : undefined;
  return minors !== undefined && (minors.length === 0 || minors.includes(minor));
}

/** One rule; what it doesn't decide goes on behind it. */
function compileRule({ allow, type, major, minor, access }: DeviceAccess): Line[] {
  // Each rule loads what it compares afresh: a register kept over all rules would carry what the verifier has learnt about
  // it from one rule to the next, and its work would grow with the square of their number.
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
 * What is always allowed, as one tree of decisions: the verifier takes 0.2 ms for it, and 0.6 ms for a row of as many rules,
 * each of which it enters by several ways.
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

/** struct bpf_insn: u8 code; u8 dst:4, src:4; s16 off; s32 imm. Jumps count from the instruction behind. */
function encode(lines: readonly Line[]): Uint8Array {
  const labels = new Map<string, number>();
  const program: Instruction[] = [];
  for (const line of lines) {
    if ('label' in line) labels.set(line.label, program.length);
    else program.push(line);
  }
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  program.forEach(([code, dst, src, target, immediate], i) => {
    view.setUint8(i * 8, code);
    view.setUint8(i * 8 + 1, (src << 4) | dst);
    view.setInt16(i * 8 + 2, typeof target === 'string' ? labels.get(target)! - i - 1 : target, true);
    view.setInt32(i * 8 + 4, immediate, true);
  });
  return bytes;
}

const compileParts = () => ({
  beginning: encode([load(ACCESS, 0), shiftRight(ACCESS, 16)]),
  defaults: encode(compileDefaults()),
  allow: encode(answer(true)),
  deny: encode(answer(false)),
});
/** What is in every filter: compiled with the first. */
let inEvery: ReturnType<typeof compileParts> | undefined;
