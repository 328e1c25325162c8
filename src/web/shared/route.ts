/** The URL fragment: which camera is enlarged, or a token that was passed in. Pure. */

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

/** The camera of `#token=…&camera=ID`: an address that opens one camera at once, for an OBS browser source. */
export function cameraBesideToken(fragment: string): string | undefined {
  return new URLSearchParams(fragment.replace(/^#/, '')).get('camera') || undefined;
}

/** The token of `#token=…`; undefined if the fragment is something else. */
export function tokenOf(fragment: string): string | undefined {
  const token = new URLSearchParams(fragment.replace(/^#/, '')).get('token');
  return token?.trim() || undefined;
}
