import type { Control } from '../../domain/contract.js';

/** v4l2-ctl's types with one value; others, such as tables and rectangles, are left out. */
const TYPES: Readonly<Record<string, Control['type']>> = {
  int: 'int',
  int64: 'int',
  bool: 'bool',
  menu: 'menu',
  intmenu: 'intmenu',
  button: 'button',
  str: 'string',
  bitmask: 'bitmask',
};

/** More than any driver has; vivid has 60. */
const MAX_CONTROLS = 500;

/** Parses the output of `v4l2-ctl --list-ctrls-menus`. */
export function parseControls(text: string): Control[] {
  const controls: Control[] = [];
  let last: Control | null = null;
  for (const line of text.split('\n')) {
    const [, name = '', type = '', rest = ''] =
      /^\s*([a-z0-9_]+)(?: 0x[0-9a-f]+)? \((\w+)\)\s*:\s?(.*)$/i.exec(line) ?? [];
    if (name !== '') {
      const known = TYPES[type];
      // Not an array: v4l2-ctl does not print its elements.
      last = known && !/ dims=/.test(rest) ? parseControl(name, known, rest) : null;
      if (last && controls.length < MAX_CONTROLS) controls.push(last);
      continue;
    }
    const [, value, label = ''] = /^\s+(-?\d+): (.*)$/.exec(line) ?? [];
    if (value === undefined || !last?.menu) continue;
    // v4l2-ctl adds the hexadecimal form of numbers.
    last.menu.push({ value: Number(value), label: last.type === 'intmenu' ? label.replace(/ \(0x.*$/, '') : label });
  }
  return controls;
}

function parseControl(name: string, type: Control['type'], rest: string): Control {
  const quoted = type === 'string' ? / value='(.*)'/.exec(` ${rest}`)?.[1] : undefined;
  const plain = quoted === undefined ? rest : rest.replace(`'${quoted}'`, '');
  const number = (key: string): number | null => {
    const value = new RegExp(`(?:^|\\s)${key}=(0x[0-9a-f]+|-?\\d+)`, 'i').exec(plain)?.[1];
    return value === undefined ? null : Number(value);
  };
  const typed = (value: number | null): Control['value'] => {
    if (value === null || type === 'button' || type === 'string') return null;
    if (type === 'bool') return value !== 0;
    // v4l2-ctl prints the mask unsigned and the value signed.
    return type === 'bitmask' ? value >>> 0 : value;
  };
  return {
    name,
    title: title(name),
    type,
    value: quoted ?? typed(number('value')),
    default: typed(number('default')),
    min: number('min'),
    max: number('max'),
    step: number('step'),
    menu: type === 'menu' || type === 'intmenu' ? [] : null,
    flags:
      /flags=(.*)$/
        .exec(plain)?.[1]
        ?.split(', ')
        .map(flag => flag.trim()) ?? [],
  };
}

/** v4l2-ctl turns the driver's "White Balance, Automatic" into `white_balance_automatic`; this reverses it. */
const title = (name: string): string =>
  name
    .split('_')
    .map(word => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join(' ');
