/** A module of the dashboard as served, for modules whose sources need a browser's types. */
export const loadWeb = async <T>(name: string): Promise<T> =>
  (await import(new URL(`../../web/${name}.js`, import.meta.url).href)) as T;
