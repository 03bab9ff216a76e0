/** What of an executable file in ELF a test looks at (elf(5)); 64 bits, little endian. */
export interface Segment {
  type: number;
  /** Readable, writable, executable: as in `rw-`. */
  rights: string;
  address: number;
  /** In bytes, as in memory. */
  size: number;
  offset: number;
}

export const segmentTypes = { load: 1, dynamic: 2, stack: 0x6474e551, relro: 0x6474e552 } as const;

/** The program headers of a file. */
export function segments(file: Buffer): Segment[] {
  const start = Number(file.readBigUInt64LE(32));
  const size = file.readUInt16LE(54);
  return Array.from({ length: file.readUInt16LE(56) }, (_, index) => {
    const at = start + index * size;
    const flags = file.readUInt32LE(at + 4);
    return {
      type: file.readUInt32LE(at),
      rights: [flags & 4 ? 'r' : '-', flags & 2 ? 'w' : '-', flags & 1 ? 'x' : '-'].join(''),
      offset: Number(file.readBigUInt64LE(at + 8)),
      address: Number(file.readBigUInt64LE(at + 16)),
      size: Number(file.readBigUInt64LE(at + 40)),
    };
  });
}

/** Whether the dynamic linker is told to find every function before the program begins: only then can the tables of them be read-only. */
export function bindsNow(file: Buffer): boolean {
  const dynamic = segments(file).find(({ type }) => type === segmentTypes.dynamic);
  if (!dynamic) return true;
  const [flagsTag, bindNow] = [30, 8];
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += 16) {
    const tag = Number(file.readBigInt64LE(at));
    if (tag === 0) break;
    if (tag === flagsTag && Number(file.readBigUInt64LE(at + 8)) & bindNow) return true;
  }
  return false;
}

/** What an attacker of a file could use that needn't be there; relro: whether it has tables that only the linker writes. */
export function weaknesses(file: Buffer, relro: boolean): string[] {
  const all = segments(file);
  const stack = all.find(({ type }) => type === segmentTypes.stack);
  return [
    ...(!stack || stack.rights.includes('x') ? ['executable stack'] : []),
    ...(all.some(({ rights, type }) => type === segmentTypes.load && /^.wx$/.test(rights)) ? ['writable code'] : []),
    ...(relro && !all.some(({ type }) => type === segmentTypes.relro) ? ['no RELRO'] : []),
    ...(bindsNow(file) ? [] : ['binds late']),
  ];
}
