/** A path as proc_pid_mountinfo(5) writes it: blanks, line ends and backslashes are `\ooo` there. */
export function unescapePath(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
