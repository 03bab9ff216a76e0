/**
 * The real path for one from /proc/PID/mountinfo, where the kernel writes blanks, tabs, line ends and backslashes as `\ooo`
 * (three octal digits; proc_pid_mountinfo(5)).
 */
export function unescapePath(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** What a line of /proc/PID/mountinfo says of a mount (proc_pid_mountinfo(5)). */
export interface MountLine {
  /** Where it is, as seen by that process. */
  readonly point: string;
  readonly options: readonly string[];
  /** The type of the file system. */
  readonly type: string;
  /** The options of the file system, not of the mount. */
  readonly superOptions: readonly string[];
}

/** The mounts in the text of /proc/PID/mountinfo, in its order: of several at one place the last is on top. */
export function mountLines(text: string): MountLine[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', behind] = line.split(' - ');
    if (behind === undefined) return [];
    const fields = before.split(' ');
    const [type = '', , superOptions = ''] = behind.split(' ');
    const [point = '', options = ''] = fields.slice(4, 6);
    return [{ point: unescapePath(point), options: options.split(','), type, superOptions: superOptions.split(',') }];
  });
}
