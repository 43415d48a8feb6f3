/**
 * Header fields as they stand on the wire, and what a proxy must do to them (RFC 9110 §7.6).
 */

/** Alternating names and values: `[name, value, name, value, …]`. Order and letter case as received. */
export type Fields = readonly string[];
