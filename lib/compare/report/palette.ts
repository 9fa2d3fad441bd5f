/** How a design looks in plots: hue, shape and dash differ, so that no reader depends on one of them. */
interface Look {
  /** At least 3 to 1 against the paper of its scheme. */
  readonly light: string;
  readonly dark: string;
  /** A symbol of Vega, or an SVG path in a square of 2 around the origin, that has an area to fill. */
  readonly shape: string;
  readonly dash: readonly number[];
}

/**
 * After P. Tol's `muted` scheme, whose hues also differ for those who do not see some: darkened until each can be seen on
 * white, lightened for black, and of different lightness where hues are near.
 */
const looks: readonly Look[] = [
  { light: '#332288', dark: '#a99bff', shape: 'circle', dash: [] },
  { light: '#cc4b5c', dark: '#ff8f9c', shape: 'square', dash: [7, 3] },
  { light: '#117733', dark: '#5fce86', shape: 'triangle-up', dash: [2, 2] },
  { light: '#2b8ac2', dark: '#8fd3f7', shape: 'diamond', dash: [8, 3, 2, 3] },
  { light: '#882255', dark: '#e58ab8', shape: 'cross', dash: [] },
  { light: '#8a7a12', dark: '#d8c95a', shape: 'triangle-down', dash: [7, 3] },
  { light: '#aa4499', dark: '#e79bdc', shape: 'triangle-left', dash: [2, 2] },
  { light: '#1d8577', dark: '#5ed3c2', shape: 'triangle-right', dash: [8, 3, 2, 3] },
  {
    light: '#b5591b',
    dark: '#f3a66c',
    shape: 'M-1,-0.7L-0.7,-1L0,-0.3L0.7,-1L1,-0.7L0.3,0L1,0.7L0.7,1L0,0.3L-0.7,1L-1,0.7L-0.3,0Z',
    dash: [],
  },
  {
    light: '#44546a',
    dark: '#b4c3d6',
    shape: 'M0,-1.1L0.3,-0.3L1.1,0L0.3,0.3L0,1.1L-0.3,0.3L-1.1,0L-0.3,-0.3Z',
    dash: [7, 3],
  },
];

/** What no design is: the cost that all are charged alike. */
const edgeLook: Look = { light: '#767676', dark: '#9a9a9a', shape: 'M-1,-0.3L1,-0.3L1,0.3L-1,0.3Z', dash: [1, 3] };

/** The look of the design at a place in the order of a comparison; those past the last begin again. */
export function lookOf(index: number): Look {
  return looks[index % looks.length] as Look;
}

/** The looks of designs by their order, and of the edge. */
export function looksOf(designs: readonly string[], edge: string): Look[] {
  return designs.map((design, i) => (design === edge ? edgeLook : lookOf(i)));
}

/** Colours that are no design's. */
export const paper = {
  background: { light: '#ffffff', dark: '#14161a' },
  text: { light: '#1d2026', dark: '#e6e8eb' },
  quiet: { light: '#565d68', dark: '#a3abb7' },
  line: { light: '#d9dce1', dark: '#343a43' },
} as const;

/** Rules that give what is drawn in light colours its dark ones: they override what stands in attributes. */
export const darkRules: string = [...looks, edgeLook, ...Object.values(paper)]
  .map(({ light, dark }) => `svg [stroke="${light}"]{stroke:${dark}}svg [fill="${light}"]{fill:${dark}}`)
  .join('');
