/**
 * JSON for people and programs: indented, but lists of numbers on one line, so that a series of thousands stays readable.
 */

export function jsonText(value: unknown, indent = ''): string {
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.every((entry) => typeof entry === 'number')) return JSON.stringify(value);
    return `[\n${value.map((entry) => inner + jsonText(entry, inner)).join(',\n')}\n${indent}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  if (entries.length === 0) return '{}';
  return `{\n${entries.map(([key, entry]) => `${inner}${JSON.stringify(key)}: ${jsonText(entry, inner)}`).join(',\n')}\n${indent}}`;
}
