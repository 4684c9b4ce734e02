/** Bounds against work that grows faster than its input: in processor time of this process, which a busy machine does not change. */
export function stopwatch(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
}
