/** A live view of the object that `read` returns: its holders see every change. For objects without methods. */
export function live<T extends object>(read: () => T): T {
  return new Proxy({} as T, {
    get: (_, key) => Reflect.get(read(), key) as unknown,
    has: (_, key) => Reflect.has(read(), key),
  });
}
