/** An object that has at each moment what `read` gives then: whoever holds it sees every change. Without methods of its own. */
export function live<T extends object>(read: () => T): T {
  return new Proxy({} as T, {
    get: (_, key) => Reflect.get(read(), key) as unknown,
    has: (_, key) => Reflect.has(read(), key),
  });
}
