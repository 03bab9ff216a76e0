/** Highest device numbers: dev_t has 12 bits of major and 20 of minor (include/linux/kdev_t.h). */
export const highestNumber = { major: 0xfff, minor: 0xfffff } as const;
