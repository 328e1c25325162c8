/** A short message that disappears by itself. */

const SHOWN_MS = 3_500;

/** @param place an element with role="status" */
export function createToast(place: HTMLElement): (text: string) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return text => {
    clearTimeout(timer);
    place.textContent = text;
    place.hidden = false;
    timer = setTimeout(() => {
      place.hidden = true;
    }, SHOWN_MS);
  };
}
