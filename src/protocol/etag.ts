/** An entity tag that identifies something strongly (RFC 9110 §8.8.3). */
export function strongEtag(opaque: string): string {
  return `"${opaque}"`;
}

// Of a list, with the comma behind it: nothing, or an entity tag (RFC 9110 §5.6.1, §8.8.3).
const LIST_ITEM = /[ \t]*(?:(W\/)?"([\x21\x23-\x7e\x80-\xff]*)")?[ \t]*(?:,|$)/y;

/**
 * What an If-Match (RFC 9110 §13.1.1) says of an entity tag: that it is meant, or any is; that another is; or nothing,
 * where there is no such header. Tags are compared strongly: a weak one never matches. `"*"` is any as well, since
 * draft-ietf-wish-whep writes it so. What is no list of entity tags matches nothing.
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
