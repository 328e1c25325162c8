/** The parts of problem documents (RFC 9457) that a person needs. Pure. */

export interface Problem {
  status: number;
  title: string;
  detail: string;
  code?: string;
  remedy?: string;
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;

function parseObject(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Never throws: a proxy in front of the robot may answer with its own pages. */
export function parseProblem(status: number, body: string): Problem {
  const fields = parseObject(body);
  const problem: Problem = {
    status,
    title: text(fields.title) ?? `HTTP ${status}`,
    detail: text(fields.detail) ?? `The server answered ${status} and did not say why.`,
  };
  const code = text(fields.code);
  const remedy = text(fields.remedy);
  if (code !== undefined) problem.code = code;
  if (remedy !== undefined) problem.remedy = remedy;
  return problem;
}

/** Milliseconds from a Retry-After header, which has seconds or a date; 0 without one. */
export function parseRetryAfter(value: string | null, now: number = Date.now()): number {
  if (value === null || value.trim() === '') return 0;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1_000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}
