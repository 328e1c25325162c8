import { type Element, Gst } from './native.js';

/** What of GStreamer a machine has: launch lines follow from it and the configuration alone. */
export interface MachineFacts {
  /** The version, as in `1.22.0`. */
  gstreamer: string;
  /** Whether the element is installed; whether it works, only trying it shows. */
  has(element: string): boolean;
  /** Whether the installed element has the property; false where it is not installed. */
  property(element: string, property: string): boolean;
}

/** This machine's. An element is made once to look at its properties, and not again. */
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
