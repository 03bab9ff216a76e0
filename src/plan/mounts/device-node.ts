/** A device as mknod(2) takes it: type as S_IFMT has it, path in the root file system. */
export interface DeviceNode {
  path: string;
  type: number;
  major: number;
  minor: number;
  mode: number;
  uid: number;
  gid: number;
}
