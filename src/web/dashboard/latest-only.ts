/** Sends one request at a time; of the values set during one, only the newest of each name. Pure. */

/** From one request to the next: a dragged slider emits 60 values per second. */
const SPACING_MS = 150;

/** Null restores a default. */
export type Values = Readonly<Record<string, number | boolean | string | null>>;

/** @param send never rejects */
export function latestOnly(send: (values: Values) => Promise<void>, spacingMs = SPACING_MS): (values: Values) => void {
  let next: Values | undefined;
  let sending = false;
  async function run(): Promise<void> {
    sending = true;
    while (next !== undefined) {
      const values = next;
      next = undefined;
      await Promise.all([send(values), new Promise(resolve => setTimeout(resolve, spacingMs))]);
    }
    sending = false;
  }
  return values => {
    next = { ...next, ...values };
    if (!sending) void run();
  };
}
