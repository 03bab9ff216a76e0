/** The highest device numbers: the kernel's dev_t has 12 bits for the major and 20 for the minor one (include/linux/kdev_t.h). */
export const highestNumber = { major: 0xfff, minor: 0xfffff } as const;
