/** The fragment of the page's address: which camera is enlarged, or a token that was handed over. Pure. */

const CAMERA = '#/camera/';

export function cameraOf(fragment: string): string | undefined {
  if (!fragment.startsWith(CAMERA)) return undefined;
  try {
    return decodeURIComponent(fragment.slice(CAMERA.length)) || undefined;
  } catch {
    return undefined;
  }
}

export function fragmentFor(camera: string | undefined): string {
  return camera === undefined ? '' : CAMERA + encodeURIComponent(camera);
}

/** The camera of `#token=…&camera=ID`: an address that opens one camera at once, as OBS wants it. */
export function cameraBesideToken(fragment: string): string | undefined {
  return new URLSearchParams(fragment.replace(/^#/, '')).get('camera') || undefined;
}

/** The token of `#token=…`; undefined where the fragment is something else. */
export function tokenOf(fragment: string): string | undefined {
  const token = new URLSearchParams(fragment.replace(/^#/, '')).get('token');
  return token?.trim() || undefined;
}
