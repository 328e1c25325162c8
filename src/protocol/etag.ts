/** A strong entity tag (RFC 9110 §8.8.3). */
export function strongEtag(opaque: string): string {
  return `"${opaque}"`;
}

// A list element with the comma after it: empty, or an entity tag (RFC 9110 §5.6.1, §8.8.3).
const LIST_ITEM = /[ \t]*(?:(W\/)?"([\x21\x23-\x7e\x80-\xff]*)")?[ \t]*(?:,|$)/y;

/**
 * Compares an If-Match header (RFC 9110 §13.1.1) with an entity tag; `missing` without the header. The comparison is
 * strong: a weak tag never matches. `"*"` matches like `*`, as draft-ietf-wish-whep writes it so. A header that is not
 * a list of entity tags matches nothing.
 */
export function ifMatch(header: string | undefined, etag: string): 'matches' | 'stale' | 'missing' {
  if (header === undefined) return 'missing';
  if (header.trim() === '*') return 'matches';
  let matches = false;
  LIST_ITEM.lastIndex = 0;
  while (LIST_ITEM.lastIndex < header.length) {
    const [item, weak, opaque] = LIST_ITEM.exec(header) ?? [''];
    if (item === '') return 'stale';
    if (opaque !== undefined && weak === undefined && (opaque === '*' || strongEtag(opaque) === etag)) matches = true;
  }
  return matches ? 'matches' : 'stale';
}
