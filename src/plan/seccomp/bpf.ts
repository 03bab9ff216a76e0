/** Classic BPF as seccomp(2) takes it: writing instructions, and joining programs. */

/** One instruction: struct sock_filter of include/uapi/linux/filter.h. */
export interface Instruction {
  code: number;
  jt: number;
  jf: number;
  k: number;
}

// BPF_LD | BPF_W | BPF_ABS and so on: linux/bpf_common.h, linux/filter.h.
const LOAD = 0x20;
const JUMP = 0x05;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER = 0x25;
const JUMP_GREATER_EQUAL = 0x35;
const RETURN = 0x06;

const SIZE = 8;

/** Offsets in struct seccomp_data: the number of the system call, and its architecture (AUDIT_ARCH_*). */
export const NR = 0;
export const ARCH = 4;

const conditional =
  (code: number) =>
  (k: number, jt: number, jf: number): Instruction => ({ code, jt, jf, k });

/** Loads the word at offset k of seccomp_data into the accumulator. */
export const load = (k: number): Instruction => ({ code: LOAD, jt: 0, jf: 0, k });
/**
 * Compares the accumulator with k: if the comparison holds, the next jt instructions are skipped, otherwise the next
 * jf.
 */
export const ifEqual = conditional(JUMP_EQUAL);
export const ifGreater = conditional(JUMP_GREATER);
export const ifGreaterEqual = conditional(JUMP_GREATER_EQUAL);
/** Skips the next k instructions. */
export const jump = (k: number): Instruction => ({ code: JUMP, jt: 0, jf: 0, k });
/** Ends the program with the action k (SECCOMP_RET_*). */
export const answer = (k: number): Instruction => ({ code: RETURN, jt: 0, jf: 0, k });

/** Stands for a jump to just after the last instruction of its list; withEnd replaces it. */
export const end: unique symbol = Symbol('end');

/** The list with each `end` replaced by the jump it stands for. */
export function withEnd(list: readonly (Instruction | typeof end)[]): Instruction[] {
  return list.map((item, at) => (item === end ? jump(list.length - at - 1) : item));
}

/** The instructions as bytes: an array of struct sock_filter in the byte order of the machine. */
export function assemble(instructions: readonly Instruction[], littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(instructions.length * SIZE);
  const view = new DataView(bytes.buffer);
  instructions.forEach(({ code, jt, jf, k }, i) => {
    view.setUint16(i * SIZE, code, littleEndian);
    view.setUint8(i * SIZE + 2, jt);
    view.setUint8(i * SIZE + 3, jf);
    view.setUint32(i * SIZE + 4, k >>> 0, littleEndian);
  });
  return bytes;
}

/**
 * A copy of the program that doesn't end with `action`, but goes on with the program appended to it.
 * @param program an array of struct sock_filter
 */
export function fallThrough(program: Uint8Array, action: number, littleEndian: boolean): Uint8Array {
  const bytes = program.slice();
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length; at += SIZE) {
    if (view.getUint16(at, littleEndian) !== RETURN || view.getUint32(at + 4, littleEndian) !== action) continue;
    view.setUint16(at, JUMP, littleEndian);
    view.setUint32(at + 4, (bytes.length - at) / SIZE - 1, littleEndian);
  }
  return bytes;
}
