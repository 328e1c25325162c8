/** The player's own styles, so that it looks the same on any page that embeds it. */

const css = `
:host {
  --signal-bad: #ff6b62;
  --signal-warn: #ffb52e;
  --signal-idle: #a9b6c2;
  display: block;
  position: relative;
  overflow: hidden;
  container-type: size;
  aspect-ratio: var(--aspect, 4 / 3);
  background: #05080b;
  color: #f3f6f8;
  font: 400 14px/1.4 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
:host([hidden]) { display: none; }

.media, .media > * { position: absolute; inset: 0; width: 100%; height: 100%; }
.media > * { object-fit: contain; }
.media { transition: filter 120ms linear; }
.media > [hidden] { display: none; }

/* What is not live must not look live. */
:host([state="stale"]) .media { filter: brightness(0.5) saturate(0.35); }
:host([state="reconnecting"]) .media,
:host([state="failed"]) .media,
:host([state="connecting"]) .media,
:host([state="paused"]) .media { filter: brightness(0.28) saturate(0); }
/* What moves here is the placeholder: dimmed, and under stripes that no camera shows. */
:host([state="lost"]) .media { filter: brightness(0.16) saturate(0) blur(2px); }
:host([state="lost"]) .frame {
  border: 5px solid var(--signal-bad);
  background: repeating-linear-gradient(135deg, rgb(255 107 98 / 0.2) 0 14px, transparent 14px 42px);
}

.frame { position: absolute; inset: 0; border: 3px solid transparent; pointer-events: none; }
:host([state="stale"]) .frame, :host([state="reconnecting"]) .frame { border-color: var(--signal-warn); }
:host([state="failed"]) .frame { border-color: var(--signal-bad); }

.overlay {
  position: absolute; inset: 0;
  display: grid; place-content: center; justify-items: center;
  padding: 12px; text-align: center; gap: 2px;
}
.overlay[hidden] { display: none; }
.banner {
  display: inline-flex; align-items: center; gap: 9px;
  padding: 7px 14px; border-radius: 3px;
  background: rgb(6 10 13 / 0.86); color: var(--tone);
  font-weight: 650; font-size: clamp(12px, 3.6cqi, 17px); letter-spacing: 0.05em;
  font-variant-numeric: tabular-nums; white-space: nowrap;
}
:host([state="lost"]) .banner { background: #b3261e; color: #fff; font-size: clamp(14px, 5cqi, 26px); font-weight: 750; padding: 9px 18px; }
:host([state="stale"]) .banner { background: var(--signal-warn); color: #171003; }
.overlay { --tone: var(--signal-idle); }
:host([state="stale"]) .overlay, :host([state="reconnecting"]) .overlay { --tone: var(--signal-warn); }
:host([state="failed"]) .overlay { --tone: var(--signal-bad); }

.mark { flex: none; width: 12px; height: 12px; box-sizing: border-box; }
.age { font-weight: 500; letter-spacing: 0; }
.age:not(:empty)::before { content: "·"; margin-right: 9px; }
:host([state="connecting"]) .mark, :host([state="reconnecting"]) .mark {
  border: 2px solid currentColor; border-right-color: transparent; border-radius: 50%; animation: turn 0.9s linear infinite;
}
:host([state="stale"]) .mark { background: currentColor; clip-path: polygon(50% 4%, 100% 96%, 0 96%); }
:host([state="lost"]) .mark,
:host([state="failed"]) .mark {
  background: currentColor;
  clip-path: polygon(20% 0, 50% 30%, 80% 0, 100% 20%, 70% 50%, 100% 80%, 80% 100%, 50% 70%, 20% 100%, 0 80%, 30% 50%, 0 20%);
}
:host([state="paused"]) .mark { border: solid currentColor; border-width: 0 4px; }

.text { max-width: min(56ch, 92cqi); margin: 0; text-wrap: balance; overflow-wrap: anywhere; }
.text:empty { display: none; }
.text { text-shadow: 0 1px 2px rgb(0 0 0 / 0.9); }
.title { margin-top: 8px; font-weight: 600; font-size: clamp(13px, 3.4cqi, 16px); }
.detail { font-size: clamp(12px, 2.9cqi, 15px); color: #dbe2e8; }
.remedy { font-size: clamp(12px, 2.9cqi, 15px); color: #a9c7e8; }
.retry { margin-top: 4px; font-size: 12px; color: #a9b6c2; font-variant-numeric: tabular-nums; }
button {
  margin-top: 8px; padding: 7px 16px; min-height: 34px;
  border: 1px solid #71808d; border-radius: 4px; background: rgb(20 27 33 / 0.9); color: inherit;
  font: inherit; font-weight: 550; cursor: pointer; position: relative; z-index: 2;
}
button:hover { background: #2a353f; border-color: #a9b6c2; }
button:focus-visible { outline: 2px solid #6cb6ff; outline-offset: 2px; }
button[hidden] { display: none; }
@container (max-height: 190px) { .remedy, .retry { display: none; } .title { margin-top: 3px; } button { margin-top: 4px; } }
@container (max-height: 130px) { .detail { display: none; } }

.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@keyframes turn { to { rotate: 1turn; } }
@media (prefers-reduced-motion: reduce) {
  .mark { animation: none !important; }
  .media { transition: none; }
}
`;

let sheet: CSSStyleSheet | undefined;

/** One sheet for all players of a page. */
export function playerStyles(): CSSStyleSheet {
  if (sheet === undefined) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
  }
  return sheet;
}
