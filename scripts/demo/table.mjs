// The demo's table.

export function tableOf(rows) {
  const [plain] = rows;
  const head = ['', 'task all', 'speed-up', 'wrapped steps', 'speed-up', 'fresh', 'restored', 'ran', 'bypassed'];
  const lines = rows.map(({ name, taskMs, stepsMs, outcomes }) => [
    name,
    time(taskMs),
    ratio(plain.taskMs, taskMs),
    stepsMs === null ? '' : time(stepsMs),
    stepsMs === null ? '' : ratio(plain.stepsMs, stepsMs),
    ...(outcomes === null
      ? ['', '', '', '']
      : [outcomes.fresh, outcomes.restored, outcomes.miss, outcomes.bypass].map(String)),
  ]);
  const all = [head, ...lines];
  const widths = head.map((_, column) => Math.max(...all.map((line) => line[column].length)));
  return all
    .map((line) =>
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function time(ms) {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

function ratio(plain, ms) {
  return `${(plain / ms).toFixed(1)} ×`;
}
