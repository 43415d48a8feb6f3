/**
 * Kinds of values that options have, and the only door to zod: schemas are made of these.
 */
import { z } from 'zod';
import { parseAddress } from '../service.js';

export { z };

/** What zod reports of one wrong value. */
export type SchemaIssue = z.core.$ZodIssue;

export const port = z.int().min(0).max(65535);
export const ms = (most = 86_400_000): z.ZodInt => z.int().min(1).max(most);
export const ipAddress = z.union([z.ipv4(), z.ipv6()]).meta({ expects: 'an IP address' });
export const ipv4Address = z.ipv4().meta({ expects: 'an IPv4 address' });
export const ipv6Address = z.ipv6().meta({ expects: 'an IPv6 address' });
export const prefix = z
  .union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()])
  .meta({ expects: 'an address or a prefix such as 10.0.0.0/8' });
export const label = z
  .string()
  .regex(/^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/)
  .meta({ expects: 'one DNS label: letters, digits, hyphens and underscores, at most 63' });
export const dnsName = z
  .string()
  .max(253)
  .regex(/^(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?$/)
  .meta({ expects: 'a domain name such as roundhouse.test' });
export const nameServer = z
  .string()
  .refine((written) => parseAddress(written, 53) !== undefined)
  .meta({ expects: 'an IP address, with a port if it is not 53, such as 127.0.0.1:5300 or [::1]:5300' });
export const text = z.string().min(1).meta({ expects: 'a string that is not empty' });
export const targetPath = z
  .string()
  .max(2000)
  .regex(/^\/[\x21-\x7e]*$/)
  .meta({ expects: 'a path that starts with /, without spaces' });
