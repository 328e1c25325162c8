/** The dashboard: signs in, asks for the cameras and shows them. */
import { type Camera, getSystem, listCameras, type System } from './api.js';
import { CameraGrid } from './camera-grid.js';
import { listenForCommands } from './commands.js';
import { element } from './dom.js';
import { createKeyHelp } from './key-help.js';
import { openPage } from './page.js';
import { startPolling } from './poller.js';
import { SignIn } from './sign-in.js';
import { createToast } from './toast.js';
import { keepToken, onTokenChange, readToken, takeTokenFromAddress } from './token.js';
import { keepScreenOn } from './wake-lock.js';

const POLL_MS = 2_000;
/** While a picture is missing, the server's word that its camera is back is worth more questions. */
const TROUBLED_POLL_MS = 500;
const SILENT_POLL_MS = 1_000;
/** One request without an answer may be a dropped packet, unless it took this long. */
const SILENCE_MS = 3_500;
const UNAUTHORIZED = 401;

const help = createKeyHelp();
const page = openPage({
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
let system: System | undefined;
/** Ends what `watch` began. */
let endings: (() => void)[] = [];
let pollNow = (): void => undefined;
let silences = 0;
let answeredAt = 0;
/** Why the person is asked for the token again. */
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
  silences = 0;
  answeredAt = performance.now();
  const poller = startPolling(ask);
  pollNow = poller.now;
  endings = [poller.stop, keepScreenOn()];
}

/** Puts something in the place of the cameras, whose sessions end with that. */
function show(content: HTMLElement): void {
  grid = content instanceof CameraGrid ? content : undefined;
  page.main.replaceChildren(content);
  page.showStates([]);
  commands.showRoute();
}

async function ask(): Promise<number> {
  const token = readToken();
  const answer = await listCameras();
  // Signed out or in anew meanwhile: this answers somebody else's question.
  if (readToken() !== token) return POLL_MS;
  if (answer.kind === 'unreachable') return bearSilence();
  silences = 0;
  answeredAt = performance.now();
  if (answer.kind === 'problem') {
    if (answer.problem.status === UNAUTHORIZED) refuseToken();
    else page.showTrouble([answer.problem.detail, answer.problem.remedy].filter(Boolean).join(' '));
    return POLL_MS;
  }
  page.showTrouble(undefined);
  showCameras(answer.value);
  await askSystem();
  const soon = grid?.states.some(state => state === 'stale' || state === 'reconnecting' || state === 'connecting');
  return soon === true ? TROUBLED_POLL_MS : POLL_MS;
}

function bearSilence(): number {
  silences++;
  if (silences === 1 && performance.now() - answeredAt < SILENCE_MS) return TROUBLED_POLL_MS;
  page.showTrouble('Robot not reachable · trying again');
  if (grid !== undefined) grid.outdated = true;
  // When it is back it may be another version, or have another encoder.
  system = undefined;
  return SILENT_POLL_MS;
}

/** Once; again while the server still looks for an encoder. */
async function askSystem(): Promise<void> {
  if (system?.encoders.state === 'done') return;
  const answer = await getSystem();
  if (answer.kind !== 'ok') return;
  system = answer.value;
  page.showSystem(system);
}

function refuseToken(): void {
  complaint = 'The robot did not accept the token that this browser has. Enter the right one.';
  keepToken(undefined);
}

function showCameras(cameras: readonly Camera[]): void {
  if (cameras.length === 0) {
    if (page.main.querySelector('.none') === null) show(noCameras());
    return;
  }
  if (grid === undefined) show(new CameraGrid());
  grid?.update(cameras);
  commands.showRoute();
  page.showStates(grid?.states ?? []);
}

function noCameras(): HTMLElement {
  const words = 'Plug a camera in, or name one in the configuration file. It appears here by itself.';
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
// Announces the change, and so begins, if there is a token to take.
if (!takeTokenFromAddress()) begin();
