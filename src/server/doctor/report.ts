import type { Finding, Group } from './check.js';

const COLOURS = { ok: 32, warn: 33, fail: 31 } as const;
const BOLD = 1;
const DIM = 2;
/** Longer lines are hard to read. */
const MAX_WIDTH = 100;
const GAP = '  ';
/** Marks a remedy. */
const MARK = '> ';

export interface ReportStyle {
  /** Columns of the terminal. */
  width: number;
  colours: boolean;
}

/** The findings as text: grouped, aligned, wrapped, with a summary as the last line. */
export function report(groups: readonly Group[], { width, colours }: ReportStyle): string {
  const shown = groups.filter(({ findings }) => findings.length > 0);
  const all = shown.flatMap(({ findings }) => findings);
  const paint = (code: number, text: string): string => (colours ? `\x1b[${code}m${text}\x1b[0m` : text);
  const name = Math.max(...all.map(({ check }) => check.length));
  const indent = GAP.length + 'fail'.length + GAP.length + name + GAP.length;
  const columns = Math.min(width, MAX_WIDTH) - indent;
  const lines = (finding: Finding): string[] => {
    const { status, check, detail, remedy } = finding;
    const [first = '', ...more] = wrap(detail, columns);
    return [
      `${GAP}${paint(COLOURS[status], status.padEnd(4))}${GAP}${check.padEnd(name)}${GAP}${first}`,
      ...more.map(line => ' '.repeat(indent) + line),
      ...(remedy === undefined ? [] : wrap(remedy, columns - MARK.length)).map(
        (line, i) => ' '.repeat(indent) + (i === 0 ? MARK : ' '.repeat(MARK.length)) + line,
      ),
    ];
  };
  const blocks = shown.map(({ title, findings }) => [paint(BOLD, title), ...findings.flatMap(lines)].join('\n'));
  return `${[...blocks, paint(DIM, summary(all))].join('\n\n')}\n`;
}

function summary(findings: readonly Finding[]): string {
  const count = (status: Finding['status']): number => findings.filter(finding => finding.status === status).length;
  const [fail, warn] = [count('fail'), count('warn')];
  const parts = [
    ...(fail > 0 ? [`${fail} failed`] : []),
    ...(warn > 0 ? [`${warn} could be better`] : []),
    ...(fail + warn > 0 ? [] : ['All is well']),
  ];
  return `${parts.join(', ')}.`;
}

/** Wraps a text between words, but not within quotes: they are commands to copy. */
function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.match(/(?:"[^"]*"|\S)+/g) ?? []) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
