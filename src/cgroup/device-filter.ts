/**
 * The eBPF program that decides on device access in a v2 cgroup (BPF_PROG_TYPE_CGROUP_DEVICE).
 *
 * The kernel asks it with the wanted access bits at once: open(O_RDWR) wants read and write. Going from the last rule to the
 * first, each bit is decided by the first rule that speaks of it: a denied bit ends the program with 0, allowed bits are
 * struck off, and when none is left the answer is 1. Deciding the bits together instead would let O_RDWR pass a rule that
 * denies writing alone.
 */
import { joinBytes } from '../bytes.js';
import { highestNumber } from '../config/device-numbers.js';
import { alwaysAllowed, type DeviceAccess, isEverything } from './device-rules.js';

const R0 = 0;
/** Context: struct bpf_cgroup_dev_ctx { u32 access_type; u32 major; u32 minor }; access_type is access << 16 | type. */
const R1 = 1;
const ACCESS = 3;
const SCRATCH = 4;

/** BPF_DEVCG_DEV_BLOCK and BPF_DEVCG_DEV_CHAR. */
const deviceType = { b: 1, c: 2 };

type Instruction = readonly [code: number, dst: number, src: number, offset: number, immediate: number];

const load = (dst: number, offset: number): Instruction => [0x61, dst, R1, offset, 0];
const and = (dst: number, mask: number): Instruction => [0x54, dst, 0, 0, mask];
const shiftRight = (dst: number, by: number): Instruction => [0x74, dst, 0, 0, by];
const jumpIfNot = (dst: number, value: number, over: number): Instruction => [0x55, dst, 0, over, value];
const jumpIfAny = (dst: number, bits: number, over: number): Instruction => [0x45, dst, 0, over, bits];
const answer = (value: number): Instruction[] => [
  [0xb7, R0, 0, 0, value],
  [0x95, 0, 0, 0, 0],
];

/** @returns the program for `rules`, an array of struct bpf_insn in little-endian order. */
export function deviceFilter(rules: readonly DeviceAccess[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let decided: boolean | undefined;
  for (let i = rules.length - 1; i >= 0 && decided === undefined; i--) {
    const rule = rules[i]!;
    if (isEverything(rule)) decided = rule.allow;
    else if (rule.major <= highestNumber.major && rule.minor <= highestNumber.minor)
      parts.push(compiled.get(rule) ?? encode(compileRule(rule)));
  }
  return joinBytes([beginning, ...parts, decided === true ? allow : deny]);
}

function compileRule(rule: DeviceAccess): Instruction[] {
  const verdict: Instruction[] = rule.allow
    ? [and(ACCESS, ~rule.access & 0xffff), jumpIfNot(ACCESS, 0, 2), ...answer(1)]
    : [jumpIfAny(ACCESS, rule.access, 1), [0x05, 0, 0, 2, 0], ...answer(0)];
  // Each rule loads what it compares afresh: a register kept over all rules would carry what the verifier has learnt about
  // it from one rule to the next, and its work would grow with the square of their number.
  const tests: Instruction[][] = [];
  if (rule.type !== 'a')
    tests.push([load(SCRATCH, 0), and(SCRATCH, 0xffff), jumpIfNot(SCRATCH, deviceType[rule.type], 0)]);
  if (rule.major >= 0) tests.push([load(SCRATCH, 4), jumpIfNot(SCRATCH, rule.major, 0)]);
  if (rule.minor >= 0) tests.push([load(SCRATCH, 8), jumpIfNot(SCRATCH, rule.minor, 0)]);
  const body = [...tests.flat(), ...verdict];
  // A failed test goes to the next rule: its jump, the last instruction of the test, gets the distance to the end.
  let at = 0;
  for (const test of tests) {
    at += test.length;
    const [code, dst, src, , immediate] = body[at - 1]!;
    body[at - 1] = [code, dst, src, body.length - at, immediate];
  }
  return body;
}

/** struct bpf_insn: u8 code; u8 dst:4, src:4; s16 off; s32 imm. */
function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  program.forEach(([code, dst, src, offset, immediate], i) => {
    view.setUint8(i * 8, code);
    view.setUint8(i * 8 + 1, (src << 4) | dst);
    view.setInt16(i * 8 + 2, offset, true);
    view.setInt32(i * 8 + 4, immediate, true);
  });
  return bytes;
}

// What is in every program, made once.
const beginning = encode([load(ACCESS, 0), shiftRight(ACCESS, 16)]);
const allow = encode(answer(1));
const deny = encode(answer(0));
const compiled = new Map(alwaysAllowed.map((rule) => [rule, encode(compileRule(rule))]));
