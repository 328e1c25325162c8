/** What a display session has, from its environment. */
export interface DisplaySession {
  /** X11, XWayland included. */
  x11: boolean;
  wayland: boolean;
  /** A graphics card that no desktop has (/dev/dri/card0). */
  drm: boolean;
}

/** Where pictures are shown. */
export interface DisplaySink {
  /** The GStreamer element. */
  element: string;
  on: keyof DisplaySession;
  properties: string;
}

/**
 * The sinks that are known, best first: which of them opens, only trying it shows. Those on X11 draw into windows that this
 * program makes, one for each camera, each as soon as it has a picture. The others have one surface, and cameras are
 * composed on it.
 *
 * Sources: NVIDIA's Accelerated GStreamer guide for nv3dsink, nveglglessink and nvdrmvideosink (not run on hardware), the
 * plugins' documentation for the rest.
 */
export const DISPLAY_SINKS: readonly DisplaySink[] = [
  { element: 'nv3dsink', on: 'x11', properties: '' },
  { element: 'nveglglessink', on: 'x11', properties: '' },
  // Scales in hardware, and does not wait for the screen's next refresh.
  { element: 'xvimagesink', on: 'x11', properties: '' },
  { element: 'glimagesink', on: 'x11', properties: '' },
  { element: 'ximagesink', on: 'x11', properties: '' },
  { element: 'waylandsink', on: 'wayland', properties: '' },
  { element: 'nvdrmvideosink', on: 'drm', properties: '' },
  { element: 'kmssink', on: 'drm', properties: '' },
];

/**
 * Those that the session may have, best first.
 * @param forced the one element that is to be used, whatever the session
 */
export function sinksFor(session: DisplaySession, forced: string | null): DisplaySink[] {
  if (forced === null) return DISPLAY_SINKS.filter(({ on }) => session[on]);
  const known = DISPLAY_SINKS.filter(({ element }) => element === forced);
  // One that is not in the table is taken for one with a window of its own.
  return known.length > 0 ? known : [{ element: forced, on: 'wayland', properties: '' }];
}
