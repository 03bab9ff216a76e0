/** What work costs this process of the processor, in ms: unlike a clock's time, it doesn't grow with what others do. */
export function processorTime(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
