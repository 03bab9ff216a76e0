/** Which cgroups were made for a container, as its state says. */

/** `made` of a CgroupRecord, or all of its `paths` where that is left out. */
export function madeFor(record: {
  readonly made?: readonly string[] | undefined;
  readonly paths: Readonly<Record<string, string>>;
}): readonly string[] {
  return record.made ?? Object.values(record.paths);
}
