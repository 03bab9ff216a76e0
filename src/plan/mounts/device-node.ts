/** The device nodes that steps make. */

/** A device as mknod(2) takes it: type is S_IFCHR, S_IFBLK or S_IFIFO, path lies in the root file system. */
export interface DeviceNode {
  path: string;
  type: number;
  major: number;
  minor: number;
  mode: number;
  uid: number;
  gid: number;
}
