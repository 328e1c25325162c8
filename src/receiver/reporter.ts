import type { CameraReport, CameraSummary } from './tally.js';
import { fit, statusLine, summaryLines } from './words.js';

/** The output of `recv`. */
export interface Reporter {
  /** @param fields for programs @param words for people, one line */
  event(event: string, fields: Readonly<Record<string, unknown>>, words: string): void;
  /** Once a second. */
  figures(reports: readonly CameraReport[]): void;
  /** At the end. */
  summary(summaries: readonly CameraSummary[]): void;
}

interface Out {
  write(text: string): unknown;
}

/** One JSON document a line. */
export function jsonReporter(out: Out): Reporter {
  const write = (event: string, fields: object): void => {
    out.write(`${JSON.stringify({ event, time: new Date().toISOString(), ...fields })}\n`);
  };
  return {
    event: (event, fields) => write(event, fields),
    figures: reports => {
      for (const { figures, network, ...rest } of reports)
        write('figures', {
          ...rest,
          ...figures,
          lossPercent: network?.lossPercent ?? null,
          packetsLost: network?.packetsLost ?? null,
          jitterMs: network?.jitterMs ?? null,
          keyframeRequests: network?.keyframeRequests ?? null,
        });
    },
    summary: summaries => {
      for (const summary of summaries) write('summary', summary);
    },
  };
}

/** Text of a server or a library as one line that moves no cursor. */
const oneLine = (words: string): string => words.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ');

/** Lines for people: the events, and at the end the summary. */
export function plainReporter(out: Out): Reporter {
  return {
    event: (_, __, words) => void out.write(`${oneLine(words)}\n`),
    figures: () => undefined,
    summary: summaries => {
      for (const line of showSummaries(summaries)) out.write(`${oneLine(line)}\n`);
    },
  };
}

const UP_AND_CLEAR = (lines: number): string => (lines > 0 ? `\u001b[${lines}A\u001b[J` : '');

/**
 * On a terminal: the events, and below them one line per camera, rewritten every second.
 * @param columns current width of the terminal
 */
export function terminalReporter(out: Out, columns: () => number): Reporter {
  let shown: string[] = [];
  const clear = (): void => {
    out.write(UP_AND_CLEAR(shown.length));
  };
  const draw = (): void => {
    for (const line of shown) out.write(`${fit(oneLine(line), columns())}\n`);
  };
  return {
    event: (_, __, words) => {
      clear();
      out.write(`${oneLine(words)}\n`);
      draw();
    },
    figures: reports => {
      clear();
      const width = Math.max(...reports.map(({ camera }) => camera.length));
      shown = reports.map(report => statusLine(report, width));
      draw();
    },
    summary: summaries => {
      clear();
      shown = [];
      for (const line of showSummaries(summaries)) out.write(`${oneLine(line)}\n`);
    },
  };
}

function showSummaries(summaries: readonly CameraSummary[]): string[] {
  const width = Math.max(0, ...summaries.map(({ camera }) => camera.length));
  return summaries.flatMap(summary => summaryLines(summary, width));
}
