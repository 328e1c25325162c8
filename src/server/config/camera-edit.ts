import { isDeepStrictEqual } from 'node:util';
import { CommandError } from '../../domain/command-error.js';
import type { CameraSettings } from '../../domain/contract.js';
import { beginDocument, removeCamera, setCamera, textOf } from './edit.js';
import type { ConfiguredCamera, Loaded } from './load.js';
import { spliceCamera } from './splice.js';

/** The change of one camera in the text of a configuration. */
export interface CameraEdit {
  text: string;
  /** Loaded from `text`. */
  loaded: Loaded;
  /** The cameras in effect if the text has none: they are written into it. */
  discovered: readonly ConfiguredCamera[];
  id: string;
  /** Null to remove the camera. */
  settings: CameraSettings | null;
  /** Name of the storage, for errors. */
  name: string;
  /** The newest version of the configuration's form. */
  version: number;
  /** Loads a text as `loaded` was. @throws CommandError */
  load(text: string): Loaded;
}

/** The text after an edit: spliced in place if possible, else the whole document is written again. */
export function editText(edit: CameraEdit): string {
  const { text, loaded, discovered, id, settings } = edit;
  const { document, migrated, cameras: configured } = loaded;
  const spliced = configured && migrated.titles.length === 0 ? spliceCamera(text, document, id, settings) : null;
  if (spliced !== null && isResultOf(edit, spliced)) return spliced;
  beginDocument(document, edit.version);
  if (!configured) for (const { plan, settings } of discovered) setCamera(document, plan.id, settings);
  if (settings) setCamera(document, id, settings);
  else removeCamera(document, id);
  const written = textOf(document, text);
  // It must not reach the file.
  if (!isResultOf(edit, written)) throw new Error(`editing camera "${id}" would change other parts of ${edit.name}`);
  return written;
}

/** Whether a text differs from the text before the edit in the edited camera alone, which has the new settings. */
function isResultOf({ loaded: before, discovered, id, settings, load }: CameraEdit, text: string): boolean {
  try {
    const after = load(text);
    const others = ({ cameras }: Pick<Loaded, 'cameras'>): unknown =>
      (cameras ?? discovered).filter(({ plan }) => plan.id !== id).map(({ plan, settings }) => [plan, settings]);
    const rest = ({ config: { cameras: _, version: __, ...config } }: Loaded): unknown => config;
    const now = after.cameras?.find(({ plan }) => plan.id === id)?.settings;
    return (
      isDeepStrictEqual(others(before), others(after)) &&
      isDeepStrictEqual(rest(before), rest(after)) &&
      isDeepStrictEqual(now, settings ?? undefined)
    );
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}
