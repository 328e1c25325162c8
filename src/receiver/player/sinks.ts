/** What the display session offers. */
export interface DisplaySession {
  /** X11, XWayland included. */
  x11: boolean;
  wayland: boolean;
  /** A graphics card that no desktop uses (/dev/dri/card0). */
  drm: boolean;
}

/** A sink that displays video. */
export interface DisplaySink {
  /** The GStreamer element. */
  element: string;
  on: keyof DisplaySession;
  properties: string;
}

/**
 * The known sinks, best first; only a trial shows which one opens. Those on X11 draw into windows that this program
 * creates, one for each camera, each as soon as it has a frame. The others have one surface, on which the cameras are
 * composed.
 *
 * Sources: NVIDIA's Accelerated GStreamer guide for nv3dsink, nveglglessink and nvdrmvideosink (not run on hardware),
 * the plugins' documentation for the rest.
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
 * The sinks that fit the session, best first.
 * @param forced the only element allowed, whatever the session
 */
export function sinksFor(session: DisplaySession, forced: string | null): DisplaySink[] {
  if (forced === null) return DISPLAY_SINKS.filter(({ on }) => session[on]);
  const known = DISPLAY_SINKS.filter(({ element }) => element === forced);
  // A sink that is not in the table is assumed to open its own window.
  return known.length > 0 ? known : [{ element: forced, on: 'wayland', properties: '' }];
}
