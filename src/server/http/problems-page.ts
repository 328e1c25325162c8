import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { PROBLEMS, PROBLEMS_PATH } from './problems.js';

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 45rem; margin: 2rem auto; padding: 0 1rem; }
section { margin: 1rem 0; padding: 0.5rem 1rem; border: 1px solid #8888; border-radius: 0.5rem; }
section:target { border-color: #d80; box-shadow: 0 0 0 1px #d80; }
h2 { margin: 0; font-size: 1.1rem; }
p { margin: 0.25rem 0; }
`;

/** The page has no scripts, and its one style is allowed by its hash. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ');

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const sections = Object.entries(PROBLEMS).map(
  ([code, { status, title, meaning }]) => `<section id="${code}">
<h2>${escapeHtml(title)}</h2>
<p><code>${code}</code>, HTTP ${status}</p>
<p>${escapeHtml(meaning)}</p>
</section>`,
);

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Problems – bigfootbot-video</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Problems</h1>
<p>Errors are problem documents (RFC 9457). <code>code</code> is stable and for programs; <code>detail</code> says what
happened this time, and <code>remedy</code> what to do about it.</p>
${sections.join('\n')}
</body>
</html>
`;

/** Serves the page that the `type` of every problem document points to. */
export function serveProblemsPage(app: FastifyInstance): void {
  app.get(PROBLEMS_PATH, { schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/html; charset=utf-8').header('Content-Security-Policy', POLICY).send(PAGE),
  );
}
