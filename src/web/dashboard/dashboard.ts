/** The dashboard: signs in, follows the cameras by events or else by polling, and shows them. */

import { type Camera, getSystem, type LiveEvent, listCameras, type System } from '../shared/api.js';
import { element } from '../shared/dom.js';
import { noteServerTime } from '../shared/server-clock.js';
import { keepToken, onTokenChange, readToken, takeTokenFromAddress } from '../shared/token.js';
import { addCamera } from './add-camera.js';
import { CameraGrid } from './camera-grid.js';
import { listenForCommands } from './commands.js';
import { type EventSocket, listenToEvents } from './event-socket.js';
import { createKeyHelp } from './key-help.js';
import { applyEvent } from './live-cameras.js';
import { openPage } from './page.js';
import { isAdmin, type Permissions } from './permissions.js';
import { startPolling } from './poller.js';
import { SignIn } from './sign-in.js';
import { createToast } from './toast.js';
import { keepScreenOn } from './wake-lock.js';

const POLL_MS = 2_000;
/** While a camera shows no video, poll faster to notice sooner that it is back. */
const TROUBLED_POLL_MS = 500;
const SILENT_POLL_MS = 1_000;
/** One request without an answer may be a dropped packet, unless it took this long. */
const SILENCE_MS = 3_500;
const UNAUTHORIZED = 401;

const help = createKeyHelp();
const page = openPage({
  addCamera: () => addCamera({ taken: cameras.map(({ id }) => id), toast }),
  help: () => help.showModal(),
  fullscreen: () => commands.toggleFullscreen(),
  signOut: () => keepToken(undefined),
});
const toast = createToast(page.toast);
const commands = listenForCommands({
  help,
  toast,
  get grid() {
    return grid;
  },
});
let grid: CameraGrid | undefined;
let cameras: readonly Camera[] = [];
let permissions: Permissions = [];
let events: EventSocket | undefined;
let system: System | undefined;
/** Stops what `watch` started. */
let endings: (() => void)[] = [];
let pollNow = (): void => undefined;
let silences = 0;
let answeredAt = 0;
/** Why the user has to enter the token again. */
let complaint: string | undefined;

function begin(): void {
  for (const end of endings.splice(0)) end();
  show(element('p', { class: 'empty' }, 'Looking for cameras …'));
  page.showTrouble(undefined);
  const signedIn = readToken() !== undefined;
  page.setSignedIn(signedIn);
  if (signedIn) watch();
  else showSignIn();
}

function showSignIn(): void {
  const panel = new SignIn();
  show(panel);
  if (complaint !== undefined) panel.complain(complaint);
  complaint = undefined;
}

function watch(): void {
  system = undefined;
  events = undefined;
  cameras = [];
  permissions = [];
  silences = 0;
  answeredAt = performance.now();
  const poller = startPolling(ask);
  pollNow = poller.now;
  endings = [poller.stop, keepScreenOn(), () => events?.close()];
}

/** Replaces the cameras, which ends their sessions. */
function show(content: HTMLElement): void {
  grid = content instanceof CameraGrid ? content : undefined;
  page.main.replaceChildren(content);
  page.showStates([]);
  commands.showRoute();
}

async function ask(): Promise<number> {
  const token = readToken();
  if (hasEvents()) {
    await askSystem();
    return POLL_MS;
  }
  const answer = await listCameras();
  // The user has signed out or in again since: this answers the previous token.
  if (readToken() !== token) return POLL_MS;
  // Events that have arrived since are newer.
  if (hasEvents()) return POLL_MS;
  if (answer.kind === 'unreachable') return onUnreachable();
  silences = 0;
  answeredAt = performance.now();
  if (answer.kind === 'problem') {
    if (answer.problem.status === UNAUTHORIZED) refuseToken();
    else page.showTrouble([answer.problem.detail, answer.problem.remedy].filter(Boolean).join(' '));
    return POLL_MS;
  }
  page.showTrouble(undefined);
  showCameras(answer.value);
  if (token !== undefined) events ??= listenToEvents(token, { onEvent: takeEvent, onLost: () => pollNow() });
  await askSystem();
  const soon = grid?.states.some(
    state => state === 'stale' || state === 'reconnecting' || state === 'connecting' || state === 'lost',
  );
  return soon === true ? TROUBLED_POLL_MS : POLL_MS;
}

/** Whether events arrive, so that polling is not needed. */
const hasEvents = (): boolean => events?.live === true;

function takeEvent(event: LiveEvent): void {
  if (event.type === 'snapshot' || event.type === 'alive') noteServerTime(event.at);
  if (event.type === 'snapshot') {
    permissions = event.permissions;
    page.setMayAdd(isAdmin(permissions));
    if (grid !== undefined) grid.permissions = permissions;
  }
  silences = 0;
  answeredAt = performance.now();
  page.showTrouble(undefined);
  if (event.type === 'freshness') grid?.updateAges(event.cameras);
  const now = applyEvent(cameras, event);
  if (now !== cameras) showCameras(now);
}

function onUnreachable(): number {
  silences++;
  if (silences === 1 && performance.now() - answeredAt < SILENCE_MS) return TROUBLED_POLL_MS;
  page.showTrouble('Robot not reachable · trying again');
  if (grid !== undefined) grid.outdated = true;
  // When it is back it may be another version, or have another encoder.
  system = undefined;
  return SILENT_POLL_MS;
}

/** Once; again while the server still tests encoders. */
async function askSystem(): Promise<void> {
  if (system?.encoders.state === 'done') return;
  const answer = await getSystem();
  if (answer.kind !== 'ok') return;
  system = answer.value;
  page.showSystem(system);
}

function refuseToken(): void {
  complaint = 'The robot rejected the token stored in this browser. Enter a valid one.';
  keepToken(undefined);
}

function showCameras(now: readonly Camera[]): void {
  cameras = now;
  if (cameras.length === 0) {
    if (page.main.querySelector('.none') === null) show(noCameras());
    return;
  }
  if (grid === undefined) show(new CameraGrid());
  if (grid === undefined) return;
  grid.update(cameras);
  grid.permissions = permissions;
  commands.showRoute();
  page.showStates(grid.states);
}

function noCameras(): HTMLElement {
  const words = 'Plug in a camera, or add one to the configuration file. It appears here automatically.';
  return element('div', { class: 'empty none' }, element('h2', {}, 'No cameras'), element('p', {}, words));
}

document.body.append(help);
document.addEventListener('statechange', () => {
  if (grid === undefined) return;
  page.showStates(grid.states);
  if (grid.states.includes('stale')) pollNow();
});
document.addEventListener('unauthorized', () => pollNow());
addEventListener('hashchange', () => {
  if (!takeTokenFromAddress()) commands.showRoute();
});
onTokenChange(begin);
// Triggers `onTokenChange`, and so `begin`, if there is a token.
if (!takeTokenFromAddress()) begin();
