/** The few icons of the dashboard, drawn on a 24-pixel square. */

const paths = {
  back: 'M15 5l-7 7 7 7',
  previous: 'M14 6l-6 6 6 6',
  next: 'M10 6l6 6-6 6',
  snapshot: 'M4 8h3.5L9 5.5h6L16.5 8H20v11H4zM12 16.5a3.25 3.25 0 100-6.5 3.25 3.25 0 000 6.5z',
  fullscreen: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  figures: 'M4 20h16M6.5 16v-5M12 16V5M17.5 16v-8',
  settings: 'M4 7h9M17 7h3M4 12h3M11 12h9M4 17h8M16 17h4M15 5v4M9 10v4M14 15v4',
  add: 'M12 5v14M5 12h14',
  keys: 'M3 7h18v10H3zM7 10.5h0M11 10.5h0M15 10.5h2M7 13.8h10',
  leave: 'M14 5H5v14h9M10 12h10M16.5 8.5L20 12l-3.500 3.500',
} as const;

export type IconName = keyof typeof paths;

const SVG = 'http://www.w3.org/2000/svg';

export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  const path = document.createElementNS(SVG, 'path');
  for (const [key, value] of Object.entries({ viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true' }))
    svg.setAttribute(key, value);
  path.setAttribute('d', paths[name]);
  svg.append(path);
  return svg;
}
