/**
 * One figure as an SVG drawing to stand in a page: ECharts without a browser, then cleaned.
 *
 * What ECharts adds for its own scripts goes (hover styles, classes, pointers, series numbers), because nothing of it works
 * without them and the class names count up from rendering to rendering. Identifiers get the figure's name, so the same
 * figure is the same text each time and two figures in a page do not share a clip path. Colours are CSS variables of the
 * page, which is how a drawing follows the reader's light or dark. The only importer of echarts; its parts by name, because
 * the whole takes twice the 0.3 s to load.
 */
import { init, use } from 'echarts/core';
import 'echarts/lib/chart/bar';
import 'echarts/lib/chart/custom';
import 'echarts/lib/chart/line';
import 'echarts/lib/component/gridSimple';
import 'echarts/lib/component/markLine';
import { SVGRenderer } from 'echarts/renderers';
import { escapeHtml } from '../html.js';

use([SVGRenderer]);

/** As ECharts takes it. */
export type Option = Readonly<Record<string, unknown>>;

/** What a custom series is told: its item's values, and where on the drawing a place in the plot is. */
export interface Place {
  readonly value: (dimension: number) => number;
  readonly coord: (at: readonly number[]) => readonly number[];
  readonly size: (span: readonly number[]) => readonly number[];
}

export interface Drawing {
  /** Unique in the page: lower-case letters, digits, hyphens. */
  readonly id: string;
  /** What a screen reader says. */
  readonly title: string;
  readonly description: string;
  readonly width: number;
  readonly height: number;
  readonly option: Option;
}

export function draw({ id, title, description, width, height, option }: Drawing): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily: 'inherit' }, ...option });
    const shapes = cleaned(chart.renderToSVGString(), id);
    const labels = `role="img" aria-labelledby="${id}-title ${id}-description"`;
    const words = `<title id="${id}-title">${escapeHtml(title)}</title>\n<desc id="${id}-description">${escapeHtml(description)}</desc>`;
    const head = `<svg class="drawing" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ${labels}>`;
    return `<div class="wide">${head}\n${words}\n${shapes}\n</svg></div>`;
  } finally {
    chart.dispose();
  }
}

/** ` class="…"` and the like, inside a tag: text has no quotes, ECharts escapes them. */
const forScripts = / (?:class|pointer-events|ecmeta_[a-z_]+|xml:space)="[^"]*"/g;

function cleaned(svg: string, id: string): string {
  return svg
    .replace(/^<svg[^>]*>\s*/, '')
    .replace(/\s*<\/svg>\s*$/, '')
    .replace(/<style\b[\s\S]*?<\/style>\s*/g, '')
    .replace(/<rect [^>]*fill="none"><\/rect>\n?/, '')
    .replaceAll(forScripts, '')
    .replaceAll(/( id="|url\(#)zr\d+-/g, `$1${id}-`);
}
