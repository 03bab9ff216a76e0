/** Options of a mount that are no text for the file system (config.md, Mounts; mount(8)). What isn't here is data. */
const words = `
  bind rbind ro rw suid nosuid dev nodev exec noexec sync async dirsync remount mand nomand atime noatime diratime nodiratime
  relatime norelatime strictatime nostrictatime lazytime nolazytime iversion noiversion silent loud symfollow nosymfollow
  defaults acl noacl
  private rprivate shared rshared slave rslave unbindable runbindable
  rro rrw rsuid rnosuid rdev rnodev rexec rnoexec ratime rnoatime rdiratime rnodiratime rrelatime rnorelatime rstrictatime
  rnostrictatime rsymfollow rnosymfollow
  idmap ridmap tmpcopyup`;

export const mountOptionNames: ReadonlySet<string> = new Set(words.trim().split(/\s+/));
