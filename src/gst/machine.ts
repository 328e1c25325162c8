import { type Element, Gst } from './native.js';

/** The GStreamer of a machine: launch lines depend only on this and the configuration. */
export interface MachineFacts {
  /** The version, such as `1.22.0`. */
  gstreamer: string;
  /** Whether the element is installed; only a trial shows whether it works. */
  has(element: string): boolean;
  /** Whether the installed element has the property; false if it is not installed. */
  property(element: string, property: string): boolean;
}

/** Facts about this machine. Elements are created once to inspect their properties. */
export function inspectMachine(): MachineFacts {
  const made = new Map<string, Element | null>();
  return {
    gstreamer: Gst.version().slice(0, 3).join('.'),
    has: element => Gst.ElementFactory.find(element) !== null,
    property: (element, property) => {
      if (!made.has(element)) made.set(element, Gst.ElementFactory.make(element, null));
      const sample = made.get(element);
      return sample != null && property in sample;
    },
  };
}
