/** What keys and buttons do to the cameras. */

import { savePng } from '../player/snapshot.js';
import { cameraOf, fragmentFor } from '../shared/route.js';
import type { CameraGrid } from './camera-grid.js';
import { CameraTile, type TileCommand } from './camera-tile.js';
import { type Command, commandFor } from './keys.js';

export interface CommandsHost {
  /** The cameras that are shown; undefined while none are. */
  readonly grid: CameraGrid | undefined;
  readonly help: HTMLDialogElement;
  toast(text: string): void;
}

export interface Commands {
  /** Enlarges the camera that the address names, or none. */
  showRoute(): void;
  toggleFullscreen(): void;
}

/** Whether the focused element takes the keys: letters for a text, arrows for a slider. */
const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement || target instanceof HTMLSelectElement;

/** Listens for as long as the page lives. */
export function listenForCommands(host: CommandsHost): Commands {
  /** Whether this page pushed the enlarged camera to the history, so that back leads to the grid. */
  let pushed = false;

  function showRoute(): void {
    const { grid } = host;
    const camera = cameraOf(location.hash);
    if (grid !== undefined && camera !== grid.enlarged) grid.enlarged = camera;
    const alone = grid?.enlarged !== undefined;
    document.body.classList.toggle('alone', alone);
    if (!alone) pushed = false;
  }

  function enlarge(camera: string | undefined): void {
    if (camera === undefined && pushed) {
      history.back();
      return;
    }
    const address = location.pathname + location.search + fragmentFor(camera);
    if (camera !== undefined && host.grid?.enlarged === undefined) {
      history.pushState(null, '', address);
      pushed = true;
    } else {
      history.replaceState(null, '', address);
    }
    showRoute();
  }

  /** The camera that a key applies to: the enlarged, the focused or the only one. */
  function targetTile(): CameraTile | undefined {
    const tiles = host.grid?.tiles ?? [];
    const focused = document.activeElement?.closest('camera-tile');
    const enlarged = host.grid?.tile(host.grid.enlarged);
    return enlarged ?? (focused instanceof CameraTile ? focused : tiles.length === 1 ? tiles[0] : undefined);
  }

  function step(by: 1 | -1): void {
    const tiles = host.grid?.tiles ?? [];
    const current = targetTile();
    const from = current === undefined ? (by === 1 ? -1 : 0) : tiles.indexOf(current);
    const next = tiles[(from + by + tiles.length) % tiles.length];
    if (host.grid?.enlarged === undefined) next?.focus();
    else if (next?.camera !== undefined) enlarge(next.camera.id);
  }

  async function snapshot(tile: CameraTile | undefined): Promise<void> {
    if (tile?.camera === undefined) {
      host.toast('Choose a camera first: move to it with the arrow keys, or enlarge it.');
      return;
    }
    const taken = await tile.player.snapshot();
    if (taken === null) host.toast(`${tile.camera.name} has no video now.`);
    else host.toast(`Saved ${savePng(taken.png, tile.camera.id, taken.at)}`);
  }

  function toggleFullscreen(): void {
    if (!document.fullscreenEnabled) return;
    const done =
      document.fullscreenElement === null ? document.documentElement.requestFullscreen() : document.exitFullscreen();
    done.catch(() => host.toast('This browser did not allow full screen.'));
  }

  function configure(): void {
    const tile = targetTile();
    if (tile?.camera === undefined) return;
    if (!tile.enlarged) enlarge(tile.camera.id);
    tile.configuring = !tile.configuring;
  }

  function execute(command: Command): void {
    const id = command.name === 'open' ? host.grid?.tiles[command.index]?.camera?.id : undefined;
    if (command.name === 'open' && id !== undefined) enlarge(id);
    else if (command.name === 'step') step(command.by);
    else if (command.name === 'back' && host.grid?.enlarged !== undefined) enlarge(undefined);
    else if (command.name === 'fullscreen') toggleFullscreen();
    else if (command.name === 'snapshot') void snapshot(targetTile());
    else if (command.name === 'settings') configure();
    else if (command.name === 'figures') document.body.classList.toggle('figures-turned');
    else if (command.name === 'help') host.help.showModal();
  }

  document.addEventListener('keydown', event => {
    if (host.grid === undefined || document.querySelector('dialog[open]') !== null || isTyping(event.target)) return;
    const command = commandFor(event);
    if (command === undefined || (event.repeat && command.name !== 'step')) return;
    if (command.name !== 'back') event.preventDefault();
    execute(command);
  });
  document.addEventListener('tile-command', event => {
    const tile = event.target;
    if (!(tile instanceof CameraTile) || tile.camera === undefined) return;
    const command = (event as CustomEvent<TileCommand>).detail;
    if (command === 'toggle') enlarge(tile.enlarged ? undefined : tile.camera.id);
    else if (command === 'previous') step(-1);
    else if (command === 'next') step(1);
    else if (command === 'snapshot') void snapshot(tile);
    else execute({ name: command });
  });
  addEventListener('popstate', showRoute);
  return { showRoute, toggleFullscreen };
}
