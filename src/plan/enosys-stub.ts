import { ENOSYS } from '../errno.js';

/**
 * A few instructions before libseccomp's filter: system calls newer than any the profile names get ENOSYS, not the default
 * action's errno. glibc falls back to an older call on ENOSYS only, and a profile can't name what was not there when it was
 * written; runc does the same.
 */

/** struct sock_filter. */
interface Instruction {
  code: number;
  jt: number;
  jf: number;
  k: number;
}

// BPF_LD | BPF_W | BPF_ABS and so on: linux/bpf_common.h, linux/filter.h.
const LOAD = 0x20;
const JUMP_ALWAYS = 0x05;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER = 0x25;
const JUMP_GREATER_EQUAL = 0x35;
const RETURN = 0x06;

// struct seccomp_data: the number of the system call, the architecture.
const NR = 0;
const ARCH = 4;

/** SECCOMP_RET_ERRNO | ENOSYS. */
const RETURN_ENOSYS = 0x00050000 | ENOSYS;

const X32_BIT = 0x40000000;

/** The newest system call the profile names for one architecture of seccomp_data. */
export interface NewestSyscall {
  /** AUDIT_ARCH_*. */
  arch: number;
  newest: number;
  /** x86-64 with x32 in the profile: the newest of x32, the bit included. */
  newestX32?: number;
}

/** The instructions; what they don't answer goes on with what follows them. */
export function enosysStub(list: readonly NewestSyscall[], littleEndian: boolean): Uint8Array {
  const sections = list.map(({ newest, newestX32 }) => sectionOf(newest, newestX32));
  const total = sections.reduce((sum, section) => sum + section.length + 1, 1);
  const out: Instruction[] = [{ code: LOAD, jt: 0, jf: 0, k: ARCH }];
  sections.forEach((section, i) => {
    out.push({ code: JUMP_EQUAL, jt: 0, jf: section.length, k: list[i]!.arch });
    for (const instruction of section) {
      // The number is in the accumulator now, the next section would take it for an architecture.
      if (instruction.code === JUMP_ALWAYS) out.push({ ...instruction, k: total - out.length - 1 });
      else out.push(instruction);
    }
  });
  return assemble(out, littleEndian);
}

function sectionOf(newest: number, newestX32: number | undefined): Instruction[] {
  const answer: Instruction[] = [
    { code: JUMP_ALWAYS, jt: 0, jf: 0, k: 0 },
    { code: RETURN, jt: 0, jf: 0, k: RETURN_ENOSYS },
  ];
  const load = { code: LOAD, jt: 0, jf: 0, k: NR };
  if (newestX32 === undefined) return [load, { code: JUMP_GREATER, jt: 1, jf: 0, k: newest }, ...answer];
  return [
    load,
    { code: JUMP_GREATER_EQUAL, jt: 0, jf: 1, k: X32_BIT },
    { code: JUMP_GREATER, jt: 2, jf: 1, k: newestX32 },
    { code: JUMP_GREATER, jt: 1, jf: 0, k: newest },
    ...answer,
  ];
}

function assemble(instructions: readonly Instruction[], littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(instructions.length * 8);
  const view = new DataView(bytes.buffer);
  instructions.forEach(({ code, jt, jf, k }, i) => {
    view.setUint16(i * 8, code, littleEndian);
    view.setUint8(i * 8 + 2, jt);
    view.setUint8(i * 8 + 3, jf);
    view.setUint32(i * 8 + 4, k >>> 0, littleEndian);
  });
  return bytes;
}
