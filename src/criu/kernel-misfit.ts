/** Tells that criu and the kernel don't go together. */

/**
 * The words for a criu that doesn't get past its look at the kernel (its kerndat). That says the kernel has something that
 * this criu doesn't know, as criu checks for what it needs only afterwards.
 * @param version of criu, as text
 * @param release of the kernel, as uname(2) has it
 */
export function kernelMisfit(version: string, release: string): string {
  return `criu ${version} does not know its way about this kernel, Linux ${release}: it is most likely too old for it`;
}
