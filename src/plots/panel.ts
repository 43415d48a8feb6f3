/**
 * A drawing of one point among several, under the point's name and mark.
 */
import { escapeHtml } from '../html.js';
import { marker } from './look.js';

export function panel(points: readonly { readonly label: string }[], index: number, drawing: string): string {
  const label = points[index]?.label ?? '';
  const head = points.length < 2 ? '' : `<h3>${marker(index)}${escapeHtml(label)}</h3>\n`;
  return `<div class="panel">${head}${drawing}</div>`;
}
