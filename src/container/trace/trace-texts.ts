/** What native code needs to write a trace in the form that chrome://tracing and ui.perfetto.dev show. */
import { errnoText } from '../../base/errno-text.js';
import type { TraceTexts } from '../../native/native.js';
import { stepLabel } from '../init/step-error.js';
import type { Recording } from './recording.js';

/**
 * The notes of a trace for native code, which has the calls and writes the file: see TraceTexts. Times count from the boot of the
 * machine (CLOCK_MONOTONIC), so that traces of several commands can be laid over each other.
 * @param title what the runtime's line is called
 * @param pid of the runtime
 */
export function traceTexts(recording: Recording, title: string, pid: number): TraceTexts {
  const { began, ended, errors, pointers, phases, processes } = recording;
  const spans: string[] = [];
  const spanNumbers: number[] = [];
  for (let i = 0; i < phases.length; i++) {
    const { name, begin } = phases[i]!;
    spans.push(name, '', '');
    spanNumbers.push(pid, begin, phases[i + 1]?.begin ?? ended[0]!);
  }
  for (const { plan, pid: init, times } of processes) {
    for (let i = 0; i < plan.steps.length; i++) {
      const begin = times[2 * i] ?? 0;
      if (begin === 0) continue;
      const { step, pointer, about } = stepLabel(plan.steps[i]!);
      spans.push(step, pointer, about);
      spanNumbers.push(init, begin, times[2 * i + 1] || endOf(begin, recording));
    }
  }
  return {
    clock: [...began, ...ended],
    pid,
    title,
    pointers: [...pointers].flat(),
    errors: [...errors],
    errorTexts: errors.map(errnoText),
    spans,
    spanNumbers,
  };
}

/** A step that init didn't come back from: it was executing the program, waits for `start`, or was killed in it. */
function endOf(begin: number, { phases, ended }: Recording): number {
  const next = phases.find((phase) => phase.begin > begin);
  return next === undefined ? ended[0]! : next.begin;
}
